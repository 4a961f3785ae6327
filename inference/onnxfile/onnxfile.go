// Package onnxfile reads what an ONNX file says of itself, and writes such
// files, without ONNX Runtime.
//
// The reader never holds weights: it reads names, shapes and attributes, and
// steps over tensor data by its length, so that a file of any size costs
// milliseconds. It takes hostile files: what it keeps and how much it reads are
// bounded, whatever the file says. No library was found that does this: the
// generated bindings hold the whole message in memory.
package onnxfile

import (
	"fmt"
	"strconv"
	"strings"
)

// An Info is what an ONNX file says of itself.
type Info struct {
	IR       int64  // version of the file format
	Opset    int64  // version of the default operator set; 0: not stated
	Producer string // name and version of the program that wrote it

	// Inputs and Outputs are those of the graph, in the file's order. Weights,
	// which files of old versions list among the inputs, are not inputs.
	Inputs, Outputs []Value

	Initializers int // tensors with stored values

	// Parameters is the number of weights as publications count them: elements
	// of initializers and constants of floating-point or 8-bit type (16-bit
	// and wider integers are indices and shapes), apart from what training
	// does not learn: running means and variances of batch normalisation,
	// scales and zero points of quantisation, bounds of Clip and the like.
	Parameters int64

	// External are the files beside this one that hold its weights, each once,
	// as named in it. They are not looked at, and may point anywhere.
	External []string

	// Ops counts the nodes of each operator, those of subgraphs and of the
	// model's own functions included. An operator of another domain than the
	// default is "domain:Operator".
	Ops map[string]int

	Metadata map[string]string // the file's own keys
}

// A Value is an input or output of a graph.
type Value struct {
	Name string
	Elem Elem // 0: not a tensor

	// Shape has -1 for a dimension that is open (or has a name only). It is
	// nil if the file states none, and empty for a scalar.
	Shape []int64
}

// String is for messages: "input" FLOAT [?, 3, 224, 224].
func (v Value) String() string {
	if v.Elem == 0 {
		return fmt.Sprintf("%q, not a tensor", v.Name)
	}
	if v.Shape == nil {
		return fmt.Sprintf("%q %s of no stated shape", v.Name, v.Elem)
	}
	dims := make([]string, len(v.Shape))
	for i, d := range v.Shape {
		dims[i] = "?"
		if d >= 0 {
			dims[i] = strconv.FormatInt(d, 10)
		}
	}
	return fmt.Sprintf("%q %s [%s]", v.Name, v.Elem, strings.Join(dims, ", "))
}

// An Elem is the type of a tensor's elements: TensorProto.DataType.
type Elem int32

// The element types that the program deals with.
const (
	Float   Elem = 1
	Uint8   Elem = 2
	Int8    Elem = 3
	Int64   Elem = 7
	Float16 Elem = 10
)

// elems holds, for each TensorProto.DataType, its name and the bits of an
// element in raw data; 0: not fixed. Source: onnx.proto of release 1.19.
var elems = []struct {
	name string
	bits int64
}{
	{"UNDEFINED", 0}, {"FLOAT", 32}, {"UINT8", 8}, {"INT8", 8}, {"UINT16", 16}, {"INT16", 16},
	{"INT32", 32}, {"INT64", 64}, {"STRING", 0}, {"BOOL", 8}, {"FLOAT16", 16}, {"DOUBLE", 64},
	{"UINT32", 32}, {"UINT64", 64}, {"COMPLEX64", 64}, {"COMPLEX128", 128}, {"BFLOAT16", 16},
	{"FLOAT8E4M3FN", 8}, {"FLOAT8E4M3FNUZ", 8}, {"FLOAT8E5M2", 8}, {"FLOAT8E5M2FNUZ", 8},
	{"UINT4", 4}, {"INT4", 4}, {"FLOAT4E2M1", 4}, {"FLOAT8E8M0", 8},
}

// String is the name in onnx.proto, such as FLOAT or UINT8.
func (e Elem) String() string {
	if e < 0 || int(e) >= len(elems) {
		return fmt.Sprintf("element type %d", int32(e))
	}
	return elems[e].name
}

// bits is the size of an element in raw data, 0 if it is not fixed or unknown.
func (e Elem) bits() int64 {
	if e < 0 || int(e) >= len(elems) {
		return 0
	}
	return elems[e].bits
}

// weight says whether a network's weights may be of this type.
func (e Elem) weight() bool {
	switch e.String() {
	case "FLOAT", "UINT8", "INT8", "FLOAT16", "DOUBLE", "BFLOAT16", "UINT4", "INT4", "FLOAT4E2M1":
		return true
	}
	return strings.HasPrefix(e.String(), "FLOAT8")
}
