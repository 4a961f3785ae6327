package onnx

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"
)

// A graph is what a classifier's ONNX file says of its input and output.
// ONNX Runtime's binding can say it too, but only by opening a second session,
// which would double the time that a load takes.
type graph struct {
	input, output   string
	size, classes   int
	inputs, outputs []value // all, initializers excluded
}

// A value is an input or output of a graph. A dimension that the file leaves
// open is -1.
type value struct {
	name  string
	elem  uint64 // TensorProto.DataType
	shape []int64
}

// Field numbers of onnx.proto3, and the one element type wanted.
const (
	modelGraph       = 7
	graphInitializer = 5
	graphInput       = 11
	graphOutput      = 12
	tensorName       = 8
	valueName        = 1
	valueType        = 2
	typeTensor       = 1
	tensorElem       = 1
	tensorShape      = 2
	shapeDim         = 1
	dimValue         = 1

	elemFloat = 1
)

// Inspect says what is wrong with a model file that Load would not take,
// without opening a session: what is not ONNX, or no classifier of images.
func Inspect(model []byte) error {
	_, err := inspect(model)
	return err
}

// inspect reads the graph of model, and wants a classifier: one float32 input
// [N, 3, S, S] and one output [N, classes].
func inspect(model []byte) (graph, error) {
	g, err := parseGraph(model)
	if err != nil {
		return graph{}, fmt.Errorf("not an ONNX model: %w", err)
	}
	if len(g.inputs) != 1 || len(g.outputs) != 1 {
		return graph{}, fmt.Errorf("%d inputs and %d outputs: want one of each", len(g.inputs), len(g.outputs))
	}
	in, out := g.inputs[0], g.outputs[0]
	if s := in.shape; in.elem != elemFloat || len(s) != 4 || s[0] > 1 || s[1] != 3 || s[2] <= 0 || s[2] > maxSize || s[2] != s[3] {
		return graph{}, fmt.Errorf("input %s: want float32 [N, 3, S, S], S at most %d", in, maxSize)
	}
	if s := out.shape; out.elem != elemFloat || len(s) != 2 || s[1] <= 0 || s[1] > maxClasses {
		return graph{}, fmt.Errorf("output %s: want float32 [N, classes], at most %d", out, maxClasses)
	}
	g.input, g.output = in.name, out.name
	g.size, g.classes = int(in.shape[2]), int(out.shape[1])
	return g, nil
}

// Bounds on what a model may ask to have allocated.
const (
	maxSize    = 4096
	maxClasses = 1 << 20
)

func (v value) String() string {
	dims := make([]string, len(v.shape))
	for i, d := range v.shape {
		dims[i] = "?"
		if d >= 0 {
			dims[i] = strconv.FormatInt(d, 10)
		}
	}
	return fmt.Sprintf("%q of element type %d, [%s]", v.name, v.elem, strings.Join(dims, ", "))
}

func parseGraph(model []byte) (graph, error) {
	var g graph
	var found bool
	var initializers []string
	err := fields(model, func(num protowire.Number, body []byte, _ uint64) error {
		if num != modelGraph {
			return nil
		}
		found = true
		return fields(body, func(num protowire.Number, body []byte, _ uint64) error {
			switch num {
			case graphInput:
				return appendValue(&g.inputs, body)
			case graphOutput:
				return appendValue(&g.outputs, body)
			case graphInitializer:
				return fields(body, func(num protowire.Number, body []byte, _ uint64) error {
					if num == tensorName {
						initializers = append(initializers, string(body))
					}
					return nil
				})
			}
			return nil
		})
	})
	if err == nil && !found {
		err = errors.New("no graph in it")
	}
	// Files of old versions list their weights among the inputs.
	g.inputs = slices.DeleteFunc(g.inputs, func(v value) bool { return slices.Contains(initializers, v.name) })
	return g, err
}

func appendValue(to *[]value, b []byte) error {
	var v value
	err := fields(b, func(num protowire.Number, body []byte, _ uint64) error {
		switch num {
		case valueName:
			v.name = string(body)
		case valueType:
			return fields(body, func(num protowire.Number, body []byte, _ uint64) error {
				if num != typeTensor {
					return nil
				}
				return v.tensor(body)
			})
		}
		return nil
	})
	*to = append(*to, v)
	return err
}

func (v *value) tensor(b []byte) error {
	return fields(b, func(num protowire.Number, body []byte, x uint64) error {
		switch num {
		case tensorElem:
			v.elem = x
		case tensorShape:
			return fields(body, func(num protowire.Number, body []byte, _ uint64) error {
				if num != shapeDim {
					return nil
				}
				d := int64(-1)
				err := fields(body, func(num protowire.Number, _ []byte, x uint64) error {
					if num == dimValue {
						d = int64(x)
					}
					return nil
				})
				v.shape = append(v.shape, d)
				return err
			})
		}
		return nil
	})
}

// fields calls f for each field of a message: body for one with a length, x
// for a varint.
func fields(b []byte, f func(num protowire.Number, body []byte, x uint64) error) error {
	for len(b) > 0 {
		num, typ, n := protowire.ConsumeTag(b)
		if n < 0 {
			return protowire.ParseError(n)
		}
		b = b[n:]
		var body []byte
		var x uint64
		switch typ {
		case protowire.BytesType:
			body, n = protowire.ConsumeBytes(b)
		case protowire.VarintType:
			x, n = protowire.ConsumeVarint(b)
		default:
			n = protowire.ConsumeFieldValue(num, typ, b)
		}
		if n < 0 {
			return protowire.ParseError(n)
		}
		b = b[n:]
		if err := f(num, body, x); err != nil {
			return err
		}
	}
	return nil
}
