package onnxfile_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/testbed/testbed/inference/onnxfile"
)

// data is the folder of real models, or the test is skipped.
func data(t *testing.T) string {
	dir := filepath.Join("..", "..", "..", "shared", "data")
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		t.Skip("no test data")
	}
	return dir
}

// TestReadRealModels reads models of several exporters and kinds (quantised
// weights, constant subgraphs, weights folded or not) and holds what it says to
// their manifest.
func TestReadRealModels(t *testing.T) {
	dir := data(t)
	text, err := os.ReadFile(filepath.Join(dir, "models", "models.json"))
	if err != nil {
		t.Fatal(err)
	}
	var models []struct {
		Name, File string
		Input      []int
		Classes    int
		Params     int64
	}
	if err := json.Unmarshal(text, &models); err != nil {
		t.Fatal(err)
	}
	if len(models) != 16 {
		t.Errorf("%d models; want 16", len(models))
	}

	// The manifest counts parameters as trained. Where normalisation has been
	// folded into the convolutions, two numbers a plane have become one: of
	// ResNet-32, 11 convolutions of 16 planes, 10 of 32 and 10 of 64: 1136; of
	// ResNet-56, 19, 18 and 18: 2032. Of MobileNetV3 it counts 16 of the 26
	// bounds of Clip among them.
	fewer := map[string]int64{"cifar_resnet32": 1136, "cifar_resnet56": 2032, "mobilenet_v3_small_1.0_224": 16}
	for _, m := range models {
		t.Run(m.Name, func(t *testing.T) {
			info, err := onnxfile.ReadFile(filepath.Join(dir, m.File))
			if err != nil {
				t.Fatal(err)
			}
			if want := m.Params - fewer[m.Name]; info.Parameters != want {
				t.Errorf("%d parameters; want %d", info.Parameters, want)
			}
			if info.IR != 7 || info.Opset != 13 || info.External != nil {
				t.Errorf("IR %d, opset %d, external %v; want 7, 13, none", info.IR, info.Opset, info.External)
			}
			got, err := info.Classifier()
			want := onnxfile.Classifier{Input: "input", Output: "logits", Size: m.Input[1], Batch: true, Classes: m.Classes}
			if err != nil || got != want {
				t.Errorf("Classifier = %+v, %v; want %+v", got, err, want)
			}
		})
	}
}

// TestReadOps counts by hand: the trunk of ResNet-20 has 1+18 convolutions, each
// with its normalisation and ReLU, nine additions, and two shortcuts that Slice
// and Pad.
func TestReadOps(t *testing.T) {
	info, err := onnxfile.ReadFile(filepath.Join(data(t), "models", "cifar-10", "cifar_resnet20.onnx"))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]int{
		"Conv": 19, "BatchNormalization": 19, "Relu": 19, "Add": 9, "Slice": 2, "Pad": 2,
		"GlobalAveragePool": 1, "Flatten": 1, "Gemm": 1,
	}
	if diff := cmp.Diff(want, info.Ops); diff != "" {
		t.Error(diff)
	}
}

func TestReadBuiltin(t *testing.T) {
	files, err := filepath.Glob("../model/zoo/*.onnx")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d built-in models, %v", len(files), err)
	}
	for _, f := range files {
		info, err := onnxfile.ReadFile(f)
		if err != nil {
			t.Error(err)
			continue
		}
		if c, err := info.Classifier(); err != nil || c.Size != 32 || c.Classes != 40 || !c.Batch {
			t.Errorf("%s: %+v, %v; want 32 pixels, 40 classes, any batch", f, c, err)
		}
	}
}

// small is a model with something of everything that Write writes.
func small() onnxfile.Model {
	ones := func(yield func(float32) bool) {
		for range 12 {
			if !yield(1) {
				return
			}
		}
	}
	return onnxfile.Model{
		IR: 7, Opset: 13, Producer: "testbed", Version: "1.2", Name: "small",
		Metadata: map[string]string{"weights": "seeded", "a": ""},
		Nodes: []onnxfile.Node{
			{Op: "Conv", Name: "c", Inputs: []string{"input", "w"}, Outputs: []string{"y"},
				Attributes: []onnxfile.Attribute{onnxfile.Ints("strides", 1, 1), onnxfile.Int("group", 1), onnxfile.Real("alpha", 0.5)}},
			{Op: "GlobalAveragePool", Inputs: []string{"y"}, Outputs: []string{"z"}},
			{Op: "Flatten", Inputs: []string{"z"}, Outputs: []string{"logits"}},
		},
		Tensors: []onnxfile.Tensor{{Name: "w", Shape: []int64{4, 3, 1, 1}, Values: ones}},
		Inputs:  []onnxfile.Value{{Name: "input", Elem: onnxfile.Float, Shape: []int64{-1, 3, 8, 8}}},
		Outputs: []onnxfile.Value{{Name: "logits", Elem: onnxfile.Float, Shape: []int64{-1, 4}}},
	}
}

