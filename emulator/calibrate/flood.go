//go:build linux

package calibrate

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// FloodArgs ask for a transfer that has no end.
type FloodArgs struct {
	To   string
	For  time.Duration
	Once int // bytes given to the kernel at once
}

// Flood sends over a new connection for as long as it is told, or until the
// other end closes it.
func (s *service) Flood(a FloodArgs, _ *None) error {
	return on(func() error {
		fd, err := connect(a.To, a.For+patience)
		if err != nil {
			return err
		}
		defer unix.Close(fd)
		data := make([]byte, a.Once)
		for end := now() + a.For; now() < end; {
			if _, err := write(fd, data, a.For+patience); err == unix.EPIPE || err == unix.ECONNRESET {
				return nil
			} else if err != nil {
				return wrong("send", err)
			}
		}
		return nil
	})
}

// DrainArgs ask for the rate of the next connection.
type DrainArgs struct {
	Skip    time.Duration // from the first byte: not measured
	Window  time.Duration // measured, several times
	Windows int
}

// A Mark is how many bytes there were at a time.
type Mark struct {
	At    time.Duration
	Bytes int64
}

// Drain accepts a connection and answers how much it had carried at the ends
// of windows of time. Each mark is an arrival: the bytes between two of them
// are those that came after the first, up to and with the second.
func (s *service) Drain(a DrainArgs, marks *[]Mark) error {
	return on(func() error {
		fd, err := s.server.accept(patience)
		if err != nil {
			return err
		}
		defer unix.Close(fd)
		var total int64
		var next time.Duration // when the next mark is due; 0 before the first byte
		buf := make([]byte, 1<<20)
		for len(*marks) <= a.Windows {
			// Without copying it (tcp(7): MSG_TRUNC): the probe is to cost little.
			n, err := uninterrupted(patience, func() (int, error) {
				n, _, err := unix.Recvfrom(fd, buf, unix.MSG_TRUNC)
				return n, err
			})
			t := now()
			switch {
			case err != nil || n == 0:
				return fmt.Errorf("the transfer ended after %d bytes (%v)", total, err)
			case next == 0:
				next = t + a.Skip
			}
			total += int64(n)
			if t >= next {
				*marks = append(*marks, Mark{t, total})
				next = t + a.Window
			}
		}
		return nil
	})
}
