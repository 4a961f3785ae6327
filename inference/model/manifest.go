package model

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// maxManifest is the longest manifest that is read, in bytes.
const maxManifest = 16 << 20

// A listed model is an entry of a manifest.
type listed struct {
	Name       string  `json:"name"`
	File       string  `json:"file"` // with slashes
	SHA256     string  `json:"sha256"`
	Bytes      int64   `json:"bytes"`
	Input      []int   `json:"input"` // channels, height, width
	MACs       int64   `json:"macs"`
	Params     int64   `json:"params"`
	Top1       float64 `json:"top1"` // 0 to 1
	Images     int     `json:"images"`
	Preprocess struct {
		Dataset string     `json:"dataset"`
		Resize  int        `json:"resize_shorter"` // null: no resize
		Crop    int        `json:"crop"`           // null: the input's size
		Mean    [3]float32 `json:"mean"`
		Std     [3]float32 `json:"std"`
		Scale   float32    `json:"input_scale"`
		Filter  string     `json:"interpolation"` // absent: bilinear
	} `json:"preprocess"`
	Source struct {
		Repo string `json:"repo"`
	} `json:"source"`
}

// ReadManifest reads a list of models and their files, in JSON:
//
//	[{"name": "squeezenet1_1", "file": "models/imagenet/squeezenet1_1.onnx",
//	  "sha256": "…", "bytes": 4948202, "input": [3, 224, 224], "macs": 349151936, "params": 1235496,
//	  "preprocess": {"dataset": "imagenet", "resize_shorter": 256, "crop": 224,
//	    "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225], "input_scale": 255},
//	  "top1": 0.607, "images": 1000, "source": {"repo": "…"}}]
//
// Other keys are let be. A file is looked for below the manifest's folder, then
// below the folder above; it must be there and have the stated length, but is
// not hashed. Its path may not leave those folders, by ".." or by a link. The
// accuracy is as declared: Images is 0. Errors name the manifest and the entry.
func ReadManifest(path string) ([]Model, error) {
	text, err := readLimited(path, maxManifest)
	if err != nil {
		return nil, err
	}
	var all []listed
	if err := json.Unmarshal(text, &all); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%s: no models", path)
	}
	seen := make(map[string]bool, len(all))
	models := make([]Model, len(all))
	for i, e := range all {
		name := e.Name
		if name == "" {
			name = fmt.Sprintf("entry %d", i+1)
		}
		if models[i], err = e.model(path); err != nil {
			return nil, fmt.Errorf("%s: %s: %w", path, name, err)
		}
		if seen[e.Name] {
			return nil, fmt.Errorf("%s: %s is there twice", path, name)
		}
		seen[e.Name] = true
	}
	return models, nil
}

func readLimited(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(text)) > limit {
		err = fmt.Errorf("longer than %d bytes", limit)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return text, nil
}

func (e listed) model(manifest string) (Model, error) {
	if err := CheckName(e.Name); err != nil {
		return Model{}, fmt.Errorf("name: %w", err)
	}
	if raw, err := hex.DecodeString(e.SHA256); err != nil || len(raw) != 32 {
		return Model{}, fmt.Errorf("sha256 is %q: want 64 hex digits", e.SHA256)
	}
	if e.MACs < 0 || e.Params < 0 {
		return Model{}, fmt.Errorf("macs is %d, params is %d: want 0 or more", e.MACs, e.Params)
	}
	if !(e.Top1 >= 0 && e.Top1 <= 1) {
		return Model{}, fmt.Errorf("top1 is %v: want 0 to 1", e.Top1)
	}
	recipe, err := e.recipe()
	if err != nil {
		return Model{}, fmt.Errorf("preprocess: %w", err)
	}
	file, err := e.find(filepath.Dir(manifest))
	if err != nil {
		return Model{}, fmt.Errorf("file: %w", err)
	}
	source := filepath.Base(manifest)
	if e.Images > 0 {
		source = fmt.Sprintf("%s, over %d images", source, e.Images)
	}
	return Model{
		Name: e.Name, SHA256: strings.ToLower(e.SHA256), Bytes: e.Bytes,
		Parameters: e.Params, MACs: e.MACs,
		Accuracy: e.Top1, Dataset: e.Preprocess.Dataset, Source: source,
		Recipe: recipe, File: file,
	}, nil
}

func (e listed) recipe() (Recipe, error) {
	p := e.Preprocess
	r := Recipe{Resize: p.Resize, Size: p.Crop, Scale: p.Scale, Mean: p.Mean, Std: p.Std}
	switch p.Filter {
	case "", "bilinear":
	case "bicubic":
		r.Interpolation = Bicubic
	default:
		return Recipe{}, fmt.Errorf("interpolation is %q: want bilinear or bicubic", p.Filter)
	}
	if len(e.Input) != 3 || e.Input[0] != 3 || e.Input[1] != e.Input[2] {
		return Recipe{}, fmt.Errorf("input is %v: want [3, S, S]", e.Input)
	}
	if r.Size == 0 {
		r.Size = e.Input[1]
	}
	if r.Size != e.Input[1] {
		return Recipe{}, fmt.Errorf("crop is %d: want %d, the input's", r.Size, e.Input[1])
	}
	return r, r.Check()
}

// find is where the entry's file is: below dir, or below the folder above it.
func (e listed) find(dir string) (string, error) {
	name := filepath.FromSlash(e.File)
	if !filepath.IsLocal(name) {
		return "", fmt.Errorf("%q: want a path below the manifest's folder or the one above", e.File)
	}
	for _, base := range []string{dir, filepath.Join(dir, "..")} {
		info, err := statBelow(base, name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return "", err
		}
		if !info.Mode().IsRegular() || info.Size() != e.Bytes {
			return "", fmt.Errorf("%s is %v, %d bytes: want a file of %d", e.File, info.Mode(), info.Size(), e.Bytes)
		}
		return filepath.Abs(filepath.Join(base, name))
	}
	return "", fmt.Errorf("%s is neither below %s nor below the folder above: %w", e.File, dir, fs.ErrNotExist)
}

// statBelow follows no link that leaves base.
func statBelow(base, name string) (fs.FileInfo, error) {
	root, err := os.OpenRoot(base)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	return root.Stat(name)
}
