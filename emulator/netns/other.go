//go:build !linux

package netns

import (
	"fmt"
	"net"

	"github.com/testbed/testbed/emulator"
)

// Main does nothing here: only on Linux does Open start this program again.
func Main(func(conn net.Conn, args []string) error) {}

// Probe says that this system has none of the features: they are Linux's. The
// error wraps emulator.ErrUnsupported.
func Probe(feature string) error {
	return fmt.Errorf("%s: only on Linux: %w", feature, emulator.ErrUnsupported)
}
