package onnxfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protowire"
)

// message makes a field that holds fields.
func message(num protowire.Number, parts ...[]byte) []byte {
	return appendBytes(nil, num, slices.Concat(parts...))
}

func text(num protowire.Number, s string) []byte   { return appendText(nil, num, s) }
func varint(num protowire.Number, x uint64) []byte { return appendNumber(nil, num, x) }

// weight is an initializer, float32 in raw data.
func weight(name string, dims ...uint64) []byte {
	b, n := text(tensorName, name), uint64(4)
	for _, d := range dims {
		b, n = append(b, varint(tensorDims, d)...), n*d
	}
	return message(graphInitializer, b, varint(tensorElem, 1), text(tensorRaw, strings.Repeat("x", int(n))))
}

func node(op string, inputs ...string) []byte {
	b := text(nodeOp, op)
	for _, in := range inputs {
		b = append(b, text(nodeInput, in)...)
	}
	return message(graphNode, b)
}

func input(name string) []byte {
	return message(graphInput, Value{Name: name, Elem: Float, Shape: []int64{-1, 3, 8, 8}}.encode())
}

func read(file []byte) (Info, error) {
	return Read(bytes.NewReader(file), int64(len(file)))
}

// TestParameters: what counts as a weight, and what does not.
func TestParameters(t *testing.T) {
	constant := func(elem Elem, n uint64, width int) []byte {
		tensor := slices.Concat(varint(tensorDims, n), varint(tensorElem, uint64(elem)), text(tensorRaw, strings.Repeat("x", int(n)*width)))
		return message(graphNode, text(nodeOp, "Constant"), text(nodeOutput, "c"),
			message(nodeAttribute, text(attributeName, "value"), message(attributeTensor, tensor)))
	}
	int64s := message(graphInitializer, text(tensorName, "s"), varint(tensorDims, 2), varint(tensorElem, uint64(Int64)), text(tensorInt64s, "\x01\x02"))
	packed := message(graphInitializer, text(tensorName, "p"), text(tensorDims, "\x02\x03\x04"), varint(tensorElem, 1), text(tensorFloats, strings.Repeat("x", 96)))
	for _, tt := range []struct {
		name  string
		parts [][]byte
		want  int64
	}{
		{"a matrix and a bias", [][]byte{weight("w", 3, 5), weight("b", 5), node("Gemm", "x", "w", "b")}, 20},
		{"a scalar", [][]byte{weight("w")}, 1},
		{"an empty tensor", [][]byte{weight("w", 0, 7)}, 0},
		{"normalisation: scale and bias, not what was observed", [][]byte{
			weight("g", 8), weight("b", 8), weight("m", 8), weight("v", 8), node("BatchNormalization", "x", "g", "b", "m", "v")}, 16},
		{"the node after its weights, or before", [][]byte{
			node("BatchNormalization", "x", "g", "b", "m", "v"), weight("g", 8), weight("b", 8), weight("m", 8), weight("v", 8)}, 16},
		{"bounds", [][]byte{weight("lo"), weight("hi"), node("Clip", "x", "lo", "hi")}, 0},
		{"an optional input left out", [][]byte{weight(""), weight("hi"), node("Clip", "x", "", "hi")}, 1},
		{"quantised weights, not their scale", [][]byte{weight("q", 9), weight("s"), weight("z"), node("DequantizeLinear", "q", "s", "z")}, 9},
		{"a shape", [][]byte{int64s, node("Reshape", "x", "s")}, 0},
		{"packed dimensions, typed data", [][]byte{packed}, 24},
		{"a constant", [][]byte{constant(Float, 6, 4)}, 6},
		{"a constant of indices", [][]byte{constant(Int64, 6, 8)}, 0},
		{"16 bits", [][]byte{message(graphInitializer, varint(tensorDims, 3), varint(tensorElem, uint64(Float16)), text(tensorRaw, "123456"))}, 3},
		{"4 bits, padded", [][]byte{message(graphInitializer, varint(tensorDims, 3), varint(tensorElem, 22), text(tensorRaw, "12"))}, 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			info, err := read(message(modelGraph, tt.parts...))
			if err != nil || info.Parameters != tt.want {
				t.Errorf("%d parameters, %v; want %d", info.Parameters, err, tt.want)
			}
		})
	}
}

