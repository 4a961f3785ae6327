//go:build !linux

package local

import (
	"context"
	"fmt"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/runner"
	"github.com/testbed/testbed/scenarios"
)

// A World is a runner.World of namespaces on Linux; there is none here.
type World struct{ runner.World }

// Open says that there are no namespaces on this system. The error wraps
// emulator.ErrUnsupported.
func Open(context.Context, *scenarios.Plan, Options) (*World, error) {
	return nil, fmt.Errorf("a world of namespaces: only on Linux: %w", emulator.ErrUnsupported)
}

// Warnings, Describe and Close are those of no world.
func (*World) Warnings() []string    { return nil }
func (*World) Describe() Description { return Description{} }
func (*World) Close() error          { return nil }
