//go:build linux

package calibrate

import (
	"time"

	"golang.org/x/sys/unix"
)

// uninterrupted makes a system call again for as long as signals interrupt it:
// on a socket with a time limit it is not made again by itself (signal(7)), and
// the Go scheduler sends signals. From the first of them on it takes no more
// than limit, besides that of the socket; then the error is EAGAIN, as that of
// a time limit is.
func uninterrupted(limit time.Duration, call func() (int, error)) (int, error) {
	var end time.Duration // 0: not yet interrupted
	for {
		n, err := call()
		if err != unix.EINTR {
			return n, err
		}
		switch t := now(); {
		case end == 0:
			end = t + limit
		case t >= end:
			return n, unix.EAGAIN
		}
	}
}

// await waits for events of a file, until a time limit: then it is false.
func await(fd int, events int16, limit time.Duration) (bool, error) {
	fds := []unix.PollFd{{Fd: int32(fd), Events: events}}
	for end := now() + limit; ; {
		left := max(end-now(), 0)
		ms := (left + time.Millisecond - 1) / time.Millisecond // rounded up: 0 would not wait
		if n, err := unix.Poll(fds, int(ms)); err != unix.EINTR {
			return n > 0, wrong("poll", err)
		}
	}
}

// connected is connect(2) with a time limit, whatever signals come. One that is
// interrupted goes on in the background.
func connected(fd int, to unix.Sockaddr, limit time.Duration) error {
	end := now() + limit
	err := unix.Connect(fd, to)
	if err != unix.EINTR {
		return wrong("connect", err)
	}
	if ok, err := await(fd, unix.POLLOUT, end-now()); err != nil {
		return err
	} else if !ok {
		return wrong("connect", unix.ETIMEDOUT)
	}
	number, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR)
	if err == nil && number != 0 {
		err = unix.Errno(number)
	}
	return wrong("connect", err)
}
