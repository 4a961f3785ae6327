//go:build !linux

package node

// Reexec does nothing where there is no glibc.
func Reexec() error { return nil }
