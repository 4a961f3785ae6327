package node

import (
	"context"
	"sync"
	"time"
)

// usageWindow is how far back shares look; usageStep is how often counters are
// read for it. Who asks for the Status of a node is told what was read last, and
// so does not take its time.
const (
	usageWindow = time.Second
	usageStep   = 250 * time.Millisecond
)

// A cpuSample is a reading of counters, in seconds.
type cpuSample struct {
	at    time.Time
	busy  float64 // CPU time on the node's CPUs, by anybody: all but idle and iowait
	total float64 // CPU time on the node's CPUs
	own   float64 // CPU time of this process

	waited    float64 // in which something that could run waited for a CPU; 0 if that is not told
	throttled float64 // that the node's quota held it back, added up over CPUs; 0 if it has none
}

// Shares are what went on over the last second or so, 0 to 1.
type shares struct {
	others, busy float64 // of the node's CPUs: by anybody but this process, and by anybody
	pressure     float64 // of the time: something waited for a CPU
	throttled    float64 // of the time of the node's CPUs: its quota held it back
	at           time.Time
}

// A usage knows what share of the node's CPUs was used of late, and by whom.
type usage struct {
	read func() (cpuSample, error)

	mu      sync.Mutex
	samples []cpuSample // oldest first; the first is at least usageWindow old, if there are such
	err     error       // of the last reading
}

// newUsage reads the counters once, and then whenever it is told to.
func newUsage(read func() (cpuSample, error)) *usage {
	u := &usage{read: read}
	u.sample()
	return u
}

func (u *usage) sample() {
	u.mu.Lock()
	defer u.mu.Unlock()
	s, err := u.read()
	if u.err = err; err != nil {
		return
	}
	u.samples = append(u.samples, s)
	for len(u.samples) > 2 && s.at.Sub(u.samples[1].at) >= usageWindow {
		u.samples = u.samples[1:]
	}
}

// shares are as of the last reading; all 0 before there is a time to speak of.
// The error is that of the last reading.
func (u *usage) shares() (shares, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.err != nil {
		return shares{}, u.err
	}
	first, last := u.samples[0], u.samples[len(u.samples)-1]
	s := shares{at: last.at}
	total, wall := last.total-first.total, last.at.Sub(first.at).Seconds()
	if total <= 0 || wall <= 0 {
		return s, nil
	}
	used, own := last.busy-first.busy, last.own-first.own
	s.others, s.busy = clamp(used-own, total), clamp(used, total)
	s.pressure, s.throttled = clamp(last.waited-first.waited, wall), clamp(last.throttled-first.throttled, total)
	return s, nil
}

// clamp returns x/total within 0 and 1: the kernel counts in ticks, so that the
// difference of two counters can be off by some.
func clamp(x, total float64) float64 { return min(max(x/total, 0), 1) }

// watch calls f, and again every usageStep until ctx ends.
func watch(ctx context.Context, f func()) {
	tick := time.NewTicker(usageStep)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			f()
		}
	}
}
