//go:build linux

package calibrate

import (
	"time"

	"golang.org/x/sys/unix"

	"github.com/testbed/testbed/emulator/unit"
)

// SendArgs ask for numbered frames.
type SendArgs struct {
	To    string          // IPv4
	Start time.Duration   // of CLOCK_MONOTONIC
	At    []time.Duration // from Start, nondecreasing
	Size  []unit.Bytes    // Ethernet layer, at least SmallestFrame

	// Every, Count and Each are the same for frames of one size at one pace.
	Every time.Duration
	Count int
	Each  unit.Bytes
}

func (a SendArgs) len() int { return max(len(a.At), a.Count) }

func (a SendArgs) at(i int) time.Duration {
	if a.Count > 0 {
		return a.Start + time.Duration(i)*a.Every
	}
	return a.Start + a.At[i]
}

func (a SendArgs) size(i int) unit.Bytes {
	if a.Count > 0 {
		return a.Each
	}
	return a.Size[i]
}

// Send sends frames at their times, or as soon after as it can, and answers
// when each was given to the kernel, by CLOCK_MONOTONIC.
func (s *service) Send(a SendArgs, sent *[]time.Duration) error {
	to, err := ipv4(a.To)
	if err != nil {
		return err
	}
	fd, err := udpSocket(source)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	if err := wrong("connect", unix.Connect(fd, &unix.SockaddrInet4{Port: discard, Addr: to})); err != nil {
		return err
	}
	payloads := make([][]byte, a.len())
	for i := range payloads {
		payloads[i] = payload(i, a.size(i))
	}
	times := make([]time.Duration, len(payloads))
	*sent = times
	return on(func() error {
		for i, p := range payloads {
			sleepUntil(a.at(i))
			times[i] = now()
			if _, err := write(fd, p, patience); err != nil && err != unix.ENOBUFS {
				return wrong("send", err)
			}
		}
		return nil
	})
}

// udpSocket makes a socket that sends without a checksum: a corrupted frame is
// to be seen, and a sum of 0 is one thing less that can differ.
func udpSocket(port int) (int, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, wrong("socket", err)
	}
	_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_NO_CHECK, 1)
	_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_SNDBUF, 4<<20)
	if err := unix.Bind(fd, &unix.SockaddrInet4{Port: port}); err != nil {
		_ = unix.Close(fd)
		return -1, wrong("bind", err)
	}
	return fd, nil
}
