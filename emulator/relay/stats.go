//go:build linux

package relay

import (
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/lag"
	"github.com/testbed/testbed/emulator/unit"
)

// Stats is what one direction did since Set. Of the frames that arrived, each
// is in one of Packets, Lost, Dropped, Failed and Queued, or was too large to
// carry (see Oversized), or waited when SetAt discarded it. A large one that was cut is each of its pieces.
type Stats struct {
	Packets int64      // delivered, those that left twice counted once
	Bytes   unit.Bytes // delivered, Ethernet layer
	Lost    int64
	Dropped int64
	Queued  int64 // accepted and not sent yet: in the queue or on the way
	Failed  int64 // due, but the kernel did not take them

	Duplicated int64 // of Packets, those that left a second time
	Corrupted  int64 // of Packets, those with a bit flipped

	// Segmented frames were as an offload leaves them to the network card, and
	// were cut into full ones first (see Options.Offload).
	Segmented int64

	// The following three are 0 in a world that is set up well. With one of
	// them above, the link was not played as it was asked.

	// Missed frames were never seen, or there was no memory for them.
	Missed int64
	// Oversized frames were larger than 1518 bytes and could not be cut: an
	// offload (TSO, GSO or GRO) is on at the far end of the interface without
	// Options.Offload, and many packets share one fate. Those above some 1980
	// bytes are not carried.
	Oversized int64
	// Unfinished frames had a checksum that hardware was to fill in; the
	// receiver will discard them. Checksum offload is on at the far end,
	// without Options.Offload.
	Unfinished int64

	// Lag is how much later than due packets were sent, as a histogram of
	// Packets from the least on, without empty bins. Percentiles are at most
	// 7 % too high. All are 0 if nothing was sent.
	Lag                    []lag.Bin
	LagP50, LagP99, LagMax time.Duration

	// Clock is that of the link, the time of a Trace: since Set, or the age at
	// SetAt and since then. Zero is when it was 0.
	Clock time.Duration
	Zero  time.Time
}

// A setting is one direction's link between two calls of Set or SetAt. Its
// thread alone uses the shaper; the rest is read by others meanwhile.
type setting struct {
	shaper *emulator.Shaper
	origin time.Time     // 0 of the shaper's time
	age    time.Duration // of the link when it was set
	inUse  chan struct{} // closed by the thread
	*counts
}

// counts are those of the settings since Set.
type counts struct {
	packets, bytes, lost, dropped, queued, failed atomic.Int64
	duplicated, corrupted, segmented              atomic.Int64
	missed, oversized, unfinished                 atomic.Int64
	lag                                           lag.Histogram
}

// newSetting makes the setting of a link that is set now and has this age. It
// counts from 0.
func newSetting(link emulator.Link, rng *rand.Rand, now time.Time, age time.Duration) *setting {
	return &setting{
		shaper: emulator.NewShaper(link, rng),
		origin: now.Add(-age),
		age:    age,
		inUse:  make(chan struct{}),
		counts: &counts{},
	}
}

// sent counts a packet that the kernel took at the time now, or did not take.
func (s *counts) sent(w waiting, taken bool, missing int, now time.Duration) {
	if w.mark&emulator.Duplicated != 0 {
		if taken {
			s.duplicated.Add(1)
		}
		return
	}
	s.queued.Add(-1)
	if !taken {
		s.failed.Add(1)
		return
	}
	s.packets.Add(1)
	s.bytes.Add(int64(w.size) + int64(missing))
	if w.mark&emulator.Corrupted != 0 {
		s.corrupted.Add(1)
	}
	s.lag.Add(now - w.due)
}

func (s *setting) stats() Stats {
	return Stats{
		Packets:    s.packets.Load(),
		Bytes:      unit.Bytes(s.bytes.Load()),
		Lost:       s.lost.Load(),
		Dropped:    s.dropped.Load(),
		Queued:     s.queued.Load(),
		Failed:     s.failed.Load(),
		Duplicated: s.duplicated.Load(),
		Corrupted:  s.corrupted.Load(),
		Segmented:  s.segmented.Load(),
		Missed:     s.missed.Load(),
		Oversized:  s.oversized.Load(),
		Unfinished: s.unfinished.Load(),
		Lag:        s.lag.Bins(),
		LagP50:     s.lag.Quantile(0.50),
		LagP99:     s.lag.Quantile(0.99),
		LagMax:     s.lag.Max(),
		Clock:      time.Since(s.origin),
		Zero:       s.origin,
	}
}
