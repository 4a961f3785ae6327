package onnxfile

import (
	"errors"
	"fmt"
	"io"

	"google.golang.org/protobuf/encoding/protowire"
)

// Bounds on what a file may make the reader do. Real graphs have some ten
// thousand fields, and names of some hundred thousand bytes.
const (
	maxFields = 4 << 20  // fields parsed
	maxKept   = 32 << 20 // bytes of names, shapes and bookkeeping kept
	maxName   = 64 << 10 // bytes of one name
	maxDepth  = 16       // graphs in graphs
)

// A cursor reads protobuf messages from a file of size bytes, from front to
// back, through a small window.
type cursor struct {
	r    io.ReaderAt
	size int64
	at   int64 // what is read next

	base int64 // where in the file window begins
	have []byte
	mem  [4096]byte

	fields int   // parsed so far
	kept   int64 // bytes kept so far
	failed error // what r failed with
}

// A field is one field of a message.
type field struct {
	num protowire.Number
	typ protowire.Type
	x   uint64 // the value of a varint
	end int64  // where its body ends, if it has a length
}

// each calls f for each field of the message that ends at end. f may read the
// field's body; what it leaves is stepped over. Errors name the field.
func (c *cursor) each(s schema, end int64, f func(field) error) error {
	for c.at < end {
		start := c.at
		fd, err := c.next(s, end)
		if err == nil {
			err = f(fd)
		}
		if err != nil {
			if name := s[fd.num].name; name != "" {
				return fmt.Errorf("%s: %w", name, err)
			}
			return fmt.Errorf("byte %d: %w", start, err)
		}
		if fd.typ == protowire.BytesType {
			c.at = fd.end
		}
	}
	return nil
}

// next reads a field up to the body of one that has a length.
func (c *cursor) next(s schema, end int64) (field, error) {
	if c.fields++; c.fields > maxFields {
		return field{}, fmt.Errorf("more than %d fields", maxFields)
	}
	tag, err := c.varint(end)
	if err != nil {
		return field{}, err
	}
	num, typ := protowire.DecodeTag(tag)
	if num < protowire.MinValidNumber || num > protowire.MaxValidNumber {
		return field{}, errors.New("not a protobuf field")
	}
	fd := field{num: num, typ: typ}
	if want, known := s[num]; known && typ != want.wire && !(want.repeated && typ == protowire.BytesType) {
		return fd, fmt.Errorf("byte %d: wire type %d, want %d", c.at, typ, want.wire)
	}
	switch typ {
	case protowire.VarintType:
		fd.x, err = c.varint(end)
	case protowire.Fixed32Type:
		err = c.skip(4, end)
	case protowire.Fixed64Type:
		err = c.skip(8, end)
	case protowire.BytesType:
		var n uint64
		if n, err = c.varint(end); err == nil && n > uint64(end-c.at) {
			err = fmt.Errorf("%d bytes from byte %d on, of which there are %d: %w", n, c.at, end-c.at, io.ErrUnexpectedEOF)
		}
		fd.end = c.at + int64(n)
	default: // groups, which proto3 does not have, and types that nothing has
		err = fmt.Errorf("wire type %d", typ)
	}
	return fd, err
}

func (c *cursor) skip(n, end int64) error {
	if n > end-c.at {
		return io.ErrUnexpectedEOF
	}
	c.at += n
	return nil
}

func (c *cursor) varint(end int64) (uint64, error) {
	b, err := c.peek(min(10, end-c.at))
	if err != nil {
		return 0, err
	}
	x, n := protowire.ConsumeVarint(b)
	if n < 0 {
		return 0, protowire.ParseError(n)
	}
	c.at += int64(n)
	return x, nil
}

// text reads the body of a field as a name.
func (c *cursor) text(fd field) (string, error) {
	n := fd.end - c.at
	if n > maxName {
		return "", fmt.Errorf("a name of %d bytes: want at most %d", n, maxName)
	}
	if err := c.keep(n); err != nil {
		return "", err
	}
	b := make([]byte, n)
	if err := c.read(b, c.at); err != nil {
		return "", err
	}
	c.at = fd.end
	return string(b), nil
}

// keep accounts for n more bytes that stay in memory.
func (c *cursor) keep(n int64) error {
	if c.kept += n; c.kept > maxKept {
		return fmt.Errorf("more than %d bytes of names and shapes", maxKept)
	}
	return nil
}

// peek returns the next n bytes, n at most 10, without moving on.
func (c *cursor) peek(n int64) ([]byte, error) {
	if from := c.at - c.base; from >= 0 && from+n <= int64(len(c.have)) {
		return c.have[from : from+n], nil
	}
	window := c.mem[:min(int64(len(c.mem)), c.size-c.at)]
	c.have = nil
	if err := c.fill(window, c.at); err != nil {
		return nil, err
	}
	c.base, c.have = c.at, window
	return c.have[:n], nil
}

// read fills b from the file's byte at on, from the window if that has it.
func (c *cursor) read(b []byte, at int64) error {
	if from := at - c.base; from >= 0 && from+int64(len(b)) <= int64(len(c.have)) {
		copy(b, c.have[from:])
		return nil
	}
	return c.fill(b, at)
}

// fill fills b from the file's byte at on.
func (c *cursor) fill(b []byte, at int64) error {
	n, err := c.r.ReadAt(b, at)
	if n == len(b) { // also if it says that this was the end
		return nil
	}
	if err == nil || err == io.EOF {
		return fmt.Errorf("read byte %d: %w", at+int64(n), io.ErrUnexpectedEOF)
	}
	c.failed = err
	return err
}