// TestOldFiles: files of IR 3 list weights among the inputs.
func TestOldFiles(t *testing.T) {
	info, err := read(slices.Concat(varint(modelIR, 3),
		message(modelGraph, input("x"), input("w"), weight("w", 4, 16)),
		message(modelOpset, varint(opsetVersion, 8)),
		message(modelOpset, text(opsetDomain, "com.microsoft"), varint(opsetVersion, 1))))
	want := []Value{{Name: "x", Elem: Float, Shape: []int64{-1, 3, 8, 8}}}
	if diff := cmp.Diff(want, info.Inputs); err != nil || diff != "" || info.Opset != 8 || info.IR != 3 {
		t.Errorf("opset %d, %v, %s", info.Opset, err, diff)
	}
}

// TestSubgraphs: nodes in branches and functions count; their inputs are not
// the model's.
func TestSubgraphs(t *testing.T) {
	branch := message(nodeAttribute, message(attributeGraph, node("Relu"), node("Relu"), input("inner"), weight("w", 4)))
	info, err := read(slices.Concat(
		message(modelGraph, input("x"), message(graphNode, text(nodeOp, "If"), branch),
			message(graphNode, text(nodeOp, "QGemm"), text(nodeDomain, "com.microsoft"))),
		message(modelFunction, message(functionNode, text(nodeOp, "Gelu")))))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]int{"If": 1, "Relu": 2, "Gelu": 1, "com.microsoft:QGemm": 1}
	if diff := cmp.Diff(want, info.Ops); diff != "" {
		t.Error(diff)
	}
	if len(info.Inputs) != 1 || info.Inputs[0].Name != "x" || info.Parameters != 4 {
		t.Errorf("inputs %v, %d parameters; want x alone and 4", info.Inputs, info.Parameters)
	}
}

// TestManyBranches: graphs beside each other are not graphs in graphs.
func TestManyBranches(t *testing.T) {
	branch := message(graphNode, text(nodeOp, "If"), message(nodeAttribute, message(attributeGraph, node("Relu"))))
	info, err := read(message(modelGraph, bytes.Repeat(branch, 3*maxDepth)))
	if err != nil || info.Ops["Relu"] != 3*maxDepth {
		t.Errorf("%v, %v", info.Ops, err)
	}
}

// TestShapes: a dimension may be stated, named, negative (open) or empty
// (open); a scalar has none, and a value may have no shape at all.
func TestShapes(t *testing.T) {
	value := func(shape ...[]byte) []byte {
		return message(graphOutput, text(valueName, "y"), message(valueType, message(typeTensor, varint(typeElem, 1), slices.Concat(shape...))))
	}
	dims := message(typeShape, message(shapeDim, varint(dimValue, 5)), message(shapeDim, text(dimParam, "N")),
		message(shapeDim, varint(dimValue, 1<<64-5)), message(shapeDim))
	sequence := message(graphOutput, text(valueName, "s"), message(valueType, message(4)))
	info, err := read(message(modelGraph, value(dims), value(message(typeShape)), value(), sequence))
	want := []Value{
		{Name: "y", Elem: Float, Shape: []int64{5, -1, -1, -1}}, {Name: "y", Elem: Float, Shape: []int64{}},
		{Name: "y", Elem: Float}, {Name: "s"},
	}
	if diff := cmp.Diff(want, info.Outputs); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
}

func TestExternal(t *testing.T) {
	tensor := func(parts ...[]byte) []byte {
		return message(graphInitializer, text(tensorName, "w"), varint(tensorDims, 1<<40), varint(tensorElem, 1), slices.Concat(parts...))
	}
	at := func(file string) []byte {
		return message(tensorExternal, text(entryKey, "location"), text(entryValue, file))
	}
	info, err := read(message(modelGraph,
		tensor(at("../a.bin"), message(tensorExternal, text(entryKey, "offset"), text(entryValue, "4096")), varint(tensorLocation, 1)),
		tensor(at("b.bin"), varint(tensorLocation, 1)), tensor(at("../a.bin"), varint(tensorLocation, 1))))
	if diff := cmp.Diff([]string{"../a.bin", "b.bin"}, info.External); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	if _, err := read(message(modelGraph, tensor(varint(tensorLocation, 1)))); err == nil || !strings.Contains(err.Error(), "no location") {
		t.Errorf("no location: %v", err)
	}
}

