//go:build !linux

package calibrate

import (
	"context"
	"fmt"
	"net"

	"github.com/testbed/testbed/emulator"
)

// errLinux wraps emulator.ErrUnsupported: links are played by Linux.
var errLinux = fmt.Errorf("calibrate: only on Linux: %w", emulator.ErrUnsupported)

// Run measures on Linux.
func Run(context.Context, Options, func(done, total int, what string)) (*Report, error) {
	return &Report{}, errLinux
}

// Node is what a node of a calibration does, on Linux.
func Node(net.Conn, []string) error { return errLinux }

// Parts are the names that Options.Only may hold: none here.
func Parts() []string { return nil }
