package onnx

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
)

// message, number and text make the fields of a protobuf message.
func message(num protowire.Number, parts ...[]byte) []byte {
	var body []byte
	for _, p := range parts {
		body = append(body, p...)
	}
	return protowire.AppendBytes(protowire.AppendTag(nil, num, protowire.BytesType), body)
}

func number(num protowire.Number, x uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(nil, num, protowire.VarintType), x)
}

func text(num protowire.Number, s string) []byte { return message(num, []byte(s)) }

// tensorValue makes a ValueInfoProto; a dimension of -1 is one with a name.
func tensorValue(num protowire.Number, name string, elem uint64, dims ...int64) []byte {
	var shape [][]byte
	for _, d := range dims {
		if d < 0 {
			shape = append(shape, message(shapeDim, text(2, "N")))
		} else {
			shape = append(shape, message(shapeDim, number(dimValue, uint64(d))))
		}
	}
	return message(num, text(valueName, name),
		message(valueType, message(typeTensor, number(tensorElem, elem), message(tensorShape, shape...))))
}

func TestInspect(t *testing.T) {
	in := tensorValue(graphInput, "x", elemFloat, -1, 3, 32, 32)
	out := tensorValue(graphOutput, "y", elemFloat, -1, 40)
	for _, tt := range []struct {
		name  string
		parts [][]byte
		want  string // in the error; empty: it is a classifier
	}{
		{"a classifier", [][]byte{in, out}, ""},
		{"a batch of one", [][]byte{tensorValue(graphInput, "x", elemFloat, 1, 3, 32, 32), out}, ""},
		{"weights among the inputs", [][]byte{in, tensorValue(graphInput, "w", elemFloat, 40, 64), message(graphInitializer, text(tensorName, "w")), out}, ""},
		{"two inputs", [][]byte{in, tensorValue(graphInput, "z", elemFloat, 1), out}, "2 inputs and 1 outputs"},
		{"no output", [][]byte{in}, "1 inputs and 0 outputs"},
		{"bytes as input", [][]byte{tensorValue(graphInput, "x", 2, -1, 3, 32, 32), out}, `input "x" of element type 2, [?, 3, 32, 32]`},
		{"channels last", [][]byte{tensorValue(graphInput, "x", elemFloat, -1, 32, 32, 3), out}, "want float32 [N, 3, S, S]"},
		{"grey images", [][]byte{tensorValue(graphInput, "x", elemFloat, -1, 1, 32, 32), out}, "want float32 [N, 3, S, S]"},
		{"not square", [][]byte{tensorValue(graphInput, "x", elemFloat, -1, 3, 32, 64), out}, "want float32 [N, 3, S, S]"},
		{"any size", [][]byte{tensorValue(graphInput, "x", elemFloat, -1, 3, -1, -1), out}, "want float32 [N, 3, S, S]"},
		{"an absurd size", [][]byte{tensorValue(graphInput, "x", elemFloat, -1, 3, 1<<40, 1<<40), out}, "want float32 [N, 3, S, S]"},
		{"a batch of two", [][]byte{tensorValue(graphInput, "x", elemFloat, 2, 3, 32, 32), out}, "want float32 [N, 3, S, S]"},
		{"a segmentation", [][]byte{in, tensorValue(graphOutput, "y", elemFloat, -1, 40, 32, 32)}, "want float32 [N, classes]"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g, err := inspect(message(modelGraph, tt.parts...))
			switch {
			case tt.want == "" && err != nil:
				t.Error(err)
			case tt.want == "" && (g.input != "x" || g.output != "y" || g.size != 32 || g.classes != 40):
				t.Errorf("inspect = %+v; want x of 32 pixels, y of 40 classes", g)
			case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
				t.Errorf("error %v; want one with %q", err, tt.want)
			}
		})
	}
}

func FuzzInspect(f *testing.F) {
	f.Add(message(modelGraph, tensorValue(graphInput, "x", elemFloat, -1, 3, 32, 32), tensorValue(graphOutput, "y", elemFloat, -1, 40)))
	f.Add([]byte("<html>"))
	f.Fuzz(func(t *testing.T, model []byte) {
		if g, err := inspect(model); err == nil && (g.size <= 0 || g.size > maxSize || g.classes <= 0 || g.classes > maxClasses) {
			t.Errorf("inspect accepts %+v", g)
		}
	})
}
