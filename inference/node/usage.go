package node

import (
	"context"
	"sync"
	"time"
)

// usageWindow is how far back Status looks; usageStep is how often the counters
// are read for it.
const (
	usageWindow = time.Second
	usageStep   = 250 * time.Millisecond
)

// A cpuSample is a reading of counters, in seconds of CPU time.
type cpuSample struct {
	at    time.Time
	busy  float64 // on the node's CPUs, by anybody: all but idle and iowait
	total float64 // on the node's CPUs
	own   float64 // by this process
}

// A usage knows what share of the node's CPUs was used of late, and by whom.
type usage struct {
	read func() (cpuSample, error)

	mu      sync.Mutex
	samples []cpuSample // oldest first; the first is at least usageWindow old, if there are such
}

func newUsage(read func() (cpuSample, error)) *usage { return &usage{read: read} }

// watch reads the counters until ctx ends.
func (u *usage) watch(ctx context.Context) {
	tick := time.NewTicker(usageStep)
	defer tick.Stop()
	for {
		u.sample()
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (u *usage) sample() error {
	u.mu.Lock()
	defer u.mu.Unlock()
	s, err := u.read()
	if err != nil {
		return err
	}
	u.samples = append(u.samples, s)
	for len(u.samples) > 2 && s.at.Sub(u.samples[1].at) >= usageWindow {
		u.samples = u.samples[1:]
	}
	return nil
}

// shares returns what share of the node's CPUs was used over the last second
// or so, 0 to 1: by anybody but this process, and by anybody. It is 0 before
// there is a time to speak of.
func (u *usage) shares() (others, busy float64, err error) {
	if err := u.sample(); err != nil {
		return 0, 0, err
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	first, last := u.samples[0], u.samples[len(u.samples)-1]
	total := last.total - first.total
	if total <= 0 {
		return 0, 0, nil
	}
	used := last.busy - first.busy
	own := last.own - first.own
	return clamp(used-own, total), clamp(used, total), nil
}

// clamp returns x/total within 0 and 1: the kernel counts in ticks, so that the
// difference of two counters can be off by some.
func clamp(x, total float64) float64 { return min(max(x/total, 0), 1) }
