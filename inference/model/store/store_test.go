package store_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/testbed/testbed/inference/model"
	"github.com/testbed/testbed/inference/model/store"
)

var background = context.Background()

// open is an empty store.
func open(t testing.TB) *store.Store {
	t.Helper()
	s, err := store.Open(filepath.Join(t.TempDir(), "store"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// onnx is a small model: the i-th of those built in.
func onnx(t *testing.T, i int) []byte {
	t.Helper()
	data, err := model.Builtin()[i].ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func file(t *testing.T, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// mine is what a caller says of onnx(t, i) as "mine".
func mine(i int) model.Model {
	b := model.Builtin()[i]
	return model.Model{Name: "mine", Recipe: b.Recipe, Accuracy: 0.5, Dataset: "signs", Source: "me"}
}

// empty fails if anything of a failed addition is left in the store.
func empty(t *testing.T, s *store.Store) {
	t.Helper()
	if models, err := s.List(); err != nil || len(models) > 0 {
		t.Errorf("List = %v, %v; want nothing", models, err)
	}
	for _, dir := range []string{"blobs", "models", "tmp"} {
		left, err := os.ReadDir(filepath.Join(s.Dir(), dir))
		if err != nil && !os.IsNotExist(err) {
			t.Error(err)
		}
		for _, e := range left {
			t.Errorf("%s/%s is left", dir, e.Name())
		}
	}
}

func says(t *testing.T, err error, what ...string) {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	for _, w := range what {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("error %q does not say %q", err, w)
		}
	}
}

func TestAdd(t *testing.T) {
	s := open(t)
	data := onnx(t, 0)
	path := file(t, "any name at all", data)
	m, err := s.Add(background, path, mine(0))
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(data)
	want := mine(0)
	want.SHA256, want.Bytes = hex.EncodeToString(sum[:]), int64(len(data))
	// 12142 as published; 126 of them are batch normalisation's, folded in.
	want.Parameters = 12016
	want.File = filepath.Join(s.Dir(), "blobs", want.SHA256)
	if d := cmp.Diff(want, m); d != "" {
		t.Errorf("Add: -want +got\n%s", d)
	}
	if got, err := m.ReadAll(); err != nil || !bytes.Equal(got, data) {
		t.Errorf("ReadAll: %d bytes, %v", len(got), err)
	}
	if info, err := os.Stat(m.File); err != nil || info.Mode().Perm() != 0o444 {
		t.Errorf("the file: %v, %v; want it read-only", info.Mode(), err)
	}

	// The source may go; another Store on the same folder sees the model.
	os.Remove(path)
	other, err := store.Open(s.Dir())
	if err != nil {
		t.Fatal(err)
	}
	if got, err := other.Lookup("mine"); err != nil || !cmp.Equal(got, m) {
		t.Errorf("Lookup = %+v, %v", got, err)
	}
	if got, err := other.List(); err != nil || !cmp.Equal(got, []model.Model{m}) {
		t.Errorf("List = %+v, %v", got, err)
	}
}

func TestAddAgain(t *testing.T) {
	s := open(t)
	if _, err := s.Add(background, file(t, "a", onnx(t, 0)), mine(0)); err != nil {
		t.Fatal(err)
	}
	better := mine(0)
	better.Accuracy = 0.6
	if m, err := s.Add(background, file(t, "a", onnx(t, 0)), better); err != nil || m.Accuracy != 0.6 {
		t.Errorf("the same file again: %+v, %v", m, err)
	}
	_, err := s.Add(background, file(t, "b", onnx(t, 1)), mine(1))
	if !errors.Is(err, store.ErrTaken) {
		t.Errorf("another file of that name: %v", err)
	}
	loud := mine(1)
	loud.Name = "Mine"
	if _, err := s.Add(background, file(t, "b", onnx(t, 1)), loud); !errors.Is(err, store.ErrTaken) {
		t.Errorf("a name that differs in a capital: %v", err)
	}
	if blobs, _ := os.ReadDir(filepath.Join(s.Dir(), "blobs")); len(blobs) != 1 {
		t.Errorf("%d files, want 1", len(blobs))
	}
	two := mine(0)
	two.Name = "mine-too"
	if _, err := s.Add(background, file(t, "a", onnx(t, 0)), two); err != nil {
		t.Errorf("the same file under two names: %v", err)
	}
}

func TestUpdateAndRemove(t *testing.T) {
	s := open(t)
	m, err := s.Add(background, file(t, "a", onnx(t, 0)), mine(0))
	if err != nil {
		t.Fatal(err)
	}
	m.Accuracy, m.Images, m.Source = 0.81, 8000, ""
	if err := s.Update(m); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Lookup("mine"); err != nil || !cmp.Equal(got, m) {
		t.Errorf("after Update: %+v, %v", got, err)
	}
	// The folder may be moved: an entry names its file by hash alone.
	if text, err := os.ReadFile(filepath.Join(s.Dir(), "models", "mine.json")); err != nil || bytes.Contains(text, []byte(s.Dir())) {
		t.Errorf("the entry names the folder: %s, %v", text, err)
	}
	changed := m
	changed.SHA256 = strings.Repeat("0", 64)
	says(t, s.Update(changed), "SHA-256", m.SHA256)
	changed = m
	changed.Bytes = 1
	if err := s.Update(changed); err != nil {
		t.Error(err)
	}
	if got, err := s.Lookup("mine"); err != nil || !cmp.Equal(got, m) {
		t.Errorf("after an Update of the length: %+v, %v", got, err)
	}
	changed = m
	changed.Recipe.Size = -1
	says(t, s.Update(changed), "recipe")
	changed = m
	changed.Name = "other"
	if err := s.Update(changed); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("Update of a model that is not there: %v", err)
	}

	if err := s.Remove("mine"); err != nil {
		t.Fatal(err)
	}
	if err := s.Remove("mine"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("Remove twice: %v", err)
	}
	if _, err := s.Lookup("mine"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("Lookup after Remove: %v", err)
	}
	if _, err := m.ReadAll(); err != nil {
		t.Errorf("the file before GC: %v", err)
	}
	freed, n, err := s.GC()
	if err != nil || n != 1 || freed != m.Bytes {
		t.Errorf("GC = %d bytes, %d files, %v; want %d, 1", freed, n, err, m.Bytes)
	}
	empty(t, s)
}

// TestSeededByItself: what a file says of its weights is kept with it.
func TestSeededByItself(t *testing.T) {
	for _, tt := range []struct {
		key, value string
		want       model.Weights
	}{{"weights", "seeded", model.Seeded}, {"weights", "trained", model.Trained}, {"producer", "seeded", model.Trained}} {
		data := append(onnx(t, 0), metadata(tt.key, tt.value)...)
		for name, packed := range map[string][]byte{"m.onnx": data, "m.tar.gz": gzipOf(t, tarOf(t, member{name: "m.onnx", data: data}))} {
			s := open(t)
			added, err := s.Add(background, file(t, name, packed), mine(0))
			if err != nil {
				t.Fatal(err)
			}
			found, err := s.Lookup("mine")
			if err != nil || added.Weights != tt.want || found.Weights != tt.want {
				t.Errorf("%s, %s = %s: added %q, then %q, %v; want %q", name, tt.key, tt.value, added.Weights, found.Weights, err, tt.want)
			}
		}
	}
}

// metadata is field 14 of an ONNX file (metadata_props), which may be its end:
// fields 1 and 2 of it are key and value.
func metadata(key, value string) []byte {
	const text = 2 // wire type: a length, then so many bytes
	entry := append([]byte{1<<3 | text, byte(len(key))}, key...)
	entry = append(append(entry, 2<<3|text, byte(len(value))), value...)
	return append([]byte{14<<3 | text, byte(len(entry))}, entry...)
}

func TestPut(t *testing.T) {
	s := open(t)
	data := onnx(t, 1)
	m := mine(1)
	m.Weights = model.Seeded
	got, err := s.Put(background, m, func(w io.Writer) error {
		for i := range data { // byte by byte
			if _, err := w.Write(data[i : i+1]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil || got.Weights != model.Seeded || got.Bytes != int64(len(data)) {
		t.Fatalf("%+v, %v", got, err)
	}
	if read, err := got.ReadAll(); err != nil || !bytes.Equal(read, data) {
		t.Errorf("%d bytes, %v", len(read), err)
	}

	s = open(t)
	broken := errors.New("broken")
	_, err = s.Put(background, m, func(w io.Writer) error {
		w.Write(data[:1000])
		return broken
	})
	if !errors.Is(err, broken) {
		t.Errorf("an error of write: %v", err)
	}
	empty(t, s)
}

// TestRefused: what cannot be run is refused with the reason and the file's
// name, and leaves nothing.
func TestRefused(t *testing.T) {
	whole := onnx(t, 0)
	wrong := func(change func(*model.Model)) model.Model {
		m := mine(0)
		change(&m)
		return m
	}
	tests := []struct {
		name string
		data []byte
		m    model.Model
		what string
	}{
		{"cut short", whole[:len(whole)/2], mine(0), "not a whole ONNX model"},
		{"not ONNX", []byte("<html>quota exceeded</html>"), mine(0), "not a whole ONNX model"},
		{"a pointer", []byte("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n"), mine(0), "Git LFS pointer"},
		{"empty", nil, mine(0), "empty"},
		{"other hash", whole, wrong(func(m *model.Model) { m.SHA256 = strings.Repeat("0", 64) }), "want 0000"},
		{"other size", whole, wrong(func(m *model.Model) { m.Recipe.Size = 224 }), "takes 32 pixels, the recipe cuts out 224"},
		{"other labels", whole, wrong(func(m *model.Model) { m.Labels = []string{"cat", "dog"} }), "there are 2 labels"},
		{"no recipe", whole, wrong(func(m *model.Model) { m.Recipe = model.Recipe{} }), "no recipe"},
		{"bad recipe", whole, wrong(func(m *model.Model) { m.Recipe.Std[1] = 0 }), "recipe: std of channel 1"},
		{"accuracy in per cent", whole, wrong(func(m *model.Model) { m.Accuracy = 76.13 }), "accuracy is 76.13: want 0 to 1"},
		{"no name", whole, wrong(func(m *model.Model) { m.Name = "" }), "name: "},
		{"a name that climbs", whole, wrong(func(m *model.Model) { m.Name = "../../evil" }), "name: "},
		{"a hidden name", whole, wrong(func(m *model.Model) { m.Name = ".hidden" }), "name: "},
		{"a name with a slash", whole, wrong(func(m *model.Model) { m.Name = "a/b" }), "name: "},
		{"a name with a zero", whole, wrong(func(m *model.Model) { m.Name = "a\x00b" }), "name: "},
		{"a long name", whole, wrong(func(m *model.Model) { m.Name = strings.Repeat("a", 129) }), "name: "},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := open(t)
			path := file(t, "m.onnx", test.data)
			_, err := s.Add(background, path, test.m)
			says(t, err, path, test.what)
			empty(t, s)
		})
	}
	s := open(t)
	_, err := s.Add(background, t.TempDir(), mine(0))
	says(t, err, "want a file")
	_, err = s.Add(background, "/dev/zero", mine(0))
	says(t, err, "/dev/zero", "want a file")
	_, err = s.Add(background, filepath.Join(t.TempDir(), "none"), mine(0))
	if !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	ctx, cancel := context.WithCancel(background)
	cancel()
	if _, err := s.Add(ctx, file(t, "m", whole), mine(0)); !errors.Is(err, context.Canceled) {
		t.Errorf("an ended context: %v", err)
	}
	empty(t, s)
}

func TestDefaultDir(t *testing.T) {
	t.Setenv("TESTBED_MODELS", "/a/b")
	t.Setenv("TESTBED_CACHE", "/c")
	for _, want := range []string{"/a/b", "/c/models", "/x/testbed/models"} {
		if got, err := store.DefaultDir(); got != want || err != nil {
			t.Errorf("DefaultDir = %q, %v; want %q", got, err, want)
		}
		if want == "/a/b" {
			t.Setenv("TESTBED_MODELS", "")
		} else {
			t.Setenv("TESTBED_CACHE", "")
			t.Setenv("XDG_CACHE_HOME", "/x")
			t.Setenv("HOME", "/x/home")
		}
	}
}

func TestOpen(t *testing.T) {
	if _, err := store.Open(""); err == nil {
		t.Error("no folder: no error")
	}
	if _, err := store.Open(file(t, "f", []byte("x"))); err == nil {
		t.Error("a file: no error")
	}
	dir := filepath.Join(t.TempDir(), "not", "there")
	s, err := store.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if p, err := s.Verify(background, nil); err != nil || p != nil {
		t.Errorf("Verify = %v, %v", p, err)
	}
	if freed, n, err := s.GC(); err != nil || freed != 0 || n != 0 {
		t.Errorf("GC = %d, %d, %v", freed, n, err)
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("looking at a store that is not there made it: %v", err)
	}
}