// TestLies: a file that contradicts itself is an error that names the field.
func TestLies(t *testing.T) {
	tensor := func(parts ...[]byte) []byte {
		return message(modelGraph, message(graphInitializer, text(tensorName, "w"), slices.Concat(parts...)))
	}
	group := protowire.AppendTag(nil, 99, protowire.StartGroupType)
	deep := node("Relu")
	for range maxDepth {
		deep = message(graphNode, message(nodeAttribute, message(attributeGraph, deep)))
	}
	for _, tt := range []struct {
		name string
		file []byte
		want string
	}{
		{"a graph longer than the file", append(protowire.AppendTag(nil, modelGraph, protowire.BytesType), 0xff, 0xff, 0xff, 0xff, 0x7f), "graph: 34359738367 bytes from byte 6 on, of which there are 0"},
		{"a length of 2^64-1", append(protowire.AppendTag(nil, modelGraph, protowire.BytesType), 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01), "graph: 18446744073709551615 bytes"},
		{"a name longer than its node", message(modelGraph, message(graphNode, []byte{nodeOp<<3 | 2, 50, 'C'}), weight("w", 30)), "graph: node: op_type: 50 bytes from byte 7 on, of which there are 1"},
		{"a number for a graph", varint(modelGraph, 5), "graph: byte 1: wire type 0, want 2"},
		{"text for a version", text(modelIR, "7"), "ir_version: byte 1: wire type 2, want 0"},
		{"a group", append(message(modelGraph), group...), "wire type 3"},
		{"a number without end", message(modelGraph, []byte{graphName << 3, 0xff, 0xff}), "graph: name: "},
		{"raw data too short", tensor(varint(tensorDims, 3), varint(tensorElem, 1), text(tensorRaw, "12345678901")), `graph: initializer: "w": raw_data: 11 bytes for 3 elements of FLOAT`},
		{"raw data too long", tensor(varint(tensorElem, 1), text(tensorRaw, "12345")), "5 bytes for 1 elements"},
		{"no data", tensor(varint(tensorDims, 3), varint(tensorElem, 1)), "no data for 3 elements"},
		{"a negative size", tensor(varint(tensorDims, 1<<64-1), varint(tensorElem, 1)), `dims: a size of -1`},
		{"more elements than can be counted", tensor(varint(tensorDims, 1<<32), varint(tensorDims, 1<<32)), "dims: a size of 4294967296"},
		{"one more than can be counted", tensor(varint(tensorDims, 1<<62), varint(tensorDims, 2), text(tensorFloats, "")), "dims: a size of 2,"},
		{"more bytes than can be counted", tensor(varint(tensorDims, 1<<61), varint(tensorElem, 15), text(tensorRaw, "")), "raw_data: 0 bytes for 2305843009213693952 elements"},
		{"more parameters than can be counted", message(modelGraph, huge("v"), huge("w")), "more elements than can be counted"},
		{"a name without end", message(modelGraph, node(strings.Repeat("x", maxName+1))), "op_type: a name of 65537 bytes: want at most 65536"},
		{"graphs in graphs", message(modelGraph, deep), "more than 16 deep"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := read(tt.file)
			if !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v; want %q", err, tt.want)
			}
		})
	}
}

// huge is an initializer that says to have more elements than half of what can
// be counted, in another field than raw data.
func huge(name string) []byte {
	return message(graphInitializer, text(tensorName, name), varint(tensorDims, math.MaxInt64/2+1), varint(tensorElem, 1), text(tensorFloats, ""))
}

// An endless file repeats a piece for as long as it is read, and counts.
type endless struct {
	head, piece []byte
	read        int64
}

func (e *endless) ReadAt(p []byte, at int64) (int, error) {
	e.read += int64(len(p))
	n := 0
	if at < int64(len(e.head)) {
		n = copy(p, e.head[at:])
	}
	for n < len(p) {
		n += copy(p[n:], e.piece[(at+int64(n-len(e.head)))%int64(len(e.piece)):])
	}
	return len(p), nil
}

// TestEndless: files of a terabyte, all of it to be parsed or kept, are given
// up after little of them was read, and take little memory.
func TestEndless(t *testing.T) {
	const size = 1 << 40
	graph := protowire.AppendVarint(protowire.AppendTag(nil, modelGraph, protowire.BytesType), size/2)
	for _, tt := range []struct {
		name        string
		head, piece []byte
		want        string
	}{
		{"fields that nobody knows", nil, varint(1000, 1), "fields"},
		{"empty nodes", graph, message(graphNode), "fields"},
		{"nodes of new operators", graph, node(strings.Repeat("x", 1000)), "bytes of names"},
		{"weights", graph, weight(strings.Repeat("x", 1000)), "bytes of names"},
		{"nameless weights", graph, weight(""), "bytes of names"},
		{"inputs", graph, input("x"), "fields"},
		{"metadata", nil, message(modelMetadata), "bytes of names"},
		{"inputs of one node", append(slices.Clone(graph), protowire.AppendVarint(protowire.AppendTag(nil, graphNode, protowire.BytesType), size/4)...), text(nodeInput, ""), "fields"},
		{"one tensor's dimensions", append(slices.Clone(graph), protowire.AppendVarint(protowire.AppendTag(nil, graphInitializer, protowire.BytesType), size/4)...), varint(tensorDims, 1), "fields"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			file := &endless{head: tt.head, piece: tt.piece}
			_, err := Read(file, size)
			runtime.ReadMemStats(&after)
			if err == nil || !strings.Contains(err.Error(), "more than") || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v; want more than … %s", err, tt.want)
			}
			if grew := int64(after.Sys) - int64(before.Sys); grew > 512<<20 {
				t.Errorf("took %d MB from the system", grew>>20)
			}
			if limit := int64(maxFields) * 64; file.read > limit { // no field of these but names is longer
				t.Errorf("read %d MB; want at most %d", file.read>>20, limit>>20)
			}
		})
	}
}

