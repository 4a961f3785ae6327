package onnxfile

import (
	"errors"
	"fmt"
	"strings"
)

// Bounds on what a model may ask to have allocated.
const (
	maxSize    = 4096    // pixels, of a side of the image
	maxClasses = 1 << 20 // logits
)

// A Classifier is a model that can be run: images in, logits out.
type Classifier struct {
	Input, Output string // names in the graph
	Size          int    // pixels, width and height of the image; 0: any
	Batch         bool   // it takes any number of images at once, else one
	Classes       int    // number of logits of an image; 0: shows when it runs
	Seeded        bool   // its metadata say weights=seeded: they are random, its answers mean nothing
}

// Classifier says how to run the model as a classifier of images: one float32
// input [N, 3, S, S], N 1 or open, S stated or open, and one float32 output
// whose dimensions after N are 1 but for one, or open ([N, C], [N, C, 1, 1]).
// If it is none, the error says which part, and what was wanted.
func (i Info) Classifier() (Classifier, error) {
	if i.Opset <= 0 {
		return Classifier{}, errors.New("opset_import: no version of the default operator set")
	}
	if len(i.External) > 0 {
		return Classifier{}, fmt.Errorf("its weights are in another file, %q: want them in the model's own (onnx.save_model with save_as_external_data=False)", i.External[0])
	}
	if len(i.Inputs) != 1 {
		return Classifier{}, fmt.Errorf("%d inputs%s: want one, float32 [N, 3, S, S]", len(i.Inputs), list(i.Inputs))
	}
	if len(i.Outputs) != 1 {
		return Classifier{}, fmt.Errorf("%d outputs%s: want one, float32 [N, classes]", len(i.Outputs), list(i.Outputs))
	}
	in, out := i.Inputs[0], i.Outputs[0]
	c := Classifier{Input: in.Name, Output: out.Name, Seeded: i.Metadata["weights"] == "seeded"}
	if err := c.input(in); err != nil {
		return Classifier{}, err
	}
	if err := c.output(out); err != nil {
		return Classifier{}, err
	}
	return c, nil
}

func (c *Classifier) input(v Value) error {
	s := v.Shape
	why := ""
	switch {
	case v.Elem != Float:
		why = "the element type"
	case len(s) != 4:
		why = "the number of dimensions"
	case s[0] != -1 && s[0] != 1:
		why = "a fixed batch"
	case s[1] != 3 && s[3] == 3:
		why = "channels last"
	case s[1] != 3:
		why = "the number of channels"
	case s[2] != s[3]:
		why = "not square"
	case s[2] == 0 || s[2] > maxSize:
		why = fmt.Sprintf("S at most %d", maxSize)
	}
	if why != "" {
		return fmt.Errorf("input %s: want float32 [N, 3, S, S], N 1 or open: %s", v, why)
	}
	c.Batch = s[0] == -1
	c.Size = int(max(s[2], 0))
	return nil
}

func (c *Classifier) output(v Value) error {
	wrong := func(why string) error {
		return fmt.Errorf("output %s: want float32 [N, classes]: %s", v, why)
	}
	if v.Elem != Float {
		return wrong("the element type")
	}
	if v.Shape == nil {
		return nil
	}
	if len(v.Shape) < 2 {
		return wrong("the number of dimensions")
	}
	n, rest := v.Shape[0], v.Shape[1:]
	if n != -1 && n != 1 {
		return wrong("a fixed batch")
	}
	c.Batch = c.Batch && n == -1
	classes, open := int64(1), false
	for _, d := range rest {
		switch {
		case d == -1:
			open = true
		case d == 0 || d > maxClasses:
			return wrong(fmt.Sprintf("classes at most %d", maxClasses))
		case d > 1 && classes > 1:
			return wrong("more than one number a class")
		default:
			classes *= d
		}
	}
	if !open {
		c.Classes = int(classes)
	}
	return nil
}

// list is the values for a message, at most four of them.
func list(values []Value) string {
	var b strings.Builder
	for i, v := range values {
		if i == 4 {
			b.WriteString(", …")
			break
		}
		b.WriteString([]string{" (", ", "}[min(i, 1)] + v.String())
	}
	if b.Len() > 0 {
		b.WriteString(")")
	}
	return b.String()
}
