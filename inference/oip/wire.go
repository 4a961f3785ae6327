package oip

import (
	"encoding/json"
	"slices"
)

// AppendRequest appends the body of a request to b, all tensors in binary form
// or all in JSON, and says how many of the bytes are JSON.
func AppendRequest(b []byte, r Request, binary bool) (body []byte, header int, err error) {
	w := wireRequest{ID: r.ID, Parameters: r.Parameters}
	for _, o := range r.Outputs {
		w.Outputs = append(w.Outputs, o.wire(binary))
	}
	form := func(int) bool { return binary }
	if w.Inputs, err = wireTensors(r.Inputs, form); err != nil {
		return nil, 0, err
	}
	return appendMessage(b, w, r.Inputs, form)
}

// wire leaves parameters out where a server that knows no extension would have
// no use for them.
func (o Output) wire(binary bool) wireOutput {
	w := wireOutput{Name: o.Name}
	if binary || o.Classes > 0 {
		w.Parameters = &wireOutputSettings{Classes: o.Classes}
	}
	if binary {
		w.Parameters.Binary = &o.Binary
	}
	return w
}

// AppendResponse appends the body of a response to b, with the outputs for
// which binary answers true in binary form, and says how many of the bytes are
// JSON.
func AppendResponse(b []byte, r Response, binary func(output int) bool) (body []byte, header int, err error) {
	outputs, err := wireTensors(r.Outputs, binary)
	if err != nil {
		return nil, 0, err
	}
	return appendResponse(b, r, outputs, binary)
}

// appendResponse is AppendResponse for outputs that were made before, so that
// the parameters can say how long that took.
func appendResponse(b []byte, r Response, outputs []wireTensor, binary func(output int) bool) (body []byte, header int, err error) {
	w := wireResponse{Model: r.Model, Version: r.Version, ID: r.ID, Parameters: r.Parameters, Outputs: outputs}
	return appendMessage(b, w, r.Outputs, binary)
}

func appendMessage(b []byte, header any, tensors []Tensor, binary func(int) bool) ([]byte, int, error) {
	text, err := json.Marshal(header)
	if err != nil {
		return nil, 0, err
	}
	n := len(text)
	for i, t := range tensors {
		if binary(i) {
			n += len(t.Data)
		}
	}
	b = append(slices.Grow(b, n), text...)
	for i, t := range tensors {
		if binary(i) {
			b = append(b, t.Data...)
		}
	}
	return b, len(text), nil
}

func wireTensors(from []Tensor, binary func(int) bool) (all []wireTensor, err error) {
	for i, t := range from {
		w, err := t.wire(binary(i))
		if err != nil {
			return nil, err
		}
		all = append(all, w)
	}
	return all, nil
}

func (t Tensor) wire(binary bool) (w wireTensor, err error) {
	if err := t.check(); err != nil {
		return w, err
	}
	w = wireTensor{Name: t.Name, Shape: t.Shape, Datatype: t.Datatype}
	if w.Shape == nil {
		w.Shape = []int64{}
	}
	if binary {
		w.Parameters = &wireBinary{Size: int64(len(t.Data))}
		return w, nil
	}
	w.Data, err = t.toJSON()
	return w, err
}
