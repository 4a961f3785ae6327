package model

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"
	"sync"
)

// An Entry is a published architecture: what it costs, and how accurate the
// weights that are published for it are said to be.
type Entry struct {
	Name    string
	Aliases []string // what else it is called, apart from hyphens, underscores, dots and capitals
	Family  string
	Input   int // pixels, width and height, of the default variant

	Parameters   int64
	MACs         int64 // multiply-accumulates for one image of Input pixels
	WeightBytes  int64 // of the weights as float32; 0: not published
	FeatureBytes int64 // of every activation of one image as float32; 0: not published

	Sources Sources // of the four numbers above

	Variants []Variant // the first is the default
}

// Sources say where the numbers of an Entry come from, a sentence each; empty
// for a number that is 0.
type Sources struct {
	Parameters, MACs, WeightBytes, FeatureBytes string
}

// A Variant is one set of weights of an architecture.
type Variant struct {
	Weights string    // what their source calls them, as IMAGENET1K_V1
	Top1    float64   // accuracy on the ILSVRC-2012 validation set, one crop, 0 to 1; 0: not published
	Top5    float64   // 0: not published
	Source  string    // of the accuracies, a sentence
	Recipe  Recipe    // by which the source got them
	Files   []ZooFile // where these weights can be had; the first is the one to take; nil: nowhere known
}

// A ZooFile is a file of the ONNX Model Zoo.
type ZooFile struct {
	Path   string `json:"path"` // below a mirror's base, with slashes
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
	Opset  int    `json:"opset"`          // version of the default operator set
	Kind   string `json:"kind"`           // float32, int8 (integer operators), qdq (quantise and dequantise)
	Note   string `json:"note,omitempty"` // what speaks against running it; empty: nothing
}

// Catalogue returns every entry, by family and then by cost. The slice is the
// caller's, what it points to is not.
func Catalogue() []Entry { return slices.Clone(catalogue()) }

// Entries returns the entries of one family, cheapest first; nil if there is no
// such family. An empty family is every one.
func Entries(family string) []Entry {
	var found []Entry
	for _, e := range catalogue() {
		if family == "" || e.Family == family {
			found = append(found, e)
		}
	}
	return found
}

// Families returns the names of the families, sorted.
func Families() []string {
	var names []string
	for _, e := range catalogue() {
		names = append(names, e.Family)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Known returns the entry of that name or alias. Capitals, hyphens, underscores
// and dots do not count: sources differ in them.
func Known(name string) (Entry, bool) {
	want := plain(name)
	for _, e := range catalogue() {
		if plain(e.Name) == want {
			return e, true
		}
	}
	for _, e := range catalogue() {
		if slices.ContainsFunc(e.Aliases, func(a string) bool { return plain(a) == want }) {
			return e, true
		}
	}
	return Entry{}, false
}

// Default returns the default variant.
func (e Entry) Default() Variant { return e.Variants[0] }

// Variant returns the variant of those weights; "" is the default. The error of
// unknown weights lists those there are.
func (e Entry) Variant(weights string) (Variant, error) {
	if weights == "" {
		return e.Default(), nil
	}
	names := make([]string, len(e.Variants))
	for i, v := range e.Variants {
		if strings.EqualFold(v.Weights, weights) {
			return v, nil
		}
		names[i] = v.Weights
	}
	return Variant{}, fmt.Errorf("%s: no weights %q: want one of %s", e.Name, weights, strings.Join(names, ", "))
}

// Download returns the first variant with a file that nothing speaks against,
// and that file. It is often not the default variant: the ONNX Model Zoo's
// ResNets, for one, are other weights than torchvision's. If there is none, the
// error says why.
func (e Entry) Download() (Variant, ZooFile, error) {
	why := "no file of its weights is known"
	for _, v := range e.Variants {
		f, err := v.Download()
		if err == nil {
			return v, f, nil
		}
		if len(v.Files) > 0 {
			why = err.Error()
		}
	}
	return Variant{}, ZooFile{}, fmt.Errorf("%s: %s: add a file of your own, or export the architecture with seeded weights", e.Name, why)
}

// Download returns the first of the variant's files that nothing speaks
// against. If there is none, the error says why.
func (v Variant) Download() (ZooFile, error) {
	for _, f := range v.Files {
		if f.Note == "" {
			return f, nil
		}
	}
	if len(v.Files) == 0 {
		return ZooFile{}, fmt.Errorf("no file of %s is known", v.Weights)
	}
	return ZooFile{}, fmt.Errorf("%s of %s: %s", path.Base(v.Files[0].Path), v.Weights, v.Files[0].Note)
}

// Model describes the weights v of e as the catalogue knows them: the accuracy
// is published, not measured, so Images is 0. There is no file and no hash.
func (e Entry) Model(v Variant) Model {
	return Model{
		Name: e.Name, Parameters: e.Parameters, MACs: e.MACs,
		Accuracy: v.Top1, Dataset: "imagenet", Source: v.Weights + ": " + v.Source,
		Recipe: v.Recipe,
	}
}

//go:embed catalogue.json
var catalogueText []byte

var catalogue = sync.OnceValue(func() []Entry {
	var file catalogueFile
	if err := json.Unmarshal(catalogueText, &file); err != nil {
		panic("model: catalogue.json: " + err.Error())
	}
	entries, err := file.entries()
	if err != nil {
		panic("model: catalogue.json: " + err.Error())
	}
	return entries
})
