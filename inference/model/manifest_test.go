package model_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/testbed/testbed/inference/model"
)

const abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" // SHA-256 of abc: FIPS 180-2, B.1

// entry is one of a manifest for a file abc, changed by pairs of key and value;
// a key with a dot is of preprocess, a nil value takes the key out.
func entry(changes ...any) map[string]any {
	preprocess := map[string]any{
		"dataset": "imagenet", "resize_shorter": 256, "crop": 224,
		"mean": []float64{0.5, 0.5, 0.5}, "std": []float64{1, 1, 1}, "input_scale": 255,
	}
	e := map[string]any{
		"name": "m", "file": "models/m.onnx", "sha256": abc, "bytes": 3, "input": []int{3, 224, 224},
		"classes": 1000, "macs": 7, "params": 8, "preprocess": preprocess, "top1": 0.75, "top5": 0.9, "images": 1000,
		"source": map[string]any{"repo": "x/y"},
	}
	for i := 0; i < len(changes); i += 2 {
		key, in := changes[i].(string), e
		if inner, ok := strings.CutPrefix(key, "preprocess."); ok {
			key, in = inner, preprocess
		}
		if in[key] = changes[i+1]; changes[i+1] == nil {
			delete(in, key)
		}
	}
	return e
}

// manifest writes one to data/models/models.json, and abc to
// data/models/m.onnx, and returns its path.
func manifest(t *testing.T, entries ...map[string]any) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data", "models")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(entries)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "models.json")
	for name, data := range map[string][]byte{path: text, filepath.Join(dir, "m.onnx"): []byte("abc")} {
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return path
}

func TestReadManifest(t *testing.T) {
	path := manifest(t, entry(), entry("name", "n", "file", "m.onnx", "preprocess.resize_shorter", nil, "preprocess.crop", nil,
		"preprocess.input_scale", 1, "preprocess.interpolation", "bicubic", "images", 0, "sha256", strings.ToUpper(abc)))
	got, err := model.ReadManifest(path)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(filepath.Dir(path), "m.onnx")
	half, one := [3]float32{0.5, 0.5, 0.5}, [3]float32{1, 1, 1}
	want := []model.Model{
		{Name: "m", SHA256: abc, Bytes: 3, Parameters: 8, MACs: 7, Accuracy: 0.75, Dataset: "imagenet", Source: "models.json, over 1000 images",
			Recipe: model.Recipe{Resize: 256, Size: 224, Scale: 255, Mean: half, Std: one}, File: file},
		{Name: "n", SHA256: abc, Bytes: 3, Parameters: 8, MACs: 7, Accuracy: 0.75, Dataset: "imagenet", Source: "models.json",
			Recipe: model.Recipe{Size: 224, Scale: 1, Mean: half, Std: one, Interpolation: model.Bicubic}, File: file},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
	if data, err := got[1].ReadAll(); string(data) != "abc" || err != nil {
		t.Errorf("ReadAll = %q, %v", data, err)
	}
}

func TestReadManifestErrors(t *testing.T) {
	tests := []struct {
		name  string
		entry map[string]any
		want  string
	}{
		{"no name", entry("name", nil), "entry 1: name: "},
		{"a name that climbs", entry("name", "../m"), `../m: name: "../m"`},
		{"a file that climbs", entry("file", "../../m.onnx"), `m: file: "../../m.onnx": want a path below`},
		{"a file that climbs within", entry("file", "models/../../m.onnx"), "want a path below"},
		{"an absolute file", entry("file", "/etc/passwd"), "want a path below"},
		{"no file", entry("file", nil), "file: "},
		{"a file that is not there", entry("file", "x.onnx"), "m: file: x.onnx is neither below"},
		{"a folder", entry("file", "models"), "want a file of 3"},
		{"another length", entry("bytes", 4), "3 bytes: want a file of 4"},
		{"half a hash", entry("sha256", abc[:32]), "sha256 is"},
		{"no hash", entry("sha256", nil), "want 64 hex digits"},
		{"per cent", entry("top1", 75), "top1 is 75: want 0 to 1"},
		{"less than nothing", entry("macs", -1), "macs is -1"},
		{"crop and input differ", entry("preprocess.crop", 192), "preprocess: crop is 192: want 224"},
		{"channels last", entry("input", []int{224, 224, 3}), "want [3, S, S]"},
		{"not square", entry("input", []int{3, 224, 225}), "want [3, S, S]"},
		{"no input", entry("input", nil), "want [3, S, S]"},
		{"no std", entry("preprocess.std", nil), "preprocess: std of channel 0"},
		{"unknown filter", entry("preprocess.interpolation", "lanczos"), `interpolation is "lanczos"`},
		{"wrong type", entry("bytes", "many"), "bytes"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			path := manifest(t, test.entry)
			_, err := model.ReadManifest(path)
			if err == nil || !strings.HasPrefix(err.Error(), path+": ") || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%v; want %s: … %s", err, path, test.want)
			}
		})
	}
	for _, path := range []string{manifest(t), manifest(t, entry(), maps.Clone(entry()))} {
		if _, err := model.ReadManifest(path); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("none, and one twice: %v", err)
		}
	}
	if _, err := model.ReadManifest("/nowhere/models.json"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no manifest: %v", err)
	}
}

// TestReadManifestLinks: a link may not lead out of the two folders.
func TestReadManifestLinks(t *testing.T) {
	path := manifest(t, entry("file", "link.onnx"))
	outside := filepath.Join(t.TempDir(), "abc")
	if err := os.WriteFile(outside, []byte("abc"), 0o600); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(filepath.Dir(path), "link.onnx")
	if err := os.Symlink(outside, link); err != nil {
		t.Fatal(err)
	}
	if m, err := model.ReadManifest(path); err == nil {
		t.Errorf("a link out: %+v", m)
	}
	os.Remove(link)
	if err := os.Symlink("m.onnx", link); err != nil {
		t.Fatal(err)
	}
	if _, err := model.ReadManifest(path); err != nil {
		t.Errorf("a link within: %v", err)
	}
}

// TestSharedManifest reads the manifest of real models.
func TestSharedManifest(t *testing.T) {
	path := filepath.Join("..", "..", "..", "shared", "data", "models", "models.json")
	if _, err := os.Stat(path); os.IsNotExist(err) {
		t.Skip(err)
	}
	models, err := model.ReadManifest(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(models) != 16 {
		t.Errorf("%d models, want 16", len(models))
	}
	for _, m := range models {
		if _, err := m.ReadAll(); err != nil {
			t.Error(err)
		}
		if again, err := model.ParseRecipe(m.Recipe.String()); err != nil || again.Size != m.Recipe.Size || again.Mean != m.Recipe.Mean || again.Std != m.Recipe.Std || again.Scale != m.Recipe.Scale {
			t.Errorf("%s: %v reads back as %v, %v", m.Name, m.Recipe, again, err)
		}
	}
}
