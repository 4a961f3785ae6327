//go:build linux

package calibrate

import (
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// congestion is the congestion control of every connection: it neither paces
// nor guesses (bbr does both), and every user may have it.
const congestion = "reno"

const tcpPort = 7010

// patience is how long an end waits for the other.
const patience = 5 * time.Second

// A tcpServer is the receiving end of one connection after another.
type tcpServer struct{ fd int }

// ServeArgs say how connections are received.
type ServeArgs struct {
	Window int // most bytes on their way, about; 0: as many as the kernel finds good
}

// Serve makes the node ready for connections, in place of what an earlier
// Serve made.
func (s *service) Serve(a ServeArgs, _ *None) error {
	if s.server != nil {
		_ = unix.Close(s.server.fd)
		s.server = nil
	}
	fd, err := tcpSocket()
	if err != nil {
		return err
	}
	_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1)
	if a.Window > 0 {
		// The room for data is about as much: the kernel doubles the number,
		// and counts what packets take in memory.
		_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, a.Window)
	}
	if err = wrong("bind", unix.Bind(fd, &unix.SockaddrInet4{Port: tcpPort})); err == nil {
		err = wrong("listen", unix.Listen(fd, 8))
	}
	if err != nil {
		return errors.Join(err, unix.Close(fd))
	}
	s.server = &tcpServer{fd}
	return nil
}

func tcpSocket() (int, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, wrong("socket", err)
	}
	if err := unix.SetsockoptString(fd, unix.IPPROTO_TCP, unix.TCP_CONGESTION, congestion); err != nil {
		return -1, errors.Join(wrong("congestion control "+congestion, err), unix.Close(fd))
	}
	if err := unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1); err != nil {
		return -1, errors.Join(wrong("no delay", err), unix.Close(fd))
	}
	return fd, nil
}

// accept returns the next connection; reads on it fail after a time limit.
func (t *tcpServer) accept(limit time.Duration) (int, error) {
	if ok, err := await(t.fd, unix.POLLIN, limit); err != nil {
		return -1, err
	} else if !ok {
		return -1, fmt.Errorf("no connection within %v", limit)
	}
	fd, err := uninterrupted(limit, func() (int, error) {
		fd, _, err := unix.Accept4(t.fd, unix.SOCK_CLOEXEC)
		return fd, err
	})
	if err != nil {
		return -1, wrong("accept", err)
	}
	if err := errors.Join(unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1), timeLimit(fd, limit)); err != nil {
		return -1, errors.Join(err, unix.Close(fd))
	}
	return fd, nil
}

// timeLimit makes reads and writes fail that take longer.
func timeLimit(fd int, limit time.Duration) error {
	tv := unix.NsecToTimeval(int64(limit))
	return errors.Join(
		wrong("time limit", unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &tv)),
		wrong("time limit", unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_SNDTIMEO, &tv)))
}

// connect opens a connection to a node that serves.
func connect(address string, limit time.Duration) (int, error) {
	to, err := ipv4(address)
	if err != nil {
		return -1, err
	}
	fd, err := tcpSocket()
	if err != nil {
		return -1, err
	}
	if err = timeLimit(fd, limit); err == nil {
		err = connected(fd, &unix.SockaddrInet4{Port: tcpPort, Addr: to}, limit)
	}
	if err != nil {
		return -1, errors.Join(err, unix.Close(fd))
	}
	return fd, nil
}
