package oip

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
)

// FloatTensor makes an FP32 tensor. values must be as many as shape says.
func FloatTensor(name string, shape []int64, values []float32) Tensor {
	data := make([]byte, 4*len(values))
	for i, v := range values {
		binary.LittleEndian.PutUint32(data[4*i:], math.Float32bits(v))
	}
	return Tensor{Name: name, Datatype: FP32, Shape: shape, Data: data}
}

// BytesTensor makes a BYTES tensor of one element and shape [1].
func BytesTensor(name string, element []byte) Tensor {
	data := make([]byte, 4, 4+len(element))
	binary.LittleEndian.PutUint32(data, uint32(len(element)))
	return Tensor{Name: name, Datatype: BYTES, Shape: []int64{1}, Data: append(data, element...)}
}

// Floats returns the elements of an FP32 tensor.
func (t Tensor) Floats() ([]float32, error) {
	if t.Datatype != FP32 || len(t.Data)%4 != 0 {
		return nil, fmt.Errorf("tensor %q: %d bytes of %s: want FP32", t.Name, len(t.Data), t.Datatype)
	}
	values := make([]float32, len(t.Data)/4)
	for i := range values {
		values[i] = math.Float32frombits(binary.LittleEndian.Uint32(t.Data[4*i:]))
	}
	return values, nil
}

// Bytes returns the element of a BYTES tensor that has one. It is a part of
// t.Data, not a copy.
func (t Tensor) Bytes() ([]byte, error) {
	if t.Datatype != BYTES || t.elements() != 1 {
		return nil, fmt.Errorf("tensor %q: %s %v: want BYTES [1]", t.Name, t.Datatype, t.Shape)
	}
	if err := t.check(); err != nil {
		return nil, err
	}
	return t.Data[4:], nil
}

// elements is the product of the shape; -1 if it is negative, or too large to
// be that of anything.
func (t Tensor) elements() int64 {
	const most = 1 << 40
	n := int64(1)
	for _, d := range t.Shape {
		if d < 0 || d > most || d > 0 && n > most/d {
			return -1
		}
		n *= d
	}
	return n
}

// check holds Data to Datatype and Shape.
func (t Tensor) check() error {
	n := t.elements()
	if n < 0 {
		return fmt.Errorf("tensor %q: shape %v: want dimensions of at least 0, and of a tensor that fits in memory", t.Name, t.Shape)
	}
	switch t.Datatype {
	case FP32:
		if int64(len(t.Data)) != 4*n {
			return fmt.Errorf("tensor %q: %d bytes: want 4 for each of the %d elements of %v", t.Name, len(t.Data), n, t.Shape)
		}
		return nil
	case BYTES:
		return t.checkBytes(n)
	}
	return fmt.Errorf("tensor %q: datatype %q: want FP32 or BYTES", t.Name, t.Datatype)
}

func (t Tensor) checkBytes(want int64) error {
	rest, n := t.Data, int64(0)
	for ; len(rest) > 0; n++ {
		if len(rest) < 4 {
			return fmt.Errorf("tensor %q: element %d: %d bytes: want a length in 4", t.Name, n, len(rest))
		}
		size := int64(binary.LittleEndian.Uint32(rest))
		if rest = rest[4:]; size > int64(len(rest)) {
			return fmt.Errorf("tensor %q: element %d: length %d: only %d bytes are left", t.Name, n, size, len(rest))
		}
		rest = rest[size:]
	}
	if n != want {
		return fmt.Errorf("tensor %q: %d elements: want %d, the product of %v", t.Name, n, want, t.Shape)
	}
	return nil
}

// fromJSON reads data: numbers, nested or flat, for FP32; for BYTES strings in
// base64, since JSON cannot hold arbitrary bytes.
func (t *Tensor) fromJSON(data json.RawMessage) error {
	var err error
	switch t.Datatype {
	case FP32:
		var values []float32
		if values, err = flat[float32](data, nil, 0); err == nil {
			t.Data = FloatTensor("", nil, values).Data
		}
	case BYTES:
		var elements []string
		if elements, err = flat[string](data, nil, 0); err == nil {
			err = t.fromBase64(elements)
		}
	}
	if err != nil {
		return fmt.Errorf("tensor %q: data: %w", t.Name, err)
	}
	return nil
}

func (t *Tensor) fromBase64(elements []string) error {
	for _, e := range elements {
		b, err := base64.StdEncoding.DecodeString(e)
		if err != nil {
			return fmt.Errorf("want base64: %w", err)
		}
		t.Data = append(t.Data, BytesTensor("", b).Data...)
	}
	return nil
}

// flat appends the numbers or strings in a nested JSON array to out.
func flat[T float32 | string](data json.RawMessage, out []T, depth int) ([]T, error) {
	var values []T
	err := json.Unmarshal(data, &values)
	if err == nil {
		return append(out, values...), nil
	}
	var nested []json.RawMessage
	if depth >= 8 || json.Unmarshal(data, &nested) != nil {
		return nil, err
	}
	for _, part := range nested {
		if out, err = flat(part, out, depth+1); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// toJSON is the inverse of fromJSON. JSON has no infinities and no NaN, so an
// FP32 tensor with one is an error.
func (t Tensor) toJSON() (json.RawMessage, error) {
	if t.Datatype == BYTES {
		elements := []string{}
		for rest := t.Data; len(rest) > 0; {
			n := 4 + binary.LittleEndian.Uint32(rest)
			elements = append(elements, base64.StdEncoding.EncodeToString(rest[4:n]))
			rest = rest[n:]
		}
		return json.Marshal(elements)
	}
	values, err := t.Floats()
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(values)
	if err != nil {
		return nil, fmt.Errorf("tensor %q: %w: ask for it in binary", t.Name, err)
	}
	return text, nil
}
