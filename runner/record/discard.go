package record

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// makeDir makes the directory and those above it, where they are not there.
func (w *Writer) makeDir() error {
	dir := filepath.Clean(w.dir) // the folder above out/ is not out
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return err
	}
	err := os.Mkdir(dir, 0o755)
	switch {
	case err == nil:
		w.made = []string{dir}
	case errors.Is(err, fs.ErrExist):
		err = os.MkdirAll(dir, 0o755) // fails if that is no directory
	}
	return err
}

// madeFiles notes that the files of the directory, which was empty, are ours.
func (w *Writer) madeFiles() {
	for _, name := range slices.Concat([]string{ScenarioFile}, lineFiles[:], []string{HeaderFile}) {
		w.made = append(w.made, filepath.Join(w.dir, name))
	}
}

// Discard ends a run that came to nothing: it closes w and takes back what
// Create made, so that nothing is in the way of the next try. What else has come
// into the directory stays, and so does a directory that was there before.
//
// A run that recorded anything, be it one line or the profile of its models,
// stays whole, and so does one that Resume went on with: of these, Discard is
// Close.
func (w *Writer) Discard() error {
	discarded, err := w.takeBack()
	if !discarded {
		return errors.Join(err, w.Close())
	}
	return err
}

func (w *Writer) takeBack() (bool, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if empty, err := w.empty(); !empty {
		return false, err
	}
	var errs []error
	// run.json goes first: without it the rest is no run. The directory's lock
	// is held until all are gone.
	for _, name := range slices.Backward(w.made) {
		err := os.Remove(name)
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrExist) { // a directory that is not empty
			continue
		}
		errs = append(errs, err)
	}
	w.made = nil
	return true, errors.Join(append(errs, w.closeFiles())...)
}

// empty reports whether w is open and nothing was recorded.
func (w *Writer) empty() (bool, error) {
	if w.files == nil || len(w.header.Profile) > 0 {
		return false, nil
	}
	for _, f := range w.files {
		if info, err := f.Stat(); err != nil || info.Size() > 0 {
			return false, err
		}
	}
	return true, nil
}
