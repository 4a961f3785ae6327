package model

import (
	"embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// zoo is the ResNets trained on the signs, made by tools/train/train.sh, and
// models.json, which says what they are.
//
//go:embed zoo/*.onnx zoo/models.json
var zoo embed.FS

// A manifest is zoo/models.json.
type manifest struct {
	Dataset string          `json:"dataset"`
	Models  []manifestEntry `json:"models"`
}

type manifestEntry struct {
	Name       string  `json:"name"`
	SHA256     string  `json:"sha256"`
	Bytes      int64   `json:"bytes"`
	Parameters int64   `json:"parameters"`
	MACs       int64   `json:"macs"`
	InputSize  int     `json:"input_size"`
	Mean       float32 `json:"mean"` // of every channel
	Std        float32 `json:"std"`
	TestRight  int     `json:"test_right"` // of TestImages, the first of the Test split
	TestImages int     `json:"test_images"`
}

func (e manifestEntry) model(dataset string) Model {
	return Model{
		Name: e.Name, SHA256: e.SHA256, Bytes: e.Bytes,
		Parameters: e.Parameters, MACs: e.MACs,
		Accuracy: float64(e.TestRight) / float64(e.TestImages), Images: e.TestImages, Dataset: dataset,
		Recipe: Recipe{
			Size: e.InputSize,
			Mean: [3]float32{e.Mean, e.Mean, e.Mean},
			Std:  [3]float32{e.Std, e.Std, e.Std},
		},
	}
}

var builtin = sync.OnceValue(func() []Model {
	text, err := zoo.ReadFile("zoo/models.json")
	if err != nil {
		panic("model: " + err.Error())
	}
	var m manifest
	if err := json.Unmarshal(text, &m); err != nil {
		panic("model: zoo/models.json: " + err.Error())
	}
	models := make([]Model, len(m.Models))
	for i, e := range m.Models {
		models[i] = e.model(m.Dataset)
	}
	slices.SortStableFunc(models, func(a, b Model) int { return int(a.MACs - b.MACs) })
	return models
})

// Builtin returns the models inside the program, cheapest first. The slice is
// the caller's.
func Builtin() []Model { return slices.Clone(builtin()) }

// Lookup returns the built-in model of that name. The error of an unknown name
// lists the names there are.
func Lookup(name string) (Model, error) {
	models := builtin()
	names := make([]string, len(models))
	for i, m := range models {
		if m.Name == name {
			return m, nil
		}
		names[i] = m.Name
	}
	return Model{}, fmt.Errorf("no built-in model %q: want one of %s", name, strings.Join(names, ", "))
}
