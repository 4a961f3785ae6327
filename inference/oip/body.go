package oip

import (
	"io"
	"net/http"
	"sync/atomic"
)

// A budget is what the bodies of all requests may take together, so that no
// number of senders makes the server take more. Beyond the first megabyte it
// is charged for what has arrived, not for what a sender says will come.
type budget struct{ left atomic.Int64 }

// take charges n bytes; the error is a 503.
func (b *budget) take(n int64) error {
	if b.left.Add(-n) >= 0 {
		return nil
	}
	b.left.Add(n)
	return Errorf(http.StatusServiceUnavailable, "the bodies of other requests take all memory there is for them")
}

// A body is that of a request, charged to a budget.
type body struct {
	data    []byte
	budget  *budget
	charged int64
}

const (
	firstRead = 64 << 10 // bytes, where the length is not told
	trusted   = 1 << 20  // bytes that are allocated at once on the sender's word
	mostKept  = 4 << 20  // bytes of a buffer that is used again
)

// charge takes n bytes more.
func (b *body) charge(n int64) error {
	if err := b.budget.take(n); err != nil {
		return err
	}
	b.charged += n
	return nil
}

// free gives back all that was charged.
func (b *body) free() {
	b.budget.left.Add(b.charged)
	b.charged = 0
}

// read reads all of from, of which length bytes are said to come; -1: not told.
func (b *body) read(from io.Reader, length int64) error {
	want, most := int64(firstRead), int64(MaxBody+1)
	if length >= 0 {
		most = length + 1 // one more, for the end to be found in the same read
		want = min(most, trusted)
	}
	if int64(cap(b.data)) > max(2*want, firstRead) {
		b.data = nil // a request is charged for little more than its own length
	}
	if err := b.charge(int64(cap(b.data))); err != nil {
		return err
	}
	b.data = b.data[:0]
	for {
		if len(b.data) == cap(b.data) {
			held := int64(cap(b.data))
			if err := b.grow(max(want, min(2*held, most), held+512)); err != nil {
				return err
			}
		}
		n, err := from.Read(b.data[len(b.data):cap(b.data)])
		b.data = b.data[:len(b.data)+n]
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// grow gives data a capacity of n. Both buffers are there for a moment, and
// charged.
func (b *body) grow(n int64) error {
	if err := b.charge(n); err != nil {
		return err
	}
	old := int64(cap(b.data))
	b.data = append(make([]byte, 0, n), b.data...)
	b.charged -= old
	b.budget.left.Add(old)
	return nil
}
