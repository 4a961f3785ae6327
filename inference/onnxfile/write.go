package onnxfile

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"iter"
	"maps"
	"math"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
)

// A Model is an ONNX model to be written, with float32 weights.
type Model struct {
	IR, Opset         int64  // versions; which go together is in ONNX's Versioning.md
	Producer, Version string // of the program that writes it
	Metadata          map[string]string

	Name            string // of the graph
	Nodes           []Node // in an order in which they can be run
	Tensors         []Tensor
	Inputs, Outputs []Value // open dimensions get the name N
}

// A Node is one operator of the default domain.
type Node struct {
	Op, Name        string
	Inputs, Outputs []string
	Attributes      []Attribute
}

// An Attribute is a constant of a Node.
type Attribute struct {
	name  string
	value []byte // encoded fields, the type among them
}

// A Tensor is a stored float32 value.
type Tensor struct {
	Name  string
	Shape []int64 // empty: a scalar

	// Values gives the elements, row by row, each time anew. They are drawn
	// while the file is written and never held.
	Values iter.Seq[float32]
}

// elements is how many numbers the shape asks for.
func (t Tensor) elements() int64 {
	n := int64(1)
	for _, d := range t.Shape {
		n *= d
	}
	return n
}

// Int makes an attribute that is one integer.
func Int(name string, x int64) Attribute {
	return Attribute{name, appendNumber(appendNumber(nil, attributeInt, uint64(x)), attributeType, 2)}
}

// Ints makes an attribute that is a list of integers.
func Ints(name string, xs ...int64) Attribute {
	var b []byte
	for _, x := range xs { // one by one: proto2 writers do so, and every reader takes it
		b = appendNumber(b, attributeInts, uint64(x))
	}
	return Attribute{name, appendNumber(b, attributeType, 7)}
}

// Real makes an attribute that is one float32.
func Real(name string, x float32) Attribute {
	b := protowire.AppendTag(nil, attributeFloat, protowire.Fixed32Type)
	b = protowire.AppendFixed32(b, math.Float32bits(x))
	return Attribute{name, appendNumber(b, attributeType, 1)}
}

// Size is how many bytes Write writes.
func (m Model) Size() int64 {
	head, tensors, tail := m.encode()
	n := int64(len(head) + len(tail))
	for i, h := range tensors {
		n += int64(len(h)) + 4*m.Tensors[i].elements()
	}
	return n
}

// Write writes the model to w. The same model gives the same bytes. It holds
// names and shapes, never the weights. A tensor whose Values are fewer or more
// than its shape asks for is an error.
func (m Model) Write(w io.Writer) error {
	head, tensors, tail := m.encode()
	b := bufio.NewWriterSize(w, 64<<10)
	if _, err := b.Write(head); err != nil {
		return err
	}
	for i, h := range tensors {
		if _, err := b.Write(h); err != nil {
			return err
		}
		if err := m.Tensors[i].write(b); err != nil {
			return err
		}
	}
	if _, err := b.Write(tail); err != nil {
		return err
	}
	return b.Flush()
}

func (t Tensor) write(b *bufio.Writer) error {
	left := t.elements()
	for x := range t.Values {
		if left--; left < 0 {
			break
		}
		if b.Available() < 4 {
			if err := b.Flush(); err != nil {
				return err
			}
		}
		x4 := binary.LittleEndian.AppendUint32(b.AvailableBuffer(), math.Float32bits(x))
		if _, err := b.Write(x4); err != nil {
			return err
		}
	}
	if left != 0 {
		return fmt.Errorf("tensor %s: other than %d values for shape %v", t.Name, t.elements(), t.Shape)
	}
	return nil
}

// encode returns the file in pieces: what comes before the tensors, each
// tensor up to its data, and what comes after them.
func (m Model) encode() (head []byte, tensors [][]byte, tail []byte) {
	var graph []byte
	for _, n := range m.Nodes {
		graph = appendBytes(graph, graphNode, n.encode())
	}
	graph = appendText(graph, graphName, m.Name)
	size := int64(len(graph))
	for _, t := range m.Tensors {
		h := t.encode()
		tensors = append(tensors, h)
		size += int64(len(h)) + 4*t.elements()
	}
	for _, v := range m.Inputs {
		tail = appendBytes(tail, graphInput, v.encode())
	}
	for _, v := range m.Outputs {
		tail = appendBytes(tail, graphOutput, v.encode())
	}
	size += int64(len(tail))

	head = appendNumber(nil, modelIR, uint64(m.IR))
	head = appendText(head, modelProducer, m.Producer)
	head = appendText(head, modelProducerVersion, m.Version)
	head = protowire.AppendTag(head, modelGraph, protowire.BytesType)
	head = append(protowire.AppendVarint(head, uint64(size)), graph...)

	tail = appendBytes(tail, modelOpset, appendNumber(nil, opsetVersion, uint64(m.Opset)))
	for _, key := range slices.Sorted(maps.Keys(m.Metadata)) {
		tail = appendBytes(tail, modelMetadata, appendText(appendText(nil, entryKey, key), entryValue, m.Metadata[key]))
	}
	return head, tensors, tail
}

func (n Node) encode() []byte {
	var b []byte
	for _, name := range n.Inputs {
		b = appendText(b, nodeInput, name)
	}
	for _, name := range n.Outputs {
		b = appendText(b, nodeOutput, name)
	}
	b = appendText(b, nodeName, n.Name)
	b = appendText(b, nodeOp, n.Op)
	for _, a := range n.Attributes {
		b = appendBytes(b, nodeAttribute, append(appendText(nil, attributeName, a.name), a.value...))
	}
	return b
}

// encode is the tensor as a field of the graph, up to its data, which is last.
func (t Tensor) encode() []byte {
	var b []byte
	for _, d := range t.Shape {
		b = appendNumber(b, tensorDims, uint64(d))
	}
	b = appendNumber(b, tensorElem, uint64(Float))
	b = appendText(b, tensorName, t.Name)
	b = protowire.AppendTag(b, tensorRaw, protowire.BytesType)
	b = protowire.AppendVarint(b, uint64(4*t.elements()))

	field := protowire.AppendTag(nil, graphInitializer, protowire.BytesType)
	field = protowire.AppendVarint(field, uint64(int64(len(b))+4*t.elements()))
	return append(field, b...)
}

func (v Value) encode() []byte {
	var shape []byte
	for _, d := range v.Shape {
		dim := appendNumber(nil, dimValue, uint64(d))
		if d < 0 {
			dim = appendText(nil, dimParam, "N")
		}
		shape = appendBytes(shape, shapeDim, dim)
	}
	tensor := appendNumber(nil, typeElem, uint64(v.Elem))
	if v.Shape != nil {
		tensor = appendBytes(tensor, typeShape, shape)
	}
	return appendBytes(appendText(nil, valueName, v.Name), valueType, appendBytes(nil, typeTensor, tensor))
}

func appendNumber(b []byte, num protowire.Number, x uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(b, num, protowire.VarintType), x)
}

func appendText(b []byte, num protowire.Number, s string) []byte {
	return protowire.AppendString(protowire.AppendTag(b, num, protowire.BytesType), s)
}

func appendBytes(b []byte, num protowire.Number, body []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, num, protowire.BytesType), body)
}
