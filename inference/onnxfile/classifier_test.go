package onnxfile_test

import (
	"strings"
	"testing"

	"github.com/testbed/testbed/inference/onnxfile"
)

func value(name string, shape ...int64) onnxfile.Value {
	return onnxfile.Value{Name: name, Elem: onnxfile.Float, Shape: shape}
}

func TestClassifier(t *testing.T) {
	in, out := value("x", -1, 3, 32, 32), value("y", -1, 40)
	uint8s := onnxfile.Value{Name: "x", Elem: onnxfile.Uint8, Shape: in.Shape}
	half := onnxfile.Value{Name: "y", Elem: onnxfile.Float16, Shape: out.Shape}
	for _, tt := range []struct {
		name    string
		in, out []onnxfile.Value
		want    onnxfile.Classifier
	}{
		{"any batch", []onnxfile.Value{in}, []onnxfile.Value{out}, onnxfile.Classifier{Size: 32, Batch: true, Classes: 40}},
		{"a batch of one", []onnxfile.Value{value("x", 1, 3, 32, 32)}, []onnxfile.Value{value("y", 1, 40)}, onnxfile.Classifier{Size: 32, Classes: 40}},
		{"one answer only", []onnxfile.Value{in}, []onnxfile.Value{value("y", 1, 40)}, onnxfile.Classifier{Size: 32, Classes: 40}},
		{"any size", []onnxfile.Value{value("x", -1, 3, -1, -1)}, []onnxfile.Value{out}, onnxfile.Classifier{Batch: true, Classes: 40}},
		{"planes of one", []onnxfile.Value{in}, []onnxfile.Value{value("y", -1, 40, 1, 1)}, onnxfile.Classifier{Size: 32, Batch: true, Classes: 40}},
		{"classes open", []onnxfile.Value{in}, []onnxfile.Value{value("y", -1, -1)}, onnxfile.Classifier{Size: 32, Batch: true}},
		{"no shape of the output", []onnxfile.Value{in}, []onnxfile.Value{{Name: "y", Elem: onnxfile.Float}}, onnxfile.Classifier{Size: 32, Batch: true}},
		{"the largest", []onnxfile.Value{value("x", -1, 3, 4096, 4096)}, []onnxfile.Value{value("y", -1, 1<<20)}, onnxfile.Classifier{Size: 4096, Batch: true, Classes: 1 << 20}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.want.Input, tt.want.Output = "x", "y"
			got, err := onnxfile.Info{Opset: 13, Inputs: tt.in, Outputs: tt.out}.Classifier()
			if err != nil || got != tt.want {
				t.Errorf("Classifier = %+v, %v; want %+v", got, err, tt.want)
			}
		})
	}

	for _, tt := range []struct {
		name    string
		in, out []onnxfile.Value
		want    string
	}{
		{"two inputs", []onnxfile.Value{in, value("z", 1)}, []onnxfile.Value{out}, `2 inputs ("x" FLOAT [?, 3, 32, 32], "z" FLOAT [1]): want one`},
		{"no input", nil, []onnxfile.Value{out}, "0 inputs: want one"},
		{"no output", []onnxfile.Value{in}, nil, "0 outputs: want one"},
		{"six outputs", []onnxfile.Value{in}, []onnxfile.Value{out, out, out, out, out, out}, `"y" FLOAT [?, 40], …): want one`},
		{"bytes as input", []onnxfile.Value{uint8s}, []onnxfile.Value{out}, `input "x" UINT8 [?, 3, 32, 32]: want float32 [N, 3, S, S], N 1 or open: the element type`},
		{"channels last", []onnxfile.Value{value("x", -1, 32, 32, 3)}, []onnxfile.Value{out}, "channels last"},
		{"grey images", []onnxfile.Value{value("x", -1, 1, 32, 32)}, []onnxfile.Value{out}, "the number of channels"},
		{"not square", []onnxfile.Value{value("x", -1, 3, 32, 64)}, []onnxfile.Value{out}, "not square"},
		{"half open", []onnxfile.Value{value("x", -1, 3, 32, -1)}, []onnxfile.Value{out}, "not square"},
		{"an absurd size", []onnxfile.Value{value("x", -1, 3, 4097, 4097)}, []onnxfile.Value{out}, "S at most 4096"},
		{"no size", []onnxfile.Value{value("x", -1, 3, 0, 0)}, []onnxfile.Value{out}, "S at most 4096"},
		{"a batch of two", []onnxfile.Value{value("x", 2, 3, 32, 32)}, []onnxfile.Value{out}, "a fixed batch"},
		{"no batch", []onnxfile.Value{value("x", 3, 32, 32)}, []onnxfile.Value{out}, "the number of dimensions"},
		{"a sequence", []onnxfile.Value{{Name: "x"}}, []onnxfile.Value{out}, `input "x", not a tensor`},
		{"half precision out", []onnxfile.Value{in}, []onnxfile.Value{half}, `output "y" FLOAT16 [?, 40]: want float32 [N, classes]: the element type`},
		{"a segmentation", []onnxfile.Value{in}, []onnxfile.Value{value("y", -1, 40, 32, 32)}, "more than one number a class"},
		{"absurdly many classes", []onnxfile.Value{in}, []onnxfile.Value{value("y", -1, 1<<20+1)}, "classes at most 1048576"},
		{"answers for two", []onnxfile.Value{in}, []onnxfile.Value{value("y", 2, 40)}, "a fixed batch"},
		{"one row", []onnxfile.Value{in}, []onnxfile.Value{value("y", 40)}, "the number of dimensions"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := onnxfile.Info{Opset: 13, Inputs: tt.in, Outputs: tt.out}.Classifier()
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v; want one with %q", err, tt.want)
			}
		})
	}

	good := onnxfile.Info{Opset: 13, Inputs: []onnxfile.Value{in}, Outputs: []onnxfile.Value{out}}
	good.External = []string{"../weights.bin"}
	if _, err := good.Classifier(); err == nil || !strings.Contains(err.Error(), `"../weights.bin"`) {
		t.Errorf("weights elsewhere: %v", err)
	}
	good.External, good.Opset = nil, 0
	if _, err := good.Classifier(); err == nil || !strings.Contains(err.Error(), "opset_import") {
		t.Errorf("no operator set: %v", err)
	}
}
