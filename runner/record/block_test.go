package record

import (
	"os"
	"path/filepath"
	"testing"
)

// TestAppend: a block is written once, and requests after all else: where the
// rest cannot be, they are not.
func TestAppend(t *testing.T) {
	w, err := Create(filepath.Join(t.TempDir(), "run"), Header{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	size := func() int64 {
		info, err := os.Stat(filepath.Join(w.Dir(), RequestsFile))
		if err != nil {
			t.Fatal(err)
		}
		return info.Size()
	}
	var b Block
	if err := b.Request(Request{Condition: "c"}); err != nil {
		t.Fatal(err)
	}
	one := int64(b.Size())
	for range 2 {
		if err := w.Append(&b); err != nil || size() != one || b.Size() != 0 {
			t.Fatalf("%v: %d bytes, want %d; %d left", err, size(), one, b.Size())
		}
	}
	for file, add := range map[int]func() error{
		decisions: func() error { return b.Decision(Decision{}) },
		telemetry: func() error { return b.Telemetry(Telemetry{}) },
		checks:    func() error { return b.Check(Check{}) },
		replays:   func() error { return b.Replay(Replay{}) },
	} {
		whole := w.files[file]
		if w.files[file], err = os.Open(whole.Name()); err != nil { // not to be written
			t.Fatal(err)
		}
		if err := b.Request(Request{Condition: "c"}); err != nil {
			t.Fatal(err)
		}
		if err := add(); err != nil {
			t.Fatal(err)
		}
		if err := w.Append(&b); err == nil || size() != one {
			t.Errorf("%s cannot be written: %v, and %d bytes of requests, want %d", lineFiles[file], err, size(), one)
		}
		w.files[file].Close()
		w.files[file], b = whole, Block{}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}
