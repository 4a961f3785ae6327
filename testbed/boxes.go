package main

import (
	"fmt"
	"strings"

	"github.com/testbed/testbed/emulator"
)

// boxes says in words what a link does beside its rate, delay, jitter and
// loss, for tables that have no column for it.
func boxes(l emulator.Link) string {
	var parts []string
	add := func(ok bool, format string, args ...any) {
		if ok {
			parts = append(parts, fmt.Sprintf(format, args...))
		}
	}
	add(l.Layer != emulator.Ethernet, "rate counts %s", l.Layer)
	add(l.Delays != nil, "delay varies")
	add(l.Jitter > 0 && l.JitterShape != emulator.Uniform, "%s jitter", l.JitterShape)
	add(l.Unordered, "jitter reorders")
	add(l.LossBurst > 1, "losses %.4g in a row", l.LossBurst)
	add(l.Losses != nil, "loss varies")
	add(l.QueuePackets > 0, "queue of %d packets", l.QueuePackets)
	add(l.QueueTime > 0, "queue of %v", l.QueueTime)
	if l.CoDel != nil {
		add(true, "CoDel %v in %v", l.CoDel.Target, l.CoDel.Interval)
	}
	add(len(l.Outages) > 0, "%s", plural(len(l.Outages), "outage"))
	add(l.IdlePenalty > 0, "%v to wake up after %v", l.IdlePenalty, l.IdleAfter)
	add(l.Reorder > 0, "%.3g %% reordered", 100*l.Reorder)
	add(l.Duplicate > 0, "%.3g %% twice", 100*l.Duplicate)
	add(l.Corrupt > 0, "%.3g %% corrupted", 100*l.Corrupt)
	return strings.Join(parts, ", ")
}

// plural counts things: 1 outage, 2 outages.
func plural(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
