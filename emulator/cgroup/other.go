//go:build !linux

package cgroup

import (
	"fmt"

	"github.com/testbed/testbed/emulator"
)

// errOther is the answer of systems without control groups.
var errOther = fmt.Errorf("control groups: only on Linux: %w", emulator.ErrUnsupported)

// A Group is none on this system.
type Group struct {
	Place
	Pinned bool
}

// Main does nothing here.
func Main() {}

// Make says that this system has no control groups.
func Make(string, Limits) (*Group, error) { return nil, errOther }

// Close does nothing here.
func (g *Group) Close() error { return nil }

// Join does nothing if p is nowhere.
func (p Place) Join() error { return p.Add(0) }

// Add does nothing if p is nowhere.
func (p Place) Add(int) error {
	if p.IsZero() {
		return nil
	}
	return errOther
}

// Stat is zero if p is nowhere.
func (p Place) Stat() (Usage, error) { return Usage{}, p.Add(0) }
