package record

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// maxLine bounds a line of the growing files, so that a file that is not one
// of ours cannot take all memory.
const maxLine = 16 << 20

// Read reads a run directory back. Every whole line is used; what cannot be
// used is said in Run.Problems. It is an error only if there is no run.json
// that can be understood.
//
// A later request, decision or replay with the same condition, arm, repetition
// and pair replaces an earlier one: a pair that was cut short is run again as a
// whole when a run is resumed.
func Read(dir string) (Run, error) {
	run, err := readHeader(dir)
	if err != nil {
		return Run{}, err
	}
	run.Requests = latest(readLines[Request](&run, RequestsFile), func(r Request) key { return key{r.Condition, r.Arm, r.Repetition, r.Pair} })
	run.Decisions = latest(readLines[Decision](&run, DecisionsFile), func(d Decision) key { return key{d.Condition, d.Arm, d.Repetition, d.Pair} })
	run.readRest()
	return run, nil
}

// ReadHeader is run.json alone. It is an error if it cannot be understood.
func ReadHeader(dir string) (Header, error) {
	run, err := readHeader(dir)
	return run.Header, err
}

// readHeader is the run without its lines.
func readHeader(dir string) (Run, error) {
	run := Run{Dir: dir}
	b, err := os.ReadFile(filepath.Join(dir, HeaderFile))
	if errors.Is(err, fs.ErrNotExist) {
		return Run{}, fmt.Errorf("%s: not a run directory: it has no %s", dir, HeaderFile)
	}
	if err != nil {
		return Run{}, err
	}
	// What another schema means by the other keys is not known.
	var of struct {
		Schema  int    `json:"schema"`
		Testbed string `json:"testbed"`
	}
	if err := json.Unmarshal(b, &of); err != nil {
		return Run{}, fmt.Errorf("%s: %w", filepath.Join(dir, HeaderFile), err)
	}
	if of.Schema != Schema {
		return Run{}, otherSchema(filepath.Join(dir, HeaderFile), of.Schema, of.Testbed)
	}
	if err := json.Unmarshal(b, &run.Header); err != nil {
		return Run{}, fmt.Errorf("%s: %w", filepath.Join(dir, HeaderFile), err)
	}
	return run, nil
}

// readRest reads what is held of every run.
func (run *Run) readRest() {
	run.Telemetry = readLines[Telemetry](run, TelemetryFile)
	run.Checks = readLines[Check](run, ChecksFile)
	run.Replays = latest(readLines[Replay](run, ReplaysFile), func(r Replay) key { return key{r.Condition, "", r.Repetition, r.Pair} })
}

// otherSchema says what to do with a directory whose formats are not ours.
func otherSchema(file string, schema int, testbed string) error {
	by := ""
	if testbed != "" {
		by = " (" + testbed + ")"
	}
	switch {
	case schema <= 0:
		return fmt.Errorf("%s: schema %d: want %d; this is no run of testbed's", file, schema, Schema)
	case schema < Schema:
		return fmt.Errorf("%s: schema %d: this program reads schema %d; use the testbed that recorded the run%s, or run the scenario again", file, schema, Schema, by)
	}
	return fmt.Errorf("%s: schema %d: this program reads schema %d; use a testbed as new as the one that recorded the run%s", file, schema, Schema, by)
}

// readLines reads a file of JSON lines, and notes in run what it could not use.
func readLines[T any](run *Run, name string) (all []T) {
	eachLine(run, name, func(n int, line []byte) bool {
		var v T
		if err := decode(line, &v); err != nil {
			run.Problems = append(run.Problems, fmt.Sprintf("%s:%d: %v", name, n, err))
			return true
		}
		all = append(all, v)
		return true
	})
	return all
}

// eachLine calls f with the whole lines of a file and their numbers, from 1,
// until it returns false.
func eachLine(run *Run, name string, f func(n int, line []byte) bool) {
	file, err := os.Open(filepath.Join(run.Dir, name))
	if err != nil {
		run.Problems = append(run.Problems, fmt.Sprintf("%s: missing", name))
		return
	}
	defer file.Close()
	r := bufio.NewReaderSize(file, 1<<16)
	for n := 1; ; n++ {
		line, err := readLine(r)
		if err == io.EOF && len(line) == 0 {
			return
		}
		if err != nil {
			run.Problems = append(run.Problems, fmt.Sprintf("%s:%d: %v", name, n, lineError(err)))
			return
		}
		if !f(n, line) {
			return
		}
	}
}

var errLong = fmt.Errorf("longer than %d bytes", maxLine)

func lineError(err error) error {
	if err == io.EOF {
		return errors.New("cut short")
	}
	return err
}

// readLine returns a line without its newline; io.EOF with what there is, if
// the newline is missing.
func readLine(r *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := r.ReadSlice('\n')
		if err == nil && line == nil {
			return bytes.TrimSuffix(part, []byte("\n")), nil
		}
		line = append(line, part...)
		switch {
		case err == nil:
			return bytes.TrimSuffix(line, []byte("\n")), nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return line, err
		case len(line) > maxLine:
			return nil, errLong
		}
	}
}

type key struct {
	condition, arm   string
	repetition, pair int
}

// latest keeps the last of the elements that share a key, in the place of the
// first of them.
func latest[T any](in []T, of func(T) key) []T {
	at := make(map[key]int, len(in))
	out := in[:0]
	for _, v := range in {
		if i, ok := at[of(v)]; ok {
			out[i] = v
			continue
		}
		at[of(v)] = len(out)
		out = append(out, v)
	}
	return out
}
