//go:build !linux

package cgroup

import (
	"fmt"
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/unit"
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

// Waited is 0.
func (p Place) Waited() (time.Duration, bool, error) { return 0, false, p.Add(0) }

// MemoryLeft says that no group limits memory.
func MemoryLeft() (unit.Bytes, bool, error) { return 0, false, nil }
