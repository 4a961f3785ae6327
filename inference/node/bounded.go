package node

import (
	"fmt"
	"io"
)

// maxMessage is the most bytes of one message of the control connection. The
// largest holds an image, to profile on.
const maxMessage = 32 << 20

// A bounded is a connection on which gob speaks. It fails at the length that
// stands before a message of more than maxMessage bytes, so that nothing is
// allocated for what only claims to be large.
//
// Gob's stream is messages, each after its length as gob writes an unsigned
// number: a byte below 128, or the number of bytes that follow, negated, and
// these, the highest first.
type bounded struct {
	io.ReadWriteCloser
	length int   // bytes of a length that are to come; 0: none is being read
	size   int64 // of the message, as far as its length was read
	rest   int64 // of the message that is being read
}

func bound(conn io.ReadWriteCloser) *bounded { return &bounded{ReadWriteCloser: conn} }

// Read is for one goroutine at a time.
func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.ReadWriteCloser.Read(p)
	if bad := b.follow(p[:n]); bad != nil {
		return 0, bad
	}
	return n, err
}

// follow keeps track of where messages begin in what was read.
func (b *bounded) follow(p []byte) error {
	for len(p) > 0 {
		if b.rest > 0 {
			n := min(b.rest, int64(len(p)))
			b.rest -= n
			p = p[n:]
			continue
		}
		if err := b.digit(p[0]); err != nil {
			return err
		}
		p = p[1:]
	}
	return nil
}

// digit takes one byte of a length.
func (b *bounded) digit(c byte) error {
	switch {
	case b.length > 0:
		b.size = b.size<<8 | int64(c)
		if b.length--; b.length > 0 {
			return nil
		}
	case c < 128:
		b.size = int64(c)
	default:
		if b.length = 256 - int(c); b.length > 4 {
			return fmt.Errorf("control connection: a message whose length has %d bytes: want at most 4", b.length)
		}
		b.size = 0
		return nil
	}
	if b.size > maxMessage {
		return fmt.Errorf("control connection: a message of %d bytes: want at most %d", b.size, maxMessage)
	}
	b.rest, b.size = b.size, 0
	return nil
}
