package store

import (
	"context"
	"crypto/sha256"
	"os"
	"strings"
	"testing"
)

// TestTooLong: no more than MaxFile is ever written. Here the first 2 GiB less
// two bytes are taken as written.
func TestTooLong(t *testing.T) {
	f, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	h := &hashing{ctx: context.Background(), file: f, hash: sha256.New(), n: MaxFile - 2}
	if _, err := h.Write([]byte("ab")); err != nil {
		t.Error(err)
	}
	if _, err := h.Write([]byte("c")); err == nil || !strings.Contains(err.Error(), "more than 2147483648 bytes") {
		t.Errorf("%v", err)
	}
}
