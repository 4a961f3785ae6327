package record

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// The files that Seal writes.
const (
	CrateFile = "ro-crate-metadata.json"
	SumsFile  = "SHA256SUMS"
)

// Seal describes a run directory as an RO-Crate 1.1 (a CreateAction with its
// instrument, object and result) and lists the SHA-256 of every file in it, in
// the format of sha256sum. The same directory gives the same bytes.
func Seal(dir string, h Header) error {
	files, err := list(dir)
	if err != nil {
		return err
	}
	crate, err := json.MarshalIndent(crate(h, files), "", " ")
	if err != nil {
		return err
	}
	if err := WriteFile(filepath.Join(dir, CrateFile), append(crate, '\n')); err != nil {
		return err
	}
	var sums strings.Builder
	for _, name := range append([]string{CrateFile}, files...) {
		sum, err := hash(filepath.Join(dir, name))
		if err != nil {
			return err
		}
		fmt.Fprintf(&sums, "%x  %s\n", sum, name)
	}
	return WriteFile(filepath.Join(dir, SumsFile), []byte(sums.String()))
}

// list returns the files of a run directory, sorted, with slashes, without
// those that Seal writes.
func list(dir string) (names []string, err error) {
	err = fs.WalkDir(os.DirFS(dir), ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() && name != CrateFile && name != SumsFile && !strings.HasPrefix(d.Name(), ".") {
			names = append(names, name)
		}
		return err
	})
	slices.Sort(names)
	return names, err
}

func hash(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	sum := sha256.New()
	_, err = io.Copy(sum, f)
	return sum.Sum(nil), err
}
