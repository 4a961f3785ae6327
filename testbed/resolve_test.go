package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/testbed/testbed/inference/arch"
	"github.com/testbed/testbed/inference/model"
	"github.com/testbed/testbed/scenarios"
)

// TestSeededByItsFile: a file of random weights is known as one, whoever names
// it, so that no report takes its answers for right or wrong.
func TestSeededByItsFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "mine.onnx")
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := arch.Write(f, "squeezenet1_1", 1); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	recipe, err := model.ParseRecipe("imagenet")
	if err != nil {
		t.Fatal(err)
	}
	m, err := fileModel(scenarios.Model{Name: "mine", File: file, Accuracy: 0.5, Recipe: recipe})
	if err != nil || m.Weights != model.Seeded {
		t.Errorf("%+v, %v; want weights seeded", m, err)
	}
}
