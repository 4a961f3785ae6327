package onnx

import (
	"fmt"
	"os"

	"github.com/testbed/testbed/inference/host"
)

// What opening a session takes of memory at its peak, in sizes of the file:
// its weights as they are read, as tensors, and in the layout for this CPU. The
// last is one more where it is written into the cache.
const (
	opening = 3
	filling = opening + 1
)

// enough returns an error if a model of so many bytes, which takes so many
// times as much, cannot be opened in the memory that there is. Where it is not
// known how much there is, any can.
func enough(bytes, times int64) error {
	available, ok := host.Memory()
	if ok && bytes > available/times {
		return fmt.Errorf("model of %d bytes: opening it takes %d times as many, and %d bytes of memory are available", bytes, times, available)
	}
	return nil
}

// enoughFor is enough for the file at path.
func enoughFor(path string, times int64) error {
	info, err := os.Stat(path)
	if err == nil {
		err = enough(info.Size(), times)
	}
	if err != nil {
		return fmt.Errorf("model: %s: %w", path, err)
	}
	return nil
}
