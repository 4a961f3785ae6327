package oip

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
)

// query checks that req is what model m can answer: one input, either an image
// file or a tensor of its size. Floats are read into scratch.
func query(m Metadata, req Request, scratch []float32) (Query, error) {
	q := Query{Model: m.Name, Batch: 1}
	var err error
	if q.Arm, err = arm(req.Parameters); err != nil {
		return q, err
	}
	if len(req.Inputs) != 1 {
		return q, fmt.Errorf("%d inputs: want one, %s or %s", len(req.Inputs), ImageInput, TensorInput)
	}
	in := req.Inputs[0]
	switch in.Name {
	case ImageInput:
		q.Image, err = file(in)
	case TensorInput:
		if q.Batch, err = batch(m, in); err == nil {
			q.Input, err = in.appendFloats(scratch[:0])
		}
	default:
		err = fmt.Errorf("no input %q: want %s or %s", in.Name, ImageInput, TensorInput)
	}
	return q, err
}

// arm is this project's own parameter of a request.
func arm(parameters json.RawMessage) (string, error) {
	if parameters == nil {
		return "", nil
	}
	var p struct {
		Arm string `json:"arm"`
	}
	if err := json.Unmarshal(parameters, &p); err != nil {
		return "", fmt.Errorf("parameters: %w", err)
	}
	if len(p.Arm) > maxText {
		return "", fmt.Errorf("parameters: arm of %d bytes: want at most %d", len(p.Arm), maxText)
	}
	return p.Arm, nil
}

// file is the image file in a tensor, which JSON holds in base64.
func file(in Tensor) ([]byte, error) {
	data, err := in.Bytes()
	if err != nil {
		return nil, err
	}
	if len(data) == 0 {
		return nil, fmt.Errorf("tensor %q: the image is empty", in.Name)
	}
	if !in.Text {
		return data, nil
	}
	n, err := base64.StdEncoding.Decode(data, data) // what is written was read before
	if err != nil {
		return nil, fmt.Errorf("tensor %q: an image file in JSON: want base64: %w", in.Name, err)
	}
	return data[:n], nil
}

func batch(m Metadata, in Tensor) (int, error) {
	s, size := in.Shape, int64(m.Size)
	if size == 0 && len(s) == 4 {
		size = max(s[2], 1) // the model takes any, if it is square
	}
	if in.Datatype != FP32 || len(s) != 4 || s[0] < 1 || s[1] != 3 || s[2] != size || s[3] != size {
		want := "[N 3 S S]"
		if m.Size > 0 {
			want = fmt.Sprintf("[N 3 %d %d]", m.Size, m.Size)
		}
		return 0, fmt.Errorf("tensor %q: %s %v: want FP32 %s", in.Name, in.Datatype, s, want)
	}
	return int(s[0]), nil
}

// raw makes a query of a body without JSON: an image file, or the tensor of
// one image. Which it is, the first bytes say, and the length.
func raw(m Metadata, body []byte, scratch []float32) (Query, error) {
	q := Query{Model: m.Name, Batch: 1}
	if isFile(body) {
		q.Image = body
		return q, nil
	}
	size := int64(m.Size)
	t := Tensor{Name: TensorInput, Datatype: FP32, Shape: []int64{1, 3, size, size}, Data: body}
	if n := t.elements(); len(body) == 0 || n*4 != int64(len(body)) {
		return q, fmt.Errorf("%d bytes: want a PNG or JPEG file, or a tensor of FP32 %v", len(body), t.Shape)
	}
	var err error
	q.Input, err = t.appendFloats(scratch[:0])
	return q, err
}

// isFile reports whether data begins as PNG and JPEG files do. A tensor does
// not: as FP32 the first bytes of either are far from any pixel.
func isFile(data []byte) bool {
	return bytes.HasPrefix(data, []byte("\x89PNG\r\n\x1a\n")) || bytes.HasPrefix(data, []byte("\xff\xd8\xff"))
}

// wanted are the outputs that a request asks for: all, unless it says which.
func (r Request) wanted() ([]Output, error) {
	if len(r.Outputs) == 0 {
		return []Output{{Name: LogitsOutput, Binary: r.BinaryOutput}, {Name: LabelOutput, Binary: r.BinaryOutput}}, nil
	}
	for i, o := range r.Outputs {
		switch {
		case o.Name != LogitsOutput && o.Name != LabelOutput:
			return nil, fmt.Errorf("no output %q: want %s or %s", o.Name, LogitsOutput, LabelOutput)
		case o.Name == LabelOutput && o.Classes > 0:
			return nil, fmt.Errorf("output %s: no classification: it is one", o.Name)
		case slices.ContainsFunc(r.Outputs[:i], func(p Output) bool { return p.Name == o.Name }):
			return nil, fmt.Errorf("output %s is asked for twice", o.Name)
		}
	}
	return r.Outputs, nil
}
