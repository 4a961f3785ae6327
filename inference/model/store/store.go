// Package store keeps the files of models in a folder, each under its SHA-256,
// with what is known of the model beside it. Processes may share a store: what
// they see of it is always whole.
//
//	blobs/<sha256>       a file, read-only
//	models/<name>.json   a model.Model, and which file it is
//	tmp/                 what is on its way in; locked by who brings it
//	lock                 held for as long as it takes to rename into place
//
// A file is written under tmp, hashed as it is written, looked into, synced to
// the disk, and only then renamed: a power cut or a kill leaves nothing that
// can be seen, and GC takes away what it left in tmp.
package store

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/testbed/testbed/inference/host"
	"github.com/testbed/testbed/inference/model"
)

// MaxFile is the largest file that is taken, in bytes: an ONNX file is one
// protobuf message, which cannot be longer.
const MaxFile int64 = 2 << 30

// A Store is a folder of models. It holds no state but the folder's path: any
// number of Stores, in any number of processes, may be open on one folder.
type Store struct{ dir string }

// DefaultDir is where a user's store is: TESTBED_MODELS if it is set, else
// models below host.CacheDir.
func DefaultDir() (string, error) {
	if dir := os.Getenv("TESTBED_MODELS"); dir != "" {
		return dir, nil
	}
	dir, err := host.CacheDir()
	if err != nil {
		return "", fmt.Errorf("where to keep models: %w or TESTBED_MODELS", err)
	}
	return filepath.Join(dir, "models"), nil
}

// Open opens the store in dir. The folder is made when something is put in:
// opening one that is not there is an empty store.
func Open(dir string) (*Store, error) {
	if dir == "" {
		return nil, fmt.Errorf("store: no folder")
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	info, err := os.Stat(abs)
	if err == nil && !info.IsDir() {
		return nil, fmt.Errorf("store: %s is %v: want a folder", abs, info.Mode())
	}
	if err != nil && !os.IsNotExist(err) {
		return nil, fmt.Errorf("store: %w", err)
	}
	return &Store{dir: abs}, nil
}

// Dir is the store's folder, absolute.
func (s *Store) Dir() string { return s.dir }

func (s *Store) blob(sha256 string) string { return filepath.Join(s.dir, "blobs", sha256) }
func (s *Store) entry(name string) string  { return filepath.Join(s.dir, "models", name+".json") }
func (s *Store) temporary() string         { return filepath.Join(s.dir, "tmp") }

func (s *Store) makeFolders() error {
	for _, name := range []string{"blobs", "models", "tmp"} {
		if err := os.MkdirAll(filepath.Join(s.dir, name), 0o755); err != nil {
			return fmt.Errorf("store: %w", err)
		}
	}
	return nil
}

// describe is m as the store keeps it: the file is named by its hash alone.
func (s *Store) describe(m model.Model) model.Model {
	m.File = s.blob(m.SHA256)
	return m
}
