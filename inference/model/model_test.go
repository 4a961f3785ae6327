package model_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/testbed/testbed/inference/model"
)

func TestBuiltin(t *testing.T) {
	models := model.Builtin()
	if len(models) == 0 {
		t.Fatal("no models")
	}
	for i, m := range models {
		data, err := m.ReadAll()
		if err != nil {
			t.Errorf("%s: %v", m.Name, err)
			continue
		}
		if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != m.SHA256 || int64(len(data)) != m.Bytes {
			t.Errorf("%s: %d bytes of SHA-256 %x; want %d, %s", m.Name, len(data), sum, m.Bytes, m.SHA256)
		}
		// float32 weights are most of the file, and batch normalisation is folded in.
		if m.Parameters <= 0 || m.Bytes < 4*m.Parameters {
			t.Errorf("%s: %d bytes for %d parameters of 4", m.Name, m.Bytes, m.Parameters)
		}
		if m.Accuracy <= 0 || m.Accuracy > 1 || m.Images <= 0 || m.Dataset != "signs" || m.File != "" {
			t.Errorf("%s: accuracy %v over %d of %q, file %q", m.Name, m.Accuracy, m.Images, m.Dataset, m.File)
		}
		if m.Recipe.Size != 32 || m.Recipe.Std[2] <= 0 || m.Recipe.Mean[0] != m.Recipe.Mean[2] {
			t.Errorf("%s: recipe %+v", m.Name, m.Recipe)
		}
		if i > 0 && m.MACs < models[i-1].MACs {
			t.Errorf("%s costs less than %s before it", m.Name, models[i-1].Name)
		}
	}
	models[0].Name = "mine"
	if model.Builtin()[0].Name == "mine" {
		t.Error("Builtin gives away its own slice")
	}
}

func TestLookup(t *testing.T) {
	for _, want := range model.Builtin() {
		if m, err := model.Lookup(want.Name); err != nil || !cmp.Equal(m, want) {
			t.Errorf("Lookup(%q) = %+v, %v", want.Name, m, err)
		}
	}
	_, err := model.Lookup("signs-resnet23")
	if err == nil {
		t.Fatal("Lookup of a model that is not there: no error")
	}
	got := err.Error()
	for _, m := range model.Builtin() {
		if !strings.Contains(got, m.Name) {
			t.Errorf("error %q does not name %s", got, m.Name)
		}
	}
	if !strings.HasPrefix(got, `no built-in model "signs-resnet23": want one of `) {
		t.Errorf("error %q", got)
	}
}

func TestFromFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "my.onnx")
	if err := os.WriteFile(path, []byte("abc"), 0o600); err != nil {
		t.Fatal(err)
	}
	own := model.Recipe{Size: 224, Std: [3]float32{1, 1, 1}}
	m, err := model.FromFile(path, model.Model{Name: "my", Accuracy: 0.7, Recipe: own})
	if err != nil {
		t.Fatal(err)
	}
	if m.SHA256 != abc || m.Bytes != 3 || m.File != path || m.Name != "my" || m.Accuracy != 0.7 || m.Recipe != own {
		t.Errorf("FromFile = %+v", m)
	}
	if data, err := m.ReadAll(); string(data) != "abc" || err != nil {
		t.Errorf("ReadAll = %q, %v", data, err)
	}
	if m, err := model.FromFile(path, model.Model{Name: "my", SHA256: abc}); err != nil || m.Recipe != model.Builtin()[0].Recipe {
		t.Errorf("without a recipe: %+v, %v; want that of the built-in models", m.Recipe, err)
	}

	other := strings.Repeat("0", 64)
	if _, err := model.FromFile(path, model.Model{Name: "my", SHA256: other}); err == nil ||
		err.Error() != path+": SHA-256 is "+abc+": want "+other {
		t.Errorf("another hash: %v", err)
	}
	if _, err := model.FromFile(path+"x", model.Model{Name: "my"}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}

	// The file changes after it was described.
	if err := os.WriteFile(path, []byte("abd"), 0o600); err != nil {
		t.Fatal(err)
	}
	data, err := m.ReadAll()
	if err == nil || data != nil {
		t.Fatalf("ReadAll of a changed file = %q, %v; want an error", data, err)
	}
	for _, want := range []string{path, "want " + abc, "SHA-256 is a52d159f"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error %q does not say %q", err, want)
		}
	}
}
