package onnx_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/testbed/testbed/inference/onnx"
	"github.com/testbed/testbed/inference/onnxfile"
)

// means writes a model whose three logits are the means of red, green and blue.
// Its input and output have these shapes, the output's nil if it is not stated;
// it is as flat as the operator makes it, if flatten.
func means(t *testing.T, in, out []int64, flatten bool) []byte {
	t.Helper()
	m := onnxfile.Model{
		IR: 7, Opset: 13, Name: "means",
		Inputs:  []onnxfile.Value{{Name: "image", Elem: onnxfile.Float, Shape: in}},
		Outputs: []onnxfile.Value{{Name: "means", Elem: onnxfile.Float, Shape: out}},
		Nodes:   []onnxfile.Node{{Op: "GlobalAveragePool", Name: "pool", Inputs: []string{"image"}, Outputs: []string{"means"}}},
	}
	if flatten {
		m.Nodes[0].Outputs = []string{"pooled"}
		m.Nodes = append(m.Nodes, onnxfile.Node{Op: "Flatten", Name: "flat", Inputs: []string{"pooled"}, Outputs: []string{"means"}})
	}
	var file bytes.Buffer
	if err := m.Write(&file); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

// colour is n images of size by size: image i has red i, green 10+i, blue 20+i.
func colour(n, size int) (in, logits []float32) {
	for i := range n {
		for ch := range 3 {
			x := float32(10*ch + i)
			in = append(in, slices.Repeat([]float32{x}, size*size)...)
			logits = append(logits, x)
		}
	}
	return in, logits
}

func TestShapes(t *testing.T) {
	e := open(t)
	for _, tt := range []struct {
		name          string
		in, out       []int64
		flatten       bool
		size, classes int // before a run
	}{
		{"as it should be", []int64{-1, 3, 4, 4}, []int64{-1, 3}, true, 4, 3},
		{"one image at a time", []int64{1, 3, 4, 4}, []int64{1, 3}, true, 4, 3},
		{"pooled output", []int64{-1, 3, 4, 4}, []int64{-1, 3, 1, 1}, false, 4, 3},
		{"any size", []int64{-1, 3, -1, -1}, []int64{-1, 3}, true, 0, 3},
		{"one image of any size", []int64{1, 3, -1, -1}, []int64{1, 3, 1, 1}, false, 0, 3},
		{"output not stated", []int64{-1, 3, 4, 4}, nil, false, 4, 0},
		{"classes not stated", []int64{-1, 3, -1, -1}, []int64{-1, -1}, true, 0, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, err := e.Load(means(t, tt.in, tt.out, tt.flatten), onnx.Options{Threads: 1})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			if s.Size() != tt.size || s.Classes() != tt.classes {
				t.Errorf("size %d, %d classes; want %d, %d", s.Size(), s.Classes(), tt.size, tt.classes)
			}
			one, want := colour(1, 4)
			if got, err := s.Run(one); err != nil || cmp.Diff(want, got) != "" {
				t.Errorf("Run of one = %v, %v; want %v", got, err, want)
			}
			for _, n := range []int{3, 1, 2} {
				in, want := colour(n, 4)
				got, err := s.RunBatch(in, n)
				if err != nil || cmp.Diff(want, got) != "" {
					t.Errorf("RunBatch of %d = %v, %v; want %v", n, got, err, want)
				}
			}
			if s.Classes() != 3 {
				t.Errorf("%d classes after a run; want 3", s.Classes())
			}
			// 7 by 7 pixels.
			in, want := colour(2, 7)
			got, err := s.RunBatch(in, 2)
			if fits := tt.size == 0; fits && cmp.Diff(want, got) != "" || fits != (err == nil) {
				t.Errorf("RunBatch of 7 x 7 = %v, %v", got, err)
			}
		})
	}
}

func TestRunBatchRefuses(t *testing.T) {
	s, err := open(t).Load(means(t, []int64{-1, 3, -1, -1}, nil, true), onnx.Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, tt := range []struct{ numbers, n int }{
		{0, 1}, {48, 0}, {48, -1}, {48, 5}, {49, 1}, {47, 1}, {3 * 5000 * 5000, 1},
	} {
		if _, err := s.RunBatch(make([]float32, tt.numbers), tt.n); err == nil {
			t.Errorf("RunBatch of %d numbers as %d images: no error", tt.numbers, tt.n)
		}
	}
}

// TestOutputNotWhatItSays: a graph whose output turns out to be no logits.
func TestOutputNotWhatItSays(t *testing.T) {
	m := onnxfile.Model{
		IR: 7, Opset: 13, Name: "copy",
		Inputs:  []onnxfile.Value{{Name: "image", Elem: onnxfile.Float, Shape: []int64{-1, 3, 4, 4}}},
		Outputs: []onnxfile.Value{{Name: "same", Elem: onnxfile.Float}},
		Nodes:   []onnxfile.Node{{Op: "Relu", Name: "relu", Inputs: []string{"image"}, Outputs: []string{"same"}}},
	}
	var file bytes.Buffer
	if err := m.Write(&file); err != nil {
		t.Fatal(err)
	}
	s, err := open(t).Load(file.Bytes(), onnx.Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	in, _ := colour(1, 4)
	if _, err := s.Run(in); err == nil || !strings.Contains(err.Error(), `output "same": shape [1 3 4 4]: want [1, classes]`) {
		t.Errorf("error %v; want one that names the output and its shape", err)
	}
}
