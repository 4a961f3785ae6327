package node

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"

	"github.com/testbed/testbed/inference/model"
	"github.com/testbed/testbed/inference/onnx"
)

// A bench is what visits need that outlives one: the file of the model that is
// being measured, on the disk, and its sessions. The turn guards it.
type bench struct {
	model    string // SHA-256; empty: none
	file     *file
	cache    string // folder of optimised models, made for it
	sessions map[onnx.Options]*onnx.Session
}

// take makes m the model that is measured. What there was of another is gone.
func (b *bench) take(ctx context.Context, s *files, m model.Model) error {
	if b.model == m.SHA256 {
		return nil
	}
	if err := b.close(); err != nil {
		return err
	}
	f, err := onDisk(ctx, s, m)
	if err != nil {
		return err
	}
	cache, err := os.MkdirTemp("", "testbed-measure-")
	if err != nil {
		return errors.Join(err, f.release())
	}
	*b = bench{model: m.SHA256, file: f, cache: cache, sessions: map[onnx.Options]*onnx.Session{}}
	return nil
}

// drop closes the session of these options, if there is one.
func (b *bench) drop(o onnx.Options) error {
	s := b.sessions[o]
	if s == nil {
		return nil
	}
	delete(b.sessions, o)
	return s.Close()
}

// temper has the file, and those of the optimised model, in the system's file
// cache, or if cold out of it. An error says that they may be where they were.
func (b *bench) temper(cold bool) error {
	change := read
	if cold {
		change = evict
	}
	if err := change(b.file.File); err != nil {
		return err
	}
	entries, err := os.ReadDir(b.cache)
	if err != nil {
		return err
	}
	for _, e := range entries {
		f, err := os.Open(filepath.Join(b.cache, e.Name()))
		if err != nil {
			return err
		}
		if err := errors.Join(change(f), f.Close()); err != nil {
			return err
		}
	}
	return nil
}

// read has all of a file in the system's file cache.
func read(f *os.File) error {
	_, err := io.Copy(io.Discard, io.NewSectionReader(f, 0, 1<<62))
	return err
}

// close gives everything back.
func (b *bench) close() error {
	if b.model == "" {
		return nil
	}
	var errs []error
	for _, s := range b.sessions {
		errs = append(errs, s.Close())
	}
	errs = append(errs, b.file.release(), os.RemoveAll(b.cache))
	*b = bench{}
	return errors.Join(errs...)
}

// onDisk is the file of m on the disk, whatever it takes to get it there: a
// file in memory is never cold.
func onDisk(ctx context.Context, s *files, m model.Model) (*file, error) {
	from, err := s.local(ctx, m)
	if err != nil {
		return nil, err
	}
	defer from.release()
	f, err := newDiskFile()
	if err != nil {
		return nil, err
	}
	if _, err := io.Copy(f.File, io.NewSectionReader(from.File, 0, m.Bytes)); err != nil {
		return nil, errors.Join(err, f.release())
	}
	return f, nil
}
