//go:build !linux

package node

import (
	"errors"
	"syscall"
)

// tryCongestion leaves sockets as the host makes them.
func tryCongestion(asked string) (got string, err error) {
	if asked != "" {
		err = errors.New("it can be chosen on Linux only")
	}
	return "", err
}

func (s sockets) control(_, _ string, _ syscall.RawConn) error { return nil }

// giveUp leaves it to the system how long it tries.
func giveUp(_, _ string, _ syscall.RawConn) error { return nil }
