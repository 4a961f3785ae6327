//go:build linux

package calibrate

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// ShotArgs ask for transfers, one after the other over one connection that is
// open. A pause is between them, in which a token bucket fills again.
type ShotArgs struct {
	To    string // of the sender; empty for the receiver
	Bytes []int
	Pause time.Duration // below the 40 ms of a delayed acknowledgement
	Limit time.Duration // for each
}

// Shoot sends each transfer, once the one before has arrived, and answers when
// each began.
func (s *service) Shoot(a ShotArgs, began *[]time.Duration) error {
	return on(func() error {
		fd, err := connect(a.To, a.Limit)
		if err != nil {
			return err
		}
		defer unix.Close(fd)
		answer := make([]byte, 1)
		for _, n := range a.Bytes {
			data := make([]byte, n)
			sleepUntil(now() + a.Pause)
			*began = append(*began, now())
			if err := writeAll(fd, data, a.Limit); err != nil {
				return err
			}
			if got, err := read(fd, answer, a.Limit); got != 1 {
				return fmt.Errorf("transfer of %d bytes: no answer: %v", n, err)
			}
		}
		return nil
	})
}

func read(fd int, buf []byte, limit time.Duration) (int, error) {
	return uninterrupted(limit, func() (int, error) { return unix.Read(fd, buf) })
}

func write(fd int, data []byte, limit time.Duration) (int, error) {
	return uninterrupted(limit, func() (int, error) { return unix.Write(fd, data) })
}

func writeAll(fd int, data []byte, limit time.Duration) error {
	for len(data) > 0 {
		n, err := write(fd, data, limit)
		if err != nil {
			return wrong("send", err)
		}
		data = data[n:]
	}
	return nil
}

// Catch accepts a connection and answers when the last byte of each transfer
// was there.
func (s *service) Catch(a ShotArgs, ended *[]time.Duration) error {
	return on(func() error {
		fd, err := s.server.accept(patience)
		if err != nil {
			return err
		}
		defer unix.Close(fd)
		if err := timeLimit(fd, a.Limit); err != nil {
			return err
		}
		buf := make([]byte, 256<<10)
		for _, n := range a.Bytes {
			for left := n; left > 0; {
				got, err := read(fd, buf[:min(left, len(buf))], a.Limit)
				if err != nil || got == 0 {
					return fmt.Errorf("transfer of %d bytes: %d are missing (%v)", n, left, err)
				}
				left -= got
			}
			*ended = append(*ended, now())
			if _, err := write(fd, buf[:1], a.Limit); err != nil {
				return wrong("answer", err)
			}
		}
		return nil
	})
}
