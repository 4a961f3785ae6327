//go:build !linux

package host

import "runtime"

// self knows nothing where there is no /proc.
var self nothing

type nothing struct{}

func affine() int                     { return runtime.NumCPU() }
func (nothing) quota() (int, bool)    { return 0, false }
func (nothing) memory() (int64, bool) { return 0, false }
func (nothing) flags() []string       { return nil }
