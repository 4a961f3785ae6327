//go:build !linux

package profiling

import (
	"context"
	"errors"

	"github.com/testbed/testbed/inference/model"
	"github.com/testbed/testbed/inference/node"
)

// LocalOptions say what the node on this machine is.
type LocalOptions struct {
	Models   []model.Model
	Library  string
	CPUs     int
	Provider string
}

// A Local is a node of this machine, of which there is none on this system.
type Local struct{}

var errNoWorld = errors.New("a node of this machine needs Linux; start testbed node on it and give its address")

// OpenLocal says what to do instead.
func OpenLocal(context.Context, LocalOptions) (*Local, error) { return nil, errNoWorld }

// Describe implements Node.
func (*Local) Describe() node.Description { return node.Description{} }

// Measure implements Node.
func (*Local) Measure(context.Context, node.MeasureArgs) (node.Measured, error) {
	return node.Measured{}, errNoWorld
}

// SetLoad implements Node.
func (*Local) SetLoad(context.Context, float64) error { return errNoWorld }

// Close does nothing.
func (*Local) Close() error { return nil }
