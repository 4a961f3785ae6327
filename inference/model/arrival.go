package model

import (
	"io"
	"time"

	"github.com/testbed/testbed/emulator/unit"
	"github.com/testbed/testbed/inference/clock"
)

// An Arrival is when the bytes of one transfer came in, read from
// CLOCK_MONOTONIC by the receiver.
type Arrival struct {
	First time.Duration `json:"first_ns"` // when the first bytes were there
	Last  time.Duration `json:"last_ns"`  // when the last one was
	Bytes int64         `json:"bytes"`    // all

	// Half is when at least half of the bytes were there, HalfBytes how many
	// those were.
	Half      time.Duration `json:"half_ns"`
	HalfBytes int64         `json:"half_bytes"`
}

// Rate is the rate at which the second half came in: neither the wait for the
// first byte, nor slow start, nor a burst that a queue let through at first
// counts. It is 0 if all came at once.
func (a Arrival) Rate() unit.BitRate {
	return unit.Over(unit.Bytes(a.Bytes-a.HalfBytes), a.Last-a.Half)
}

// Receive reads r to its end and says when what came in. want is how many
// bytes are expected; it only decides where Half is.
func Receive(r io.Reader, want int64) (Arrival, error) {
	var a Arrival
	buf := make([]byte, 64<<10)
	for {
		n, err := r.Read(buf)
		if n > 0 {
			a.add(clock.Now(), int64(n), want)
		}
		if err == io.EOF {
			return a, nil
		}
		if err != nil {
			return a, err
		}
	}
}

func (a *Arrival) add(now time.Duration, n, want int64) {
	if a.Bytes == 0 {
		a.First = now
	}
	a.Bytes += n
	a.Last = now
	if a.HalfBytes == 0 && a.Bytes >= (want+1)/2 {
		a.Half, a.HalfBytes = now, a.Bytes
	}
}
