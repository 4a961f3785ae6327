package store

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/testbed/testbed/inference/model"
)

// maxEntry is the longest entry that is read, in bytes: labels are most of it.
const maxEntry = 4 << 20

// ErrNotFound is wrapped by the error of a name that the store does not have.
var ErrNotFound = errors.New("not in the store")

// ErrTaken is wrapped by the error of adding another file under a name that
// the store has.
var ErrTaken = errors.New("the store has another file of that name")

// List returns every model, by name. Entries that cannot be read are left out,
// and the error, which comes with the others, names each.
func (s *Store) List() ([]model.Model, error) {
	names, err := s.names()
	if err != nil {
		return nil, err
	}
	var models []model.Model
	var broken []error
	for _, name := range names {
		m, err := s.Lookup(name)
		switch {
		case errors.Is(err, ErrNotFound): // removed just now
		case err != nil:
			broken = append(broken, err)
		default:
			models = append(models, m)
		}
	}
	return models, errors.Join(broken...)
}

// names are those of the entries, sorted.
func (s *Store) names() ([]string, error) {
	found, err := os.ReadDir(filepath.Join(s.dir, "models"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	var names []string
	for _, e := range found {
		if name, ok := strings.CutSuffix(e.Name(), ".json"); ok && model.CheckName(name) == nil {
			names = append(names, name)
		}
	}
	return names, nil
}

// Lookup returns the model of that name; its File is the store's. The error of
// a name that is not there wraps ErrNotFound. That the file is there and whole
// is not looked at: Verify does.
func (s *Store) Lookup(name string) (model.Model, error) {
	if err := model.CheckName(name); err != nil {
		return model.Model{}, fmt.Errorf("store: %w", err)
	}
	path := s.entry(name)
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return model.Model{}, fmt.Errorf("model %s: %w in %s", name, ErrNotFound, s.dir)
	}
	if err != nil {
		return model.Model{}, fmt.Errorf("store: %w", err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxEntry+1))
	if err != nil {
		return model.Model{}, fmt.Errorf("store: %w", err)
	}
	var m model.Model
	if err := json.Unmarshal(text, &m); err != nil {
		return model.Model{}, fmt.Errorf("%s: %w", path, err)
	}
	if err := checkEntry(name, m); err != nil {
		return model.Model{}, fmt.Errorf("%s: %w", path, err)
	}
	return s.describe(m), nil
}

func checkEntry(name string, m model.Model) error {
	if m.Name != name {
		return fmt.Errorf("name is %q: want %q", m.Name, name)
	}
	if raw, err := hex.DecodeString(m.SHA256); err != nil || len(raw) != 32 || strings.ToLower(m.SHA256) != m.SHA256 {
		return fmt.Errorf("sha256 is %q: want 64 hex digits, in small letters", m.SHA256)
	}
	if m.Bytes <= 0 || m.Bytes > MaxFile {
		return fmt.Errorf("bytes is %d: want 1 to %d", m.Bytes, MaxFile)
	}
	if err := m.Recipe.Check(); err != nil {
		return fmt.Errorf("recipe: %w", err)
	}
	return nil
}

// Update changes what is said of a model that is there, such as its measured
// accuracy. The file cannot be changed: m.SHA256 is the entry's.
func (s *Store) Update(m model.Model) error {
	unlock, err := s.lock(context.Background())
	if err != nil {
		return err
	}
	defer unlock()
	old, err := s.Lookup(m.Name)
	if err != nil {
		return err
	}
	if old.SHA256 != m.SHA256 {
		return fmt.Errorf("model %s: SHA-256 is %s: want %s, that of its file in the store", m.Name, m.SHA256, old.SHA256)
	}
	m.Bytes = old.Bytes
	return s.write(m)
}

// Remove takes the model of that name out. Its file stays until GC.
func (s *Store) Remove(name string) error {
	if err := model.CheckName(name); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	unlock, err := s.lock(context.Background())
	if err != nil {
		return err
	}
	defer unlock()
	err = os.Remove(s.entry(name))
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("model %s: %w in %s", name, ErrNotFound, s.dir)
	}
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	return syncFolder(filepath.Dir(s.entry(name)))
}

// free returns an error unless m's name is free, or is that of the same file.
// Names that differ in capitals alone would be one on some systems.
func (s *Store) free(m model.Model) error {
	names, err := s.names()
	if err != nil {
		return err
	}
	for _, name := range names {
		if !strings.EqualFold(name, m.Name) {
			continue
		}
		if name != m.Name {
			return fmt.Errorf("model %s: %w, but for capitals: %s", m.Name, ErrTaken, name)
		}
		if old, err := s.Lookup(name); err == nil && old.SHA256 != m.SHA256 {
			return fmt.Errorf("model %s: %w, of SHA-256 %s: remove it first or take another name", m.Name, ErrTaken, old.SHA256)
		}
	}
	return nil
}

// write puts m's entry in place, whole. The store is locked.
func (s *Store) write(m model.Model) error {
	m.File = ""
	if err := checkEntry(m.Name, m); err != nil {
		return fmt.Errorf("model %s: %w", m.Name, err)
	}
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return fmt.Errorf("model %s: %w", m.Name, err)
	}
	if len(text) > maxEntry {
		return fmt.Errorf("model %s: %d bytes of labels and the like: want at most %d", m.Name, len(text), maxEntry)
	}
	path := s.entry(m.Name)
	f, err := os.CreateTemp(s.temporary(), "entry-*")
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	defer os.Remove(f.Name()) // renamed away where all went well
	defer f.Close()
	if _, err := f.Write(append(text, '\n')); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	if err := errors.Join(f.Chmod(0o644), f.Sync(), os.Rename(f.Name(), path), syncFolder(filepath.Dir(path))); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	return nil
}

// syncFolder puts renames within a folder on the disk.
func syncFolder(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
