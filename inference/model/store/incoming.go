package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/testbed/testbed/inference/model"
)

// An incoming file is on its way into the store, under tmp, locked.
type incoming struct {
	store *Store
	*os.File
	placed bool
}

// receive makes a file under tmp. name is that of one that a later process may
// take up again; "" is a name of its own. Its making and its locking are under
// the store's lock, so that GC never finds it unlocked.
func (s *Store) receive(ctx context.Context, name string) (*incoming, error) {
	for {
		in, err := s.create(ctx, name)
		if err != nil {
			return nil, err
		}
		if err := waitLock(ctx, in.File); err != nil {
			in.File.Close()
			return nil, fmt.Errorf("store: %w", err)
		}
		if in.linked() {
			return in, nil
		}
		in.File.Close() // who held it before has placed or removed it
	}
}

func (s *Store) create(ctx context.Context, name string) (*incoming, error) {
	unlock, err := s.lock(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	var f *os.File
	if name == "" {
		f, err = os.CreateTemp(s.temporary(), "new-*")
	} else {
		f, err = takeUp(filepath.Join(s.temporary(), name))
	}
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	if _, err := tryLock(f); err != nil {
		f.Close()
		return nil, fmt.Errorf("store: %w", err)
	}
	return &incoming{store: s, File: f}, nil
}

// takeUp opens what another process may have left. What cannot be written to
// was left just before it was renamed: it is made anew.
func takeUp(path string) (*os.File, error) {
	const flags = os.O_RDWR | os.O_CREATE | noFollow
	f, err := os.OpenFile(path, flags, 0o600)
	if errors.Is(err, fs.ErrPermission) && os.Remove(path) == nil {
		f, err = os.OpenFile(path, flags, 0o600)
	}
	return f, err
}

// linked reports whether the file still has its name.
func (in *incoming) linked() bool {
	mine, err := in.Stat()
	if err != nil {
		return false
	}
	there, err := os.Lstat(in.Name())
	return err == nil && os.SameFile(mine, there)
}

// discard takes the file away unless it was placed.
func (in *incoming) discard() {
	if !in.placed {
		os.Remove(in.Name())
	}
	in.Close()
}

// keep lets go of the file and leaves it for a later process to take up.
func (in *incoming) keep() { in.Close() }

// copyFrom writes what is left of r, and says what it hashes to and how long
// it is. It ends with ctx.
func (in *incoming) copyFrom(ctx context.Context, r io.Reader) (string, int64, error) {
	w := in.hashing(ctx)
	if _, err := io.CopyBuffer(w, struct{ io.Reader }{r}, make([]byte, 1<<20)); err != nil {
		return "", 0, err
	}
	return w.sum(), w.n, nil
}

func (in *incoming) hashing(ctx context.Context) *hashing {
	return &hashing{ctx: ctx, file: in.File, hash: sha256.New()}
}

// place gives the file its place under its hash, and the model its entry. The
// file is on the disk before it can be seen.
func (in *incoming) place(ctx context.Context, m model.Model) (model.Model, error) {
	if err := in.Sync(); err != nil {
		return model.Model{}, fmt.Errorf("store: %w", err)
	}
	unlock, err := in.store.lock(ctx)
	if err != nil {
		return model.Model{}, err
	}
	defer unlock()
	if err := in.store.free(m); err != nil {
		return model.Model{}, err
	}
	blob := in.store.blob(m.SHA256)
	if err := errors.Join(in.Chmod(0o444), os.Rename(in.Name(), blob)); err != nil {
		return model.Model{}, fmt.Errorf("store: %w", err)
	}
	in.placed = true
	if err := errors.Join(syncFolder(filepath.Dir(blob)), in.store.write(m)); err != nil {
		return model.Model{}, err
	}
	return in.store.describe(m), nil
}

// A hashing writer writes to a file and hashes what it wrote, up to MaxFile.
type hashing struct {
	ctx  context.Context
	file *os.File
	hash hash.Hash
	n    int64
}

func (h *hashing) Write(p []byte) (int, error) {
	if err := h.ctx.Err(); err != nil {
		return 0, err
	}
	if h.n+int64(len(p)) > MaxFile {
		return 0, fmt.Errorf("more than %d bytes: an ONNX file cannot be longer", MaxFile)
	}
	n, err := h.file.Write(p)
	h.hash.Write(p[:n])
	h.n += int64(n)
	return n, err
}

func (h *hashing) sum() string { return hex.EncodeToString(h.hash.Sum(nil)) }
