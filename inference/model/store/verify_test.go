package store_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/testbed/testbed/inference/model"
	"github.com/testbed/testbed/inference/model/store"
)

// two is a store of two models.
func two(t *testing.T) (*store.Store, model.Model, model.Model) {
	t.Helper()
	s := open(t)
	a, b := mine(0), mine(1)
	a.Name, b.Name = "a", "b"
	for i, m := range []*model.Model{&a, &b} {
		added, err := s.Add(background, file(t, "m", onnx(t, i)), *m)
		if err != nil {
			t.Fatal(err)
		}
		*m = added
	}
	return s, a, b
}

func TestVerify(t *testing.T) {
	s, a, b := two(t)
	var done, total int64
	if p, err := s.Verify(background, func(d, of int64) { done, total = d, of }); len(p) > 0 || err != nil {
		t.Errorf("a whole store: %v, %v", p, err)
	}
	if done != a.Bytes+b.Bytes || total != done {
		t.Errorf("progress ends at %d of %d, want %d", done, total, a.Bytes+b.Bytes)
	}

	flip(t, b.File, b.Bytes/2)
	p, err := s.Verify(background, nil)
	if err != nil || len(p) != 1 || p[0].Model != "b" || p[0].File != b.File || !strings.Contains(p[0].String(), "want "+b.SHA256) {
		t.Errorf("one bit flipped: %v, %v", p, err)
	}

	// Adding the file again mends it.
	said := mine(1)
	said.Name = "b"
	if _, err := s.Add(background, file(t, "m", onnx(t, 1)), said); err != nil {
		t.Fatal(err)
	}
	if p, err := s.Verify(background, nil); len(p) > 0 || err != nil {
		t.Errorf("mended: %v, %v", p, err)
	}
}

// flip changes one bit of a read-only file.
func flip(t *testing.T, path string, at int64) {
	t.Helper()
	if err := os.Chmod(path, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	one := make([]byte, 1)
	if _, err := f.ReadAt(one, at); err != nil {
		t.Fatal(err)
	}
	one[0] ^= 4
	if _, err := f.WriteAt(one, at); err != nil {
		t.Fatal(err)
	}
}

func TestVerifyFindsTheRest(t *testing.T) {
	tests := []struct {
		name   string
		damage func(t *testing.T, s *store.Store, a model.Model)
		model  string
		what   string
	}{
		{"no file", func(t *testing.T, s *store.Store, a model.Model) { os.Remove(a.File) }, "a", "file does not exist"},
		{"a link for a file", func(t *testing.T, s *store.Store, a model.Model) {
			os.Rename(a.File, a.File+"x")
			os.Symlink(a.File+"x", a.File)
		}, "a", "want a file"},
		{"cut short", func(t *testing.T, s *store.Store, a model.Model) {
			os.Chmod(a.File, 0o600)
			os.Truncate(a.File, 10)
		}, "a", "SHA-256 is"},
		{"entry that is no JSON", entry("{"), "a", "unexpected end"},
		{"entry of another name", entry(`{"name": "c"}`), "a", `name is "c"`},
		{"entry that climbs", entry(`{"name": "a", "bytes": 1, "sha256": "../../../etc/passwd"}`), "a", "want 64 hex digits"},
		{"entry without a recipe", entry(`{"name": "a", "bytes": 1, "sha256": "` + strings.Repeat("0", 64) + `"}`), "a", "recipe: "},
		{"a file that nobody uses", func(t *testing.T, s *store.Store, a model.Model) {
			os.WriteFile(filepath.Join(s.Dir(), "blobs", strings.Repeat("0", 64)), []byte("x"), 0o600)
		}, "", "SHA-256 is"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s, a, _ := two(t)
			test.damage(t, s, a)
			p, err := s.Verify(background, nil)
			if err != nil || len(p) == 0 {
				t.Fatalf("Verify = %v, %v", p, err)
			}
			if p[0].Model != test.model || !strings.Contains(p[0].String(), test.what) {
				t.Errorf("%v; want %q of %q", p, test.what, test.model)
			}
		})
	}
}

// entry is a damage: text in place of a's entry.
func entry(text string) func(*testing.T, *store.Store, model.Model) {
	return func(t *testing.T, s *store.Store, _ model.Model) {
		if err := os.WriteFile(filepath.Join(s.Dir(), "models", "a.json"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TestListBroken: one broken entry hides no other, and stops GC, which might
// take its file.
func TestListBroken(t *testing.T) {
	s, a, b := two(t)
	entry("{")(t, s, a)
	models, err := s.List()
	if len(models) != 1 || models[0].Name != "b" || err == nil || !strings.Contains(err.Error(), "a.json") {
		t.Errorf("List = %v, %v; want b, and an error that names a.json", models, err)
	}
	if freed, n, err := s.GC(); err == nil || freed != 0 || n != 0 {
		t.Errorf("GC = %d, %d, %v", freed, n, err)
	}
	for _, m := range []model.Model{a, b} {
		if _, err := os.Stat(m.File); err != nil {
			t.Error(err)
		}
	}
}

func TestGC(t *testing.T) {
	s, a, b := two(t)
	left := filepath.Join(s.Dir(), "tmp", "new-123")
	if err := os.WriteFile(left, make([]byte, 1000), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.Remove("a"); err != nil {
		t.Fatal(err)
	}
	freed, n, err := s.GC()
	if err != nil || n != 2 || freed != a.Bytes+1000 {
		t.Errorf("GC = %d bytes, %d files, %v; want %d, 2", freed, n, err, a.Bytes+1000)
	}
	if _, err := os.Stat(a.File); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the removed model's file: %v", err)
	}
	if _, err := b.ReadAll(); err != nil {
		t.Errorf("the other model's: %v", err)
	}
	if freed, n, err := s.GC(); freed != 0 || n != 0 || err != nil {
		t.Errorf("GC again = %d, %d, %v", freed, n, err)
	}
}
