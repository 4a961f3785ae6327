package node

import (
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// fallback is the congestion control that every process may use.
const fallback = "reno"

// tryCongestion returns the congestion control that a socket gets which asks
// for this one, and why it is another, if it is.
func tryCongestion(asked string) (got string, err error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return "", err
	}
	defer unix.Close(fd)
	if asked != "" {
		if err = setCongestion(fd, asked); err != nil {
			setCongestion(fd, fallback) // if this fails too, what is read below says so
		}
	}
	got, getErr := unix.GetsockoptString(fd, unix.IPPROTO_TCP, unix.TCP_CONGESTION)
	if err == nil {
		err = getErr
	}
	return strings.TrimRight(got, "\x00"), err
}

func setCongestion(fd int, name string) error {
	return unix.SetsockoptString(fd, unix.IPPROTO_TCP, unix.TCP_CONGESTION, name)
}

// control is for net.Dialer and net.ListenConfig. Accepted sockets have it from
// the one that listens.
func (s sockets) control(_, _ string, c syscall.RawConn) error {
	if s.congestion == "" {
		return nil
	}
	var err error
	if e := c.Control(func(fd uintptr) { err = setCongestion(int(fd), s.congestion) }); e != nil {
		return e
	}
	return err
}

// giveUp is for net.Dialer and net.ListenConfig of a real network, where a host
// can be gone. Accepted sockets have it from the one that listens.
func giveUp(_, _ string, c syscall.RawConn) error {
	var err error
	if e := c.Control(func(fd uintptr) {
		err = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(goneAfter.Milliseconds()))
	}); e != nil {
		return e
	}
	return err
}
