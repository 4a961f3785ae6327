package record

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Resume goes on with a run that did not end. A line that a crash left
// unfinished is cut off, and the directory is no longer sealed. The Run is what
// had been recorded, without what nobody needs to go on: of requests it has what
// tells them apart, of decisions also their times. Its Problems are also those
// of Verify.
func Resume(dir string) (*Writer, Run, error) {
	run, err := readEssence(dir)
	if err != nil {
		return nil, Run{}, err
	}
	run.Problems = append(run.Problems, Verify(dir)...)
	w := &Writer{dir: dir, header: run.Header}
	w.header.Status, w.header.Error = "running", ""
	if err := w.open(); err != nil {
		return nil, Run{}, err
	}
	if err := os.Remove(filepath.Join(dir, SumsFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, Run{}, errors.Join(err, w.Close())
	}
	return w, run, nil
}

// readEssence is Read of a run that is gone on with.
func readEssence(dir string) (Run, error) {
	run, lines, err := Stream(dir)
	if err != nil {
		return Run{}, err
	}
	names := map[string]string{} // each once
	once := func(name string) string {
		if _, ok := names[name]; !ok {
			name = strings.Clone(name) // it may be part of a whole line
			names[name] = name
		}
		return names[name]
	}
	for r := range lines.Requests {
		run.Requests = append(run.Requests, Request{Condition: once(r.Condition), Arm: once(r.Arm), Repetition: r.Repetition, Pair: r.Pair})
	}
	for d := range lines.Decisions {
		e := Decision{Condition: once(d.Condition), Arm: once(d.Arm), Repetition: d.Repetition, Pair: d.Pair, Took: d.Took, Outcome: d.Outcome}
		e.Observed.Now = d.Observed.Now
		run.Decisions = append(run.Decisions, e)
	}
	return *run, nil
}

// cutUnfinished truncates f after its last newline and moves to its end.
func cutUnfinished(f *os.File) error {
	end, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	buf := make([]byte, 1)
	for ; end > 0; end-- {
		if _, err := f.ReadAt(buf, end-1); err != nil {
			return err
		}
		if buf[0] == '\n' {
			break
		}
	}
	if err := f.Truncate(end); err != nil {
		return err
	}
	_, err = f.Seek(end, io.SeekStart)
	return err
}
