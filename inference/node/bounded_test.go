package node

import (
	"bytes"
	"encoding/gob"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// A stream is one end of a connection, of which all was written already.
type stream struct{ io.Reader }

func (stream) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }
func (stream) Close() error              { return nil }

// TestBoundedLetsThrough: messages of many lengths, some with a length of one
// byte and some of more, come out as they went in, however they are cut.
func TestBoundedLetsThrough(t *testing.T) {
	var sent bytes.Buffer
	enc := gob.NewEncoder(&sent)
	sizes := []int{0, 1, 100, 120, 127, 128, 255, 256, 70_000, 300_000}
	for _, n := range sizes {
		if err := enc.Encode(DoArgs{Model: strings.Repeat("m", n), Image: make([]byte, n)}); err != nil {
			t.Fatal(err)
		}
	}
	for name, r := range map[string]io.Reader{
		"whole":       bytes.NewReader(sent.Bytes()),
		"byte by one": iotest.OneByteReader(bytes.NewReader(sent.Bytes())),
		"by halves":   iotest.HalfReader(bytes.NewReader(sent.Bytes())),
	} {
		dec := gob.NewDecoder(bound(stream{r}))
		for _, n := range sizes {
			var got DoArgs
			if err := dec.Decode(&got); err != nil || len(got.Model) != n || len(got.Image) != n {
				t.Fatalf("%s: a message of %d: %d and %d, %v", name, n, len(got.Model), len(got.Image), err)
			}
		}
	}
}

// TestBoundedRefuses: the length alone is enough.
func TestBoundedRefuses(t *testing.T) {
	for _, tt := range []struct {
		name string
		sent []byte
		want string // empty: it is let through
	}{
		{"32 MiB", []byte{0xfc, 0x02, 0x00, 0x00, 0x00}, ""},
		{"a byte more", []byte{0xfc, 0x02, 0x00, 0x00, 0x01}, "a message of 33554433 bytes: want at most 33554432"},
		{"4 GiB less one", []byte{0xfc, 0xff, 0xff, 0xff, 0xff}, "a message of 4294967295 bytes"},
		{"a length of 8 bytes", []byte{0xf8, 0, 0, 0, 0, 0, 0, 0, 1}, "whose length has 8 bytes"},
		{"a length of 128 bytes", []byte{0x80}, "whose length has 128 bytes"},
		{"after a small one", []byte{2, 'a', 'b', 0xfc, 0x7f, 0, 0, 0}, "a message of 2130706432 bytes"},
	} {
		_, err := io.ReadAll(bound(stream{iotest.OneByteReader(bytes.NewReader(tt.sent))}))
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v; want an error with %q", tt.name, err, tt.want)
		}
	}
}
