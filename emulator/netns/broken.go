//go:build linux

package netns

import (
	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/tc"
	"github.com/testbed/testbed/emulator/unit"
)

// What is broken on purpose is that wrong: a bucket that lets a short transfer
// pass at once, and a queue that drops the second half of any burst.
const (
	brokenBurst = 64 * unit.KiB
	brokenLimit = 2 // packets
)

// broken returns the link that is played where l is asked.
func (c Config) broken(l emulator.Link) emulator.Link {
	if c.Break == breakLimit {
		l.Queue, l.QueueTime, l.QueuePackets = 0, 0, brokenLimit
	}
	return l
}

// brokenQueue returns what is wrong with the kernel's queues.
func (c Config) brokenQueue() (o tc.Options) {
	switch c.Break {
	case breakBurst:
		o.Burst = brokenBurst
	case breakLimit:
		o.Limit = brokenLimit
	}
	return o
}
