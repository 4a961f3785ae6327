package oip

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
)

// AppendRequest appends the body of a request to b, all tensors in binary
// form, and says how many of the bytes are JSON.
func AppendRequest(b []byte, r Request) (body []byte, header int, err error) {
	w := wireRequest{ID: r.ID, Parameters: r.Parameters}
	for _, o := range r.Outputs {
		out := wireOutput{Name: o.Name}
		out.Parameters.Binary = &o.Binary
		w.Outputs = append(w.Outputs, out)
	}
	for _, t := range r.Inputs {
		in, err := t.wire(true)
		if err != nil {
			return nil, 0, err
		}
		w.Inputs = append(w.Inputs, in)
	}
	return appendMessage(b, w, r.Inputs, func(int) bool { return true })
}

// AppendResponse appends the body of a response to b, with the outputs for
// which binary answers true in binary form, and says how many of the bytes are
// JSON.
func AppendResponse(b []byte, r Response, binary func(output int) bool) (body []byte, header int, err error) {
	w := wireResponse{Model: r.Model, ID: r.ID, Parameters: r.Parameters}
	for i, t := range r.Outputs {
		out, err := t.wire(binary(i))
		if err != nil {
			return nil, 0, err
		}
		w.Outputs = append(w.Outputs, out)
	}
	return appendMessage(b, w, r.Outputs, binary)
}

func appendMessage(b []byte, header any, tensors []Tensor, binary func(int) bool) ([]byte, int, error) {
	text, err := json.Marshal(header)
	if err != nil {
		return nil, 0, err
	}
	b = append(b, text...)
	for i, t := range tensors {
		if binary(i) {
			b = append(b, t.Data...)
		}
	}
	return b, len(text), nil
}

func (t Tensor) wire(binary bool) (wireTensor, error) {
	if err := t.check(); err != nil {
		return wireTensor{}, err
	}
	w := wireTensor{Name: t.Name, Shape: t.Shape, Datatype: t.Datatype}
	if binary {
		n := int64(len(t.Data))
		w.Parameters = &wireBinary{Size: &n}
		return w, nil
	}
	var err error
	w.Data, err = t.toJSON()
	return w, err
}

// ParseRequest reads the body of a request, of which header is the value of
// HeaderLength, empty if it was not there. Tensors are parts of body where
// they came in binary form. Every size is checked against what is there:
// nothing is allocated on the word of the sender.
func ParseRequest(body []byte, header string) (Request, error) {
	text, rest, err := split(body, header)
	if err != nil {
		return Request{}, err
	}
	var w wireRequest
	if err := unmarshal(text, &w); err != nil {
		return Request{}, err
	}
	var p wireParameters
	if w.Parameters != nil {
		if err := json.Unmarshal(w.Parameters, &p); err != nil {
			return Request{}, fmt.Errorf("parameters: %w", err)
		}
	}
	r := Request{ID: w.ID, Parameters: w.Parameters, BinaryOutput: p.BinaryOutput}
	for _, o := range w.Outputs {
		out := Output{Name: o.Name, Binary: p.BinaryOutput}
		if o.Parameters.Binary != nil {
			out.Binary = *o.Parameters.Binary
		}
		r.Outputs = append(r.Outputs, out)
	}
	r.Inputs, err = tensors(w.Inputs, rest)
	return r, err
}

// ParseResponse reads the body of a response, as ParseRequest does that of a
// request.
func ParseResponse(body []byte, header string) (Response, error) {
	text, rest, err := split(body, header)
	if err != nil {
		return Response{}, err
	}
	var w wireResponse
	if err := unmarshal(text, &w); err != nil {
		return Response{}, err
	}
	r := Response{Model: w.Model, ID: w.ID, Parameters: w.Parameters}
	r.Outputs, err = tensors(w.Outputs, rest)
	return r, err
}

func split(body []byte, header string) (text, rest []byte, err error) {
	if header == "" {
		return body, nil, nil
	}
	n, err := strconv.ParseUint(header, 10, 63)
	if err != nil || n > uint64(len(body)) {
		return nil, nil, fmt.Errorf("%s: %q: want 0 to %d, the length of the body", HeaderLength, header, len(body))
	}
	return body[:n], body[n:], nil
}

func unmarshal(text []byte, into any) error {
	if err := json.Unmarshal(text, into); err != nil {
		if len(bytes.TrimSpace(text)) == 0 {
			err = errors.New("it is empty")
		}
		return fmt.Errorf("JSON of the body: %w", err)
	}
	return nil
}

// tensors gives each tensor its bytes: its own data, or the next ones of rest.
func tensors(from []wireTensor, rest []byte) ([]Tensor, error) {
	var out []Tensor
	for _, w := range from {
		t := Tensor{Name: w.Name, Datatype: w.Datatype, Shape: w.Shape}
		binary := w.Parameters != nil && w.Parameters.Size != nil
		switch {
		case binary == (w.Data != nil):
			return nil, fmt.Errorf("tensor %q: want either data or binary_data_size", w.Name)
		case binary:
			n := *w.Parameters.Size
			if n < 0 || n > int64(len(rest)) {
				return nil, fmt.Errorf("tensor %q: binary_data_size %d: %d bytes are left of the body", w.Name, n, len(rest))
			}
			t.Data, rest = rest[:n:n], rest[n:]
		default:
			if err := t.fromJSON(w.Data); err != nil {
				return nil, err
			}
		}
		if err := t.check(); err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	if len(rest) > 0 {
		return nil, fmt.Errorf("%d bytes after the last tensor: want none", len(rest))
	}
	return out, nil
}
