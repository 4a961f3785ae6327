package oip

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// A Signature is how a model of some server takes an image, and gives its
// logits. It is read from the server's metadata, of which servers give more or
// less.
type Signature struct {
	// Image is the BYTES input that takes an image file, of ImageShape, which
	// is [1] or [1 1]; empty: the server takes none.
	Image      string
	ImageShape []int64

	// Tensor is the FP32 input that takes a preprocessed image, of Shape (-1:
	// any length; nil: not told); empty: there is none.
	Tensor string
	Shape  []int64

	// Decodes says that the server takes an image file for Tensor, too, and
	// preprocesses it as it was configured, which nobody can ask it.
	Decodes bool

	// Output is that of the logits; empty: the only one there is.
	Output string

	// Binary says that the server knows tensors in binary form.
	Binary bool
}

// Native is the signature of every model of this package's server.
func Native() Signature {
	return Signature{
		Image: ImageInput, ImageShape: []int64{1},
		Tensor: TensorInput, Output: LogitsOutput, Binary: true,
	}
}

// Signature reads that of a model; the server is asked once.
func (c *Client) Signature(ctx context.Context, model string) (Signature, error) {
	c.mu.Lock()
	s, known := c.signatures[model]
	c.mu.Unlock()
	if known {
		return s, nil
	}
	server, err := c.ServerMetadata(ctx)
	if err != nil {
		return s, err
	}
	m, err := c.ModelMetadata(ctx, model)
	if err != nil {
		return s, err
	}
	if s, err = signatureOf(server, m); err != nil {
		return s, fmt.Errorf("model %s: %w", model, err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.signatures[model] = s
	return s, nil
}

// openVINO is how OpenVINO Model Server begins its name. It lists no
// extensions, but knows binary tensors, and takes an image file for any input
// of four dimensions.
const openVINO = "OpenVINO Model Server"

func signatureOf(server ServerMetadata, m ModelMetadata) (Signature, error) {
	ovms := strings.HasPrefix(server.Name, openVINO)
	s := Signature{Binary: ovms || server.Has("binary_tensor_data")}
	for _, in := range m.Inputs {
		switch {
		case in.Datatype == BYTES && s.Image == "" && one(in.Shape):
			s.Image, s.ImageShape = in.Name, slices.Repeat([]int64{1}, len(in.Shape))
		case in.Datatype == FP32 && s.Tensor == "" && image(in.Shape):
			s.Tensor, s.Shape = in.Name, in.Shape
			s.Decodes = ovms && len(in.Shape) == 4
		case ovms && len(in.Shape) == 4 && s.Image == "": // pixels last: only the server can make that
			s.Image, s.ImageShape = in.Name, []int64{1}
		}
	}
	switch {
	case len(m.Inputs) == 0: // some servers do not tell
		s.Tensor = TensorInput
	case s.Image == "" && s.Tensor == "":
		return s, fmt.Errorf("inputs %v: want one of BYTES [1] or of FP32 [N 3 S S]", m.Inputs)
	case len(m.Inputs) > 1 && !(s.Image == ImageInput && s.Tensor == TensorInput):
		return s, fmt.Errorf("%d inputs %v: want one", len(m.Inputs), m.Inputs)
	}
	var err error
	s.Output, err = logits(m.Outputs)
	return s, err
}

// one reports whether a shape may be that of one element.
func one(shape []int64) bool {
	return len(shape) <= 2 && !slices.ContainsFunc(shape, func(d int64) bool { return d != 1 && d != -1 })
}

// image reports whether a shape may be that of an image in planes, with or
// without a dimension for the batch.
func image(shape []int64) bool {
	if len(shape) == 4 && (shape[0] == 1 || shape[0] == -1) {
		shape = shape[1:]
	}
	return len(shape) == 3 && (shape[0] == 3 || shape[0] == -1)
}

func logits(outputs []TensorMetadata) (string, error) {
	switch i := slices.IndexFunc(outputs, func(o TensorMetadata) bool { return o.Name == LogitsOutput }); {
	case i >= 0:
		return LogitsOutput, nil
	case len(outputs) == 1:
		return outputs[0].Name, nil
	case len(outputs) == 0: // some servers do not tell
		return "", nil
	}
	return "", fmt.Errorf("%d outputs %v: want one, or one called %s", len(outputs), outputs, LogitsOutput)
}
