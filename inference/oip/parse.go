package oip

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/tidwall/gjson"
)

// ParseRequest reads the body of a request, of which header is the value of
// HeaderLength, empty if it was not there. Tensors are parts of body where
// they came in binary form. Every size is checked against what is there:
// nothing is allocated on the word of the sender, and no more than about eight
// times the JSON's length.
func ParseRequest(body []byte, header string) (Request, error) {
	root, rest, err := split(body, header)
	if err != nil {
		return Request{}, err
	}
	f := fields(root)
	r := Request{ID: f.text("id"), Parameters: f.object("parameters")}
	if b := gjson.GetBytes(r.Parameters, "binary_data_output"); b.Exists() {
		if r.BinaryOutput = b.Bool(); !b.IsBool() {
			return r, fmt.Errorf("parameters: binary_data_output %.40s: want true or false", b.Raw)
		}
	}
	outputs := f.array("outputs", maxTensors)
	inputs := f.array("inputs", maxTensors)
	if f.err != nil {
		return r, f.err
	}
	for i, o := range outputs {
		out, err := parseOutput(o, r.BinaryOutput)
		if err != nil {
			return r, fmt.Errorf("outputs[%d]: %w", i, err)
		}
		r.Outputs = append(r.Outputs, out)
	}
	r.Inputs, err = tensors("inputs", inputs, rest)
	return r, err
}

// ParseResponse reads the body of a response, as ParseRequest does that of a
// request.
func ParseResponse(body []byte, header string) (Response, error) {
	root, rest, err := split(body, header)
	if err != nil {
		return Response{}, err
	}
	f := fields(root)
	r := Response{
		Model: f.text("model_name"), Version: f.text("model_version"), ID: f.text("id"),
		Parameters: f.object("parameters"),
	}
	outputs := f.array("outputs", maxTensors)
	if f.err != nil {
		return r, f.err
	}
	r.Outputs, err = tensors("outputs", outputs, rest)
	return r, err
}

// split cuts a body into its JSON, which is checked to be an object, and the
// rest.
func split(body []byte, header string) (root gjson.Result, rest []byte, err error) {
	text := body
	if header != "" {
		n, err := strconv.ParseUint(header, 10, 63)
		if err != nil || n > uint64(len(body)) {
			return root, nil, fmt.Errorf("%s: %q: want 0 to %d, the length of the body", HeaderLength, header, len(body))
		}
		text, rest = body[:n], body[n:]
	}
	root, err = object(text)
	return root, rest, err
}

// object checks that text is an object of JSON, and no more than can be held.
func object(text []byte) (gjson.Result, error) {
	if len(text) > MaxJSON {
		return gjson.Result{}, fmt.Errorf("JSON of the body: %d bytes: want at most %d; send tensors in binary form", len(text), MaxJSON)
	}
	// The standard library says what is wrong where, and holds nesting to a
	// limit; what it has checked is read without a copy of each part.
	if !json.Valid(text) {
		err := json.Unmarshal(text, &struct{}{})
		if len(bytes.TrimSpace(text)) == 0 {
			err = errors.New("it is empty")
		}
		return gjson.Result{}, fmt.Errorf("JSON of the body: %w", err)
	}
	root := gjson.ParseBytes(text)
	if !root.IsObject() {
		return root, fmt.Errorf("JSON of the body: %.40s: want an object", root.Raw)
	}
	return root, nil
}

// A reader takes typed fields from an object. It remembers the first that is
// of another type.
type reader struct {
	fields map[string]gjson.Result // those of the protocol
	err    error
}

// fields are those of an object that this package reads; of equal names the
// last counts. Others are left alone, since the protocol may grow.
func fields(object gjson.Result) *reader {
	r := &reader{fields: make(map[string]gjson.Result, 8)}
	object.ForEach(func(key, v gjson.Result) bool {
		switch key.Str {
		case "id", "model_name", "model_version", "parameters", "inputs", "outputs",
			"name", "shape", "datatype", "data", "binary_data", "binary_data_size", "classification":
			if v.Type != gjson.Null {
				r.fields[key.Str] = v
			}
		}
		return true
	})
	return r
}

// take returns a field, and whether it is there and good; one that is there
// and is not is the error.
func (r *reader) take(name, want string, good func(gjson.Result) bool) (gjson.Result, bool) {
	v, ok := r.fields[name]
	if ok && !good(v) {
		if r.err == nil {
			r.err = fmt.Errorf("%s %.40s: want %s", name, v.Raw, want)
		}
		return v, false
	}
	return v, ok
}

// text is a string, empty if it is not there.
func (r *reader) text(name string) string {
	want := fmt.Sprintf("a string of at most %d bytes", maxText)
	v, ok := r.take(name, want, func(v gjson.Result) bool { return v.Type == gjson.String && len(v.Str) <= maxText })
	if !ok {
		return ""
	}
	return v.Str
}

// object is the text of an object, nil if it is not there.
func (r *reader) object(name string) json.RawMessage {
	if v, ok := r.take(name, "an object", gjson.Result.IsObject); ok {
		return json.RawMessage(v.Raw)
	}
	return nil
}

// array is that of at most most values, nil if it is not there.
func (r *reader) array(name string, most int) (all []gjson.Result) {
	v, ok := r.take(name, "an array", gjson.Result.IsArray)
	if !ok {
		return nil
	}
	all = []gjson.Result{}
	v.ForEach(func(_, v gjson.Result) bool {
		all = append(all, v)
		return len(all) <= most
	})
	if len(all) > most && r.err == nil {
		r.err = fmt.Errorf("%s: more than %d", name, most)
	}
	return all
}

// integer is a whole number, 0 if it is not there.
func (r *reader) integer(name string) (n int64, there bool) {
	_, there = r.take(name, "a whole number", func(v gjson.Result) bool {
		var err error
		n, err = strconv.ParseInt(v.Raw, 10, 64)
		return err == nil
	})
	return n, there
}

// inner are the fields of an object in this one, none if it is not there.
func (r *reader) inner(name string) *reader {
	if v, ok := r.take(name, "an object", gjson.Result.IsObject); ok {
		return fields(v)
	}
	return &reader{}
}
