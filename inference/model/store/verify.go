package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/testbed/testbed/inference/model"
)

// A Problem is something in the store that is not as it should be.
type Problem struct {
	Model string // whose entry or file it is; empty: a file that no model uses
	File  string
	Err   error
}

// String is the problem in a line.
func (p Problem) String() string {
	if p.Model == "" {
		return fmt.Sprintf("%s: %v", p.File, p.Err)
	}
	return fmt.Sprintf("%s: %s: %v", p.Model, p.File, p.Err)
}

// Verify reads every entry and hashes every file, and returns what is wrong.
// The error is that of looking: an unreadable folder, or the end of ctx. A
// model whose file is damaged is mended by adding or pulling it again.
func (s *Store) Verify(ctx context.Context, progress func(done, total int64)) ([]Problem, error) {
	if progress == nil {
		progress = func(int64, int64) {}
	}
	used, problems, err := s.uses()
	if err != nil {
		return nil, err
	}
	blobs, err := s.blobs()
	if err != nil {
		return nil, err
	}
	var done, total int64
	for _, b := range blobs {
		total += b.Size()
	}
	there := make(map[string]bool, len(blobs))
	for _, b := range blobs {
		there[b.Name()] = true
		bad := s.verifyBlob(ctx, b, func(n int64) { done += n; progress(done, total) })
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if bad != nil {
			problems = append(problems, s.problemsOf(b.Name(), used[b.Name()], bad)...)
		}
	}
	for sum, models := range used {
		if !there[sum] {
			problems = append(problems, s.problemsOf(sum, models, fs.ErrNotExist)...)
		}
	}
	return problems, nil
}

// problemsOf is one problem for each model that the file is of.
func (s *Store) problemsOf(sum string, models []model.Model, err error) []Problem {
	if len(models) == 0 {
		return []Problem{{File: s.blob(sum), Err: err}}
	}
	var all []Problem
	for _, m := range models {
		all = append(all, Problem{Model: m.Name, File: s.blob(sum), Err: err})
	}
	return all
}

// uses are the models of each file, and the entries that cannot be read.
func (s *Store) uses() (map[string][]model.Model, []Problem, error) {
	names, err := s.names()
	if err != nil {
		return nil, nil, err
	}
	used := make(map[string][]model.Model, len(names))
	var problems []Problem
	for _, name := range names {
		m, err := s.Lookup(name)
		switch {
		case errors.Is(err, ErrNotFound):
		case err != nil:
			problems = append(problems, Problem{Model: name, File: s.entry(name), Err: err})
		default:
			used[m.SHA256] = append(used[m.SHA256], m)
		}
	}
	return used, problems, nil
}

func (s *Store) blobs() ([]fs.FileInfo, error) { return infos(filepath.Join(s.dir, "blobs")) }

// infos are those of a folder's files; none of a folder that is not there.
func infos(dir string) ([]fs.FileInfo, error) {
	found, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	var all []fs.FileInfo
	for _, e := range found {
		if info, err := e.Info(); err == nil { // else it went away
			all = append(all, info)
		}
	}
	return all, nil
}

func (s *Store) verifyBlob(ctx context.Context, b fs.FileInfo, progress func(n int64)) error {
	if !b.Mode().IsRegular() {
		return fmt.Errorf("%v: want a file", b.Mode())
	}
	f, err := os.Open(s.blob(b.Name()))
	if err != nil {
		return err
	}
	defer f.Close()
	return verifyFile(ctx, f, b.Name(), progress)
}

func verifyFile(ctx context.Context, f *os.File, want string, progress func(n int64)) error {
	h := sha256.New()
	buf := make([]byte, 1<<20)
	for {
		n, err := f.Read(buf)
		h.Write(buf[:n])
		progress(int64(n))
		if err == io.EOF {
			break
		}
		if err = errors.Join(err, ctx.Err()); err != nil {
			return err
		}
	}
	if got := hex.EncodeToString(h.Sum(nil)); got != want {
		return fmt.Errorf("SHA-256 is %s: want %s", got, want)
	}
	return nil
}

// GC removes the files that no model uses, and what broken-off additions left,
// parts of a Pull that could be resumed included. It returns how many bytes and
// files it removed. It refuses while an entry cannot be read, since that may
// name a file.
func (s *Store) GC() (freed int64, n int, err error) {
	if _, err := os.Stat(s.dir); errors.Is(err, fs.ErrNotExist) {
		return 0, 0, nil
	}
	unlock, err := s.lock(context.Background())
	if err != nil {
		return 0, 0, err
	}
	defer unlock()
	used, problems, err := s.uses()
	if err != nil {
		return 0, 0, err
	}
	if len(problems) > 0 {
		return 0, 0, fmt.Errorf("store: an entry cannot be read, and may be of a file that would be removed: %w", problems[0].Err)
	}
	blobs, err := s.blobs()
	if err != nil {
		return 0, 0, err
	}
	left, err := infos(s.temporary())
	if err != nil {
		return 0, 0, err
	}
	remove := func(path string, size int64) error {
		if err := os.Remove(path); err != nil {
			return fmt.Errorf("store: %w", err)
		}
		freed, n = freed+size, n+1
		return nil
	}
	for _, b := range blobs {
		if len(used[b.Name()]) == 0 {
			err = errors.Join(err, remove(s.blob(b.Name()), b.Size()))
		}
	}
	for _, b := range left {
		if path := filepath.Join(s.temporary(), b.Name()); !busy(path) {
			err = errors.Join(err, remove(path, b.Size()))
		}
	}
	return freed, n, err
}

// busy reports whether a process holds the file's lock.
func busy(path string) bool {
	f, err := os.OpenFile(path, os.O_RDONLY|noFollow, 0)
	if err != nil {
		return false
	}
	defer f.Close()
	free, err := tryLock(f)
	return err == nil && !free
}
