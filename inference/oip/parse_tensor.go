package oip

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/tidwall/gjson"
)

// parseOutput reads what is said of an output that is asked for.
func parseOutput(v gjson.Result, binary bool) (Output, error) {
	if !v.IsObject() {
		return Output{}, errors.New("want an object")
	}
	f := fields(v)
	p := f.inner("parameters")
	o := Output{Name: f.text("name"), Binary: binary}
	if b, ok := p.take("binary_data", "true or false", gjson.Result.IsBool); ok {
		o.Binary = b.Bool()
	}
	if n, ok := p.integer("classification"); ok {
		if o.Classes = int(n); n < 1 || n > 1<<30 {
			return o, fmt.Errorf("classification %d: want the number of classes", n)
		}
	}
	return o, errors.Join(f.err, p.err)
}

// tensors gives each tensor its bytes: its own data, or the next ones of rest.
func tensors(field string, from []gjson.Result, rest []byte) (all []Tensor, err error) {
	for i, v := range from {
		var t Tensor
		if t, rest, err = parseTensor(v, rest); err != nil {
			return nil, fmt.Errorf("%s[%d]: %w", field, i, err)
		}
		all = append(all, t)
	}
	if len(rest) > 0 {
		return nil, fmt.Errorf("%d bytes after the last tensor: want none", len(rest))
	}
	return all, nil
}

func parseTensor(v gjson.Result, rest []byte) (t Tensor, left []byte, err error) {
	if !v.IsObject() {
		return t, nil, errors.New("want an object")
	}
	f := fields(v)
	p := f.inner("parameters")
	t = Tensor{Name: f.text("name"), Datatype: f.text("datatype")}
	t.Shape, err = shape(f)
	size, binary := p.integer("binary_data_size")
	if err := errors.Join(f.err, p.err, err); err != nil {
		return t, nil, fmt.Errorf("tensor %q: %w", t.Name, err)
	}
	data, listed := f.fields["data"]
	switch {
	case binary == listed:
		return t, nil, fmt.Errorf("tensor %q: want either data or binary_data_size", t.Name)
	case listed:
		return t, rest, t.fromJSON(data)
	case size < 0 || size > int64(len(rest)):
		return t, nil, fmt.Errorf("tensor %q: binary_data_size %d: %d bytes are left of the body", t.Name, size, len(rest))
	}
	t.Data = rest[:size:size]
	return t, rest[size:], t.check()
}

func shape(f *reader) ([]int64, error) {
	dimensions := f.array("shape", maxRank)
	if dimensions == nil && f.err == nil {
		return nil, errors.New("shape: want one")
	}
	all := make([]int64, 0, len(dimensions))
	for _, d := range dimensions {
		n, err := strconv.ParseInt(d.Raw, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("shape: %.40s: want a whole number", d.Raw)
		}
		all = append(all, n)
	}
	return all, nil
}