func encode(t testing.TB, m onnxfile.Model) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := m.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestWriteAndRead(t *testing.T) {
	file := encode(t, small())
	if n := small().Size(); n != int64(len(file)) {
		t.Errorf("Size = %d; wrote %d", n, len(file))
	}
	got, err := onnxfile.Read(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	want := onnxfile.Info{
		IR: 7, Opset: 13, Producer: "testbed 1.2", Initializers: 1, Parameters: 12,
		Inputs:   []onnxfile.Value{{Name: "input", Elem: onnxfile.Float, Shape: []int64{-1, 3, 8, 8}}},
		Outputs:  []onnxfile.Value{{Name: "logits", Elem: onnxfile.Float, Shape: []int64{-1, 4}}},
		Ops:      map[string]int{"Conv": 1, "GlobalAveragePool": 1, "Flatten": 1},
		Metadata: map[string]string{"weights": "seeded", "a": ""},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if ones := bytes.Repeat([]byte{0, 0, 0x80, 0x3f}, 12); !bytes.Contains(file, ones) { // 1.0, the lowest byte first
		t.Error("the weights are not in the file")
	}
	if !bytes.Equal(file, encode(t, small())) {
		t.Error("the same model gives other bytes")
	}
}

func TestWriteRefuses(t *testing.T) {
	for _, shape := range [][]int64{{11}, {13}} { // for 12 values
		m := small()
		m.Tensors[0].Shape = shape
		if err := m.Write(&bytes.Buffer{}); err == nil || !strings.Contains(err.Error(), "tensor w: other than 1") {
			t.Errorf("12 values for %v: %v", shape, err)
		}
	}
}

// TestCutShort: whatever is missing at the end, it is an error or, where only
// metadata are gone, all the rest is there.
func TestCutShort(t *testing.T) {
	file := encode(t, small())
	whole := 0
	for n := range file {
		info, err := onnxfile.Read(bytes.NewReader(file), int64(n))
		if err != nil {
			if !errors.Is(err, onnxfile.ErrFormat) {
				t.Errorf("%d of %d bytes: %v; want ErrFormat", n, len(file), err)
			}
			continue
		}
		whole++
		if info.Parameters != 12 || len(info.Inputs) != 1 || len(info.Outputs) != 1 {
			t.Errorf("%d of %d bytes: %+v", n, len(file), info)
		}
	}
	if whole > 3 { // after the graph, after the operator set, after the first of two metadata
		t.Errorf("%d ways to cut the file short are taken", whole)
	}
	// The file ends sooner than was said.
	if _, err := onnxfile.Read(bytes.NewReader(file[:20]), int64(len(file))); !errors.Is(err, onnxfile.ErrFormat) {
		t.Errorf("a file shorter than its size: %v", err)
	}
}

type broken struct{}

var errDisk = errors.New("the disk is gone")

func (broken) ReadAt([]byte, int64) (int, error) { return 0, errDisk }

func TestReadFileErrors(t *testing.T) {
	if _, err := onnxfile.Read(broken{}, 100); !errors.Is(err, errDisk) || errors.Is(err, onnxfile.ErrFormat) {
		t.Errorf("a broken disk: %v", err)
	}
	dir := t.TempDir()
	if _, err := onnxfile.ReadFile(filepath.Join(dir, "x.onnx")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	if _, err := onnxfile.ReadFile(dir); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("a directory: %v", err)
	}
	for _, tt := range []struct{ head, want string }{
		{"", "empty"},
		{"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", "a Git LFS pointer"},
		{"<!DOCTYPE html><html>404", "a web page"},
		{"PK\x03\x04........", "a ZIP archive"},
		{"\x1f\x8b\x08\x00........", "gzip"},
		{"\x1c\x00\x00\x00TFL3....", "TensorFlow Lite"},
		{"\x1c\x00\x00\x00ORTM....", "ONNX Runtime's own format"},
		{strings.Repeat("\x00", 100), "byte 0: not a protobuf field"},
		{"\x08\x07", "graph: missing"},
	} {
		path := filepath.Join(dir, "m.onnx")
		if err := os.WriteFile(path, []byte(tt.head), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := onnxfile.ReadFile(path)
		if !errors.Is(err, onnxfile.ErrFormat) || !strings.Contains(err.Error(), tt.want) || !strings.HasPrefix(err.Error(), path+": ") {
			t.Errorf("%.20q: %v; want %s: … %s", tt.head, err, path, tt.want)
		}
	}
}