// A sparse file is zeros but for some pieces.
type sparse struct {
	pieces map[int64][]byte
	read   int64
}

func (s *sparse) ReadAt(p []byte, at int64) (int, error) {
	s.read += int64(len(p))
	clear(p)
	for start, piece := range s.pieces {
		from, to := max(at, start), min(at+int64(len(p)), start+int64(len(piece)))
		if from < to {
			copy(p[from-at:to-at], piece[from-start:to-start])
		}
	}
	return len(p), nil
}

// TestSkipsWeights: of a file of 240 MB in 500 tensors, only the windows around
// the tensors' heads are read.
func TestSkipsWeights(t *testing.T) {
	m := Model{IR: 7, Opset: 13, Name: "large"}
	for i := range 500 {
		m.Tensors = append(m.Tensors, Tensor{Name: fmt.Sprint("w", i), Shape: []int64{120, 1000}})
	}
	head, tensors, tail := m.encode()
	file := &sparse{pieces: map[int64][]byte{0: head}}
	at := int64(len(head))
	for _, h := range tensors {
		file.pieces[at] = h
		at += int64(len(h)) + 480000
	}
	file.pieces[at] = tail
	info, err := Read(file, at+int64(len(tail)))
	if err != nil || info.Parameters != 60_000_000 || info.Initializers != 500 {
		t.Fatalf("%d parameters in %d tensors, %v", info.Parameters, info.Initializers, err)
	}
	if limit := int64(502 * 4096); file.read > limit {
		t.Errorf("read %d bytes of %d; want at most %d", file.read, m.Size(), limit)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte("<html>"))
	f.Add(slices.Concat(varint(modelIR, 8), text(modelProducer, "p"), message(modelOpset, varint(opsetVersion, 13)),
		message(modelMetadata, text(entryKey, "k"), text(entryValue, "v")),
		message(modelGraph, input("x"), weight("w", 4, 3), node("Conv", "x", "w"), message(graphOutput, Value{Name: "y", Elem: Float, Shape: []int64{-1, 4}}.encode()))))
	f.Add(message(modelGraph, message(graphNode, text(nodeOp, "If"), message(nodeAttribute, message(attributeGraph, node("Relu"), weight("w", 2))))))
	f.Add(message(modelGraph, message(graphInitializer, text(tensorDims, "\x02\x03"), varint(tensorElem, 1), varint(tensorLocation, 1),
		message(tensorExternal, text(entryKey, "location"), text(entryValue, "../w")))))
	f.Fuzz(func(t *testing.T, file []byte) {
		info, err := read(file)
		if err != nil {
			if !errors.Is(err, ErrFormat) {
				t.Errorf("%v; want ErrFormat", err)
			}
			return
		}
		if info.Parameters < 0 || info.Initializers < 0 {
			t.Errorf("%+v", info)
		}
		for _, v := range slices.Concat(info.Inputs, info.Outputs) {
			if len(v.Name) > len(file) || slices.ContainsFunc(v.Shape, func(d int64) bool { return d < -1 }) {
				t.Errorf("%v", v)
			}
		}
		if c, err := info.Classifier(); err == nil && (c.Size < 0 || c.Size > maxSize || c.Classes < 0 || c.Classes > maxClasses) {
			t.Errorf("%+v", c)
		}
		// The same through a reader that gives no more than it has.
		again, err := Read(io.NewSectionReader(bytes.NewReader(file), 0, int64(len(file))), int64(len(file)))
		if diff := cmp.Diff(info, again); err != nil || diff != "" {
			t.Errorf("%v %s", err, diff)
		}
	})
}
