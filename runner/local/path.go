//go:build linux

package local

import (
	"slices"
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/netns"
	"github.com/testbed/testbed/emulator/unit"
	"github.com/testbed/testbed/scenarios"
)

// A path is what packets pass between the repository, or control, and an
// inference node, each way.
type path struct{ down, up way }

// A way is one direction of a path: a leg for each link, the node's end first.
type way []leg

// A leg is one direction of a link on a way.
type leg struct {
	name string        // of the link
	down bool          // towards the node that the link is of, or the first of a pair
	link emulator.Link // as asked
}

// path is the way from another node, the repository or control, to a node and
// back, over the links of a condition: their own pair if they have one, else
// both their links; nothing if they are beside each other.
func (w *World) path(from, name string, links map[string]scenarios.Links) path {
	if l, ok := links[name+"/"+from]; ok {
		return path{way{{name + "/" + from, true, l.Down}}, way{{name + "/" + from, false, l.Up}}}
	}
	if l, ok := links[from+"/"+name]; ok {
		return path{way{{from + "/" + name, false, l.Up}}, way{{from + "/" + name, true, l.Down}}}
	}
	var p path
	near, far := w.site(name), w.site(from)
	if near == far {
		return p
	}
	p.down, p.up = way{{near, true, links[near].Down}}, way{{near, false, links[near].Up}}
	if l, ok := links[far]; ok {
		p.down = append(p.down, leg{far, false, l.Up})
		p.up = append(p.up, leg{far, true, l.Down})
	}
	return p
}

// same says whether two ways are over the same links.
func (w way) same(other way) bool {
	return slices.EqualFunc(w, other, func(a, b leg) bool { return a.name == b.name && a.down == b.down })
}

// site is the node whose link a node has.
func (w *World) site(name string) string {
	if other := w.beside[name]; other != "" {
		return other
	}
	return name
}

// calm is a link as its round trip is probed: without what a median of a few
// exchanges cannot follow or would be moved by. That is all that is random, what
// varies (it stays as it begins), waking up, and a rate so low that the probe's
// own packets take long. Each field of a Link is a box of its own, so what is
// left is as asked.
func calm(l emulator.Link) emulator.Link {
	if l.Delays != nil {
		seconds, _ := l.Delays.Step(0)
		l.Delay, l.Delays = time.Duration(seconds*float64(time.Second)), nil
	}
	if l.Trace != nil || l.Rates != nil || l.Rate > 0 {
		l.Rate, l.Trace, l.Rates = max(l.Rate, 10*unit.Mbps), nil, nil
	}
	return even(l)
}

// shortest is the delay, each way, at which rates are probed: what is in flight
// then fills any link in the time of a probe, which TCP may not do over a long
// one.
const shortest = 5 * time.Millisecond

// brisk is a link as its rate is probed: as it is, over time too, but nearer and
// without what makes TCP slower than the bottleneck.
func brisk(l emulator.Link) emulator.Link {
	if l.Delays != nil {
		l.Delay, l.Delays = shortest, nil
	}
	l.Delay = min(l.Delay, shortest)
	return even(l)
}

// even is a link without what is random, CoDel, outages and waking up. Losses
// and the like are judged by their counts, while requests are made.
func even(l emulator.Link) emulator.Link {
	l.Jitter, l.JitterShape, l.Unordered = 0, emulator.Uniform, false
	l.Loss, l.LossBurst, l.Losses = 0, 0, nil
	l.Duplicate, l.Corrupt, l.Reorder = 0, 0, 0
	l.CoDel, l.Outages, l.IdlePenalty, l.IdleAfter = nil, nil, 0, 0
	return l
}

// delay is what a packet waits on a way as its round trip is probed.
func (w way) delay() (sum time.Duration) {
	for _, leg := range w {
		sum += calm(leg.link).Delay
	}
	return sum
}

// loss is the share of packets that a way was asked to lose.
func (w way) loss() (share float64) {
	for _, leg := range w {
		share += (1 - share) * leg.link.Loss
	}
	return share
}

// asked is what a way offers between two readings of the clock at its end, now
// being that of status; 0 if it has no limit. narrow is the link that limits.
func (w way) asked(status netns.Status, now, from, to time.Duration) (least unit.BitRate, narrow emulator.Link) {
	for _, leg := range w {
		s := status.Up[leg.name]
		if leg.down {
			s = status.Down[leg.name]
		}
		set := now - s.Clock // when the link was set, on the same clock
		if r := offered(brisk(leg.link), from-set, to-set); r > 0 && (least == 0 || r < least) {
			least, narrow = r, leg.link
		}
	}
	return least, narrow
}

// offered is the mean rate that arrives of what a link offers, between two
// readings of its clock at its far end; 0 if it has no limit.
func offered(l emulator.Link, from, to time.Duration) unit.BitRate {
	if l.Rate > 0 && len(l.Outages) == 0 {
		return l.Rate // to the bit, and not in whole bytes
	}
	from, to = max(0, from-l.Delay), max(0, to-l.Delay)
	n, limited := l.Offered(from, to)
	if !limited || to <= from {
		return 0
	}
	return unit.Over(n, to-from)
}

// probeSize is what a probe transfers on a way: enough that its second half is
// at the full rate, and not much more.
func (w way) probeSize() int64 {
	var slowest emulator.Link
	for _, leg := range w {
		if r := leg.link.MeanRate(); r > 0 && (slowest.MeanRate() == 0 || r < slowest.MeanRate()) {
			slowest = leg.link
		}
	}
	rate, last := slowest.MeanRate(), 120*time.Millisecond
	if slowest.Rate == 0 {
		// Long enough that the opportunities at its edges hardly count.
		last = 1500 * time.Millisecond
	}
	if rate == 0 {
		return 256 << 10
	}
	n := int64(float64(rate) / 8 * (last + 4*shortest).Seconds())
	return min(max(n, 32<<10), 4<<20)
}
