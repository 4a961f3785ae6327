package oip

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
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
	return BytesTensors(name, []int64{1}, element)
}

// BytesTensors makes a BYTES tensor. elements must be as many as shape says.
func BytesTensors(name string, shape []int64, elements ...[]byte) Tensor {
	n := 4 * len(elements)
	for _, e := range elements {
		n += len(e)
	}
	data := make([]byte, 0, n)
	for _, e := range elements {
		data = appendElement(data, e)
	}
	return Tensor{Name: name, Datatype: BYTES, Shape: shape, Data: data}
}

func appendElement[T string | []byte](data []byte, element T) []byte {
	data = binary.LittleEndian.AppendUint32(data, uint32(len(element)))
	return append(data, element...)
}

// Floats returns the elements of a tensor of FP32; or of FP64, rounded.
func (t Tensor) Floats() ([]float32, error) { return t.appendFloats(nil) }

func (t Tensor) appendFloats(values []float32) ([]float32, error) {
	wide, _ := width(t.Datatype)
	if t.Datatype != FP32 && t.Datatype != FP64 || int64(len(t.Data))%wide != 0 {
		return nil, fmt.Errorf("tensor %q: %d bytes of %s: want FP32", t.Name, len(t.Data), t.Datatype)
	}
	n := len(t.Data) / int(wide)
	values = slices.Grow(values, n)[:len(values)+n]
	out := values[len(values)-n:]
	if t.Datatype == FP64 {
		for i := range out {
			out[i] = float32(math.Float64frombits(binary.LittleEndian.Uint64(t.Data[8*i:])))
		}
		return values, nil
	}
	for i := range out {
		out[i] = math.Float32frombits(binary.LittleEndian.Uint32(t.Data[4*i:]))
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

// size checks the shape and the datatype, and returns how many elements there
// are, and how many bytes they have if that is known before they are.
func (t Tensor) size() (elements, wide int64, err error) {
	elements = t.elements()
	if elements < 0 {
		return 0, 0, fmt.Errorf("tensor %q: shape %v: want dimensions of at least 0, and of a tensor that fits in memory", t.Name, t.Shape)
	}
	wide, known := width(t.Datatype)
	if !known {
		return 0, 0, fmt.Errorf("tensor %q: datatype %q: want one of the protocol, such as FP32 or BYTES", t.Name, t.Datatype)
	}
	return elements, wide, nil
}

// check holds Data to Datatype and Shape.
func (t Tensor) check() error {
	n, wide, err := t.size()
	switch {
	case err != nil:
		return err
	case wide == variable:
		return t.checkBytes(n)
	case int64(len(t.Data)) != wide*n:
		return fmt.Errorf("tensor %q: %d bytes: want %d for each of the %d elements of %v", t.Name, len(t.Data), wide, n, t.Shape)
	case t.Datatype == BOOL:
		if i := slices.IndexFunc(t.Data, func(b byte) bool { return b > 1 }); i >= 0 {
			return fmt.Errorf("tensor %q: element %d is %#x: want 0 or 1", t.Name, i, t.Data[i])
		}
	}
	return nil
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
