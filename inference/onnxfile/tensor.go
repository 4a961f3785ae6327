package onnxfile

import (
	"errors"
	"fmt"
	"math"
	"math/bits"

	"google.golang.org/protobuf/encoding/protowire"
)

// A tensor is what a TensorProto says, without its data.
type tensor struct {
	name     string
	elem     Elem
	elements int64
	raw      int64 // bytes of raw data; -1: none
	data     bool  // there is data in another field
	external bool
}

// weights is the number of elements if they may be a network's weights, else 0.
func (t tensor) weights() int64 {
	if !t.elem.weight() {
		return 0
	}
	return t.elements
}

func (d *decoder) initializer(fd field) error {
	t, err := d.tensor(fd)
	if err != nil {
		return err
	}
	d.info.Initializers++
	return d.store(t.name, t.weights())
}

func (d *decoder) store(name string, weights int64) error {
	d.stored[name] = weights
	return d.keep(64)
}

// tensor reads a TensorProto and checks that its data has the length that its
// shape asks for. Errors name the tensor.
func (d *decoder) tensor(fd field) (tensor, error) {
	t := tensor{elements: 1, raw: -1}
	var dims int
	var files []string
	err := d.each(tensorSchema, fd.end, func(fd field) (err error) {
		switch fd.num {
		case tensorDims:
			dims++
			err = d.dims(&t, fd)
		case tensorElem:
			t.elem = Elem(fd.x)
		case tensorName:
			t.name, err = d.text(fd)
		case tensorRaw:
			t.raw = fd.end - d.at
		case tensorFloats, tensorInt32s, tensorStrings, tensorInt64s, tensorDoubles, tensorUint64s:
			t.data = true
		case tensorExternal:
			var key, value string
			if key, value, err = d.entry(fd); key == "location" {
				files = append(files, value)
			}
		case tensorLocation:
			t.external = fd.x == 1
		}
		return err
	})
	if err == nil {
		err = t.check()
	}
	if err != nil {
		return t, fmt.Errorf("%q: %w", t.name, err)
	}
	if t.external {
		return t, d.external(files)
	}
	return t, nil
}

func (d *decoder) external(files []string) error {
	if len(files) == 0 {
		return errors.New("external_data: no location")
	}
	for _, f := range files {
		if !d.files[f] {
			d.files[f] = true
			d.info.External = append(d.info.External, f)
		}
	}
	return d.keep(64 * int64(len(files)))
}

// dims multiplies the dimensions in fd, one or several packed, into t.
func (d *decoder) dims(t *tensor, fd field) error {
	if fd.typ == protowire.VarintType {
		return t.dim(fd.x)
	}
	for d.at < fd.end {
		if d.fields++; d.fields > maxFields {
			return fmt.Errorf("more than %d fields", maxFields)
		}
		x, err := d.varint(fd.end)
		if err != nil {
			return err
		}
		if err := t.dim(x); err != nil {
			return err
		}
	}
	return nil
}

func (t *tensor) dim(x uint64) error {
	hi, lo := bits.Mul64(uint64(t.elements), x)
	if x > math.MaxInt64 || hi != 0 || lo > math.MaxInt64 {
		return fmt.Errorf("a size of %d, and more elements than can be counted", int64(x))
	}
	t.elements = int64(lo)
	return nil
}

// check compares the length of raw data with the shape. Data in typed fields
// is not of fixed length; it only has to be there.
func (t tensor) check() error {
	if t.external || t.elements == 0 {
		return nil
	}
	if t.raw < 0 && !t.data {
		return fmt.Errorf("no data for %d elements", t.elements)
	}
	width := t.elem.bits()
	if t.raw < 0 || width == 0 {
		return nil
	}
	// Elements of less than a byte are packed, the last byte padded.
	hi, lo := bits.Mul64(uint64(t.elements), uint64(width))
	if want := (lo + 7) / 8; hi != 0 || uint64(t.raw) != want {
		return fmt.Errorf("raw_data: %d bytes for %d elements of %s", t.raw, t.elements, t.elem)
	}
	return nil
}
