package record

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"golang.org/x/sys/unix"
)

// The files of a run directory.
const (
	ScenarioFile  = "scenario.yaml"
	HeaderFile    = "run.json"
	RequestsFile  = "requests.jsonl"
	DecisionsFile = "decisions.jsonl"
	TelemetryFile = "telemetry.jsonl"
	ChecksFile    = "checks.jsonl"
	ReplaysFile   = "replays.jsonl"
)

// lineFiles are the files that grow while a run lasts.
var lineFiles = [...]string{requests: RequestsFile, decisions: DecisionsFile, telemetry: TelemetryFile, checks: ChecksFile, replays: ReplaysFile}

// The places of lineFiles.
const (
	requests = iota
	decisions
	telemetry
	checks
	replays
)

// ErrInUse is wrapped where another process writes to the directory.
var ErrInUse = errors.New("another run writes to it")

// A Writer appends to a run directory. Its methods may be called from several
// goroutines.
type Writer struct {
	dir    string
	mu     sync.Mutex
	header Header
	files  []*os.File // lineFiles; nil: closed
	line   lines      // one at a time
	made   []string   // by Create, in this order; none of a run that is gone on with
}

// Create makes dir, which must not exist or be empty, and begins a run in it:
// h is written as run.json with status "running", scenario as scenario.yaml.
func Create(dir string, h Header, scenario []byte) (*Writer, error) {
	if err := Free(dir); err != nil {
		return nil, err
	}
	w := &Writer{dir: dir, header: h}
	w.header.Schema, w.header.Status = Schema, "running"
	if err := w.makeDir(); err != nil {
		return nil, fmt.Errorf("%w; give --out a directory that can be made", err)
	}
	if err := WriteFile(filepath.Join(dir, ScenarioFile), scenario); err != nil {
		return nil, err
	}
	if err := w.open(); err != nil {
		return nil, err
	}
	w.madeFiles()
	return w, nil
}

// Free returns nil if dir does not exist or is an empty directory, else what
// to do about it.
func Free(dir string) error {
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("%w; give --out another directory", err)
	case len(entries) == 0:
		return nil
	}
	if _, err := os.Stat(filepath.Join(dir, HeaderFile)); err == nil {
		return fmt.Errorf("%s: holds a run already; give --out another directory, or go on with --resume %s", dir, dir)
	}
	return fmt.Errorf("%s: is not empty; give --out another directory", dir)
}

// open opens the files that grow, cuts unfinished lines off, and takes the
// lock that keeps a second writer out.
func (w *Writer) open() (err error) {
	defer func() {
		if err != nil {
			w.closeFiles()
		}
	}()
	for i, name := range lineFiles {
		f, err := os.OpenFile(filepath.Join(w.dir, name), os.O_RDWR|os.O_CREATE, 0o644)
		if err != nil {
			return err
		}
		w.files = append(w.files, f)
		if i == 0 {
			if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
				return fmt.Errorf("%s: %w", w.dir, ErrInUse)
			}
		}
		if err := cutUnfinished(f); err != nil {
			return fmt.Errorf("%s: %w", f.Name(), err)
		}
	}
	return w.writeHeader()
}

// Dir returns the directory.
func (w *Writer) Dir() string { return w.dir }

// Header returns run.json as it stands.
func (w *Writer) Header() Header {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.header
}

// SetHeader changes run.json, at once or not at all.
func (w *Writer) SetHeader(change func(*Header)) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	change(&w.header)
	return w.writeHeader()
}

func (w *Writer) writeHeader() error {
	b, err := json.MarshalIndent(w.header, "", " ")
	if err != nil {
		return err
	}
	return WriteFile(filepath.Join(w.dir, HeaderFile), append(b, '\n'))
}

// Request appends a line to requests.jsonl.
func (w *Writer) Request(r Request) error { return w.append(requests, r) }

// Decision appends a line to decisions.jsonl.
func (w *Writer) Decision(d Decision) error { return w.append(decisions, d) }

// Telemetry appends a line to telemetry.jsonl.
func (w *Writer) Telemetry(t Telemetry) error { return w.append(telemetry, t) }

// Check appends a line to checks.jsonl.
func (w *Writer) Check(c Check) error { return w.append(checks, c) }

// Replay appends a line to replays.jsonl.
func (w *Writer) Replay(r Replay) error { return w.append(replays, r) }

func (w *Writer) append(to int, v any) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.line.Reset()
	if err := w.line.add(to, v); err != nil {
		return err
	}
	return w.write(to, w.line.Bytes())
}

// write writes whole lines with one call. Where that fails half way (a full
// disk), what was written is taken back.
func (w *Writer) write(to int, whole []byte) error {
	switch {
	case w.files == nil:
		return fmt.Errorf("%s: %w", lineFiles[to], fs.ErrClosed)
	case len(whole) == 0:
		return nil
	}
	f := w.files[to]
	start, err := f.Seek(0, io.SeekCurrent)
	if err != nil {
		return err
	}
	if _, err := f.Write(whole); err != nil {
		_ = f.Truncate(start)
		_, _ = f.Seek(start, io.SeekStart)
		return fmt.Errorf("%w; what was recorded before is kept: make room, then testbed run --resume %s", err, w.dir)
	}
	return nil
}

// Sync makes what was written survive a crash of the machine.
func (w *Writer) Sync() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	var errs []error
	for _, f := range w.files {
		errs = append(errs, f.Sync())
	}
	return errors.Join(errs...)
}

// Close ends writing. run.json keeps the status it has.
func (w *Writer) Close() error {
	err := w.Sync()
	w.mu.Lock()
	defer w.mu.Unlock()
	return errors.Join(err, w.closeFiles())
}

func (w *Writer) closeFiles() error {
	var errs []error
	for _, f := range w.files {
		errs = append(errs, f.Close())
	}
	w.files = nil
	return errors.Join(errs...)
}

// WriteFile writes a file so that a reader finds the old or the new content,
// never a part: into a temporary file beside it, then renamed.
func WriteFile(path string, b []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(b)
	err = errors.Join(err, f.Chmod(0o644), f.Close())
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
