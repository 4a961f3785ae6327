package record

import (
	"bufio"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

// Verify says, a sentence a file, what has changed in a run directory since it
// was sealed: files that were edited, are missing, or were not there. It reads
// all of them. It returns nil if nothing changed or the directory was never
// sealed; a run that is gone on with is not until it is reported on again.
func Verify(dir string) (changed []string) {
	say := func(format string, args ...any) { changed = append(changed, fmt.Sprintf(format, args...)) }
	sums, err := readSums(filepath.Join(dir, SumsFile))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return []string{err.Error()}
	}
	for _, name := range slices.Sorted(maps.Keys(sums)) {
		got, err := hash(filepath.Join(dir, name))
		switch {
		case errors.Is(err, fs.ErrNotExist):
			say("%s: missing, and in %s", name, SumsFile)
		case err != nil:
			say("%v", err)
		case hex.EncodeToString(got) != sums[name]:
			say("%s: is not as in %s: it was changed since", name, SumsFile)
		}
	}
	files, err := list(dir)
	if err != nil {
		say("%v", err)
	}
	for _, name := range files {
		if _, sealed := sums[name]; !sealed {
			say("%s: not in %s: it was added since", name, SumsFile)
		}
	}
	return changed
}

// readSums reads what Seal wrote: the SHA-256 of each file, hex.
func readSums(path string) (map[string]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	sums := map[string]string{}
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		const name = 2*32 + 2 // hex, and two spaces
		line := lines.Text()
		if len(line) <= name || line[name-2:name] != "  " {
			return nil, fmt.Errorf("%s:%d: want a SHA-256 and a file's name", filepath.Base(path), n)
		}
		sums[line[name:]] = line[:name-2]
	}
	return sums, lines.Err()
}
