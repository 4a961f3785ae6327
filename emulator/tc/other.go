//go:build !linux

package tc

import (
	"fmt"

	"github.com/testbed/testbed/emulator"
)

// Probe says that this system's kernel has no such kind of traffic control: it
// is Linux's. The error wraps emulator.ErrUnsupported.
func Probe(kind string) error {
	return fmt.Errorf("%s: only on Linux: %w", kind, emulator.ErrUnsupported)
}
