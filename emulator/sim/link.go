package sim

import (
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/unit"
)

// A Link is an emulator.Link in use. Transfers that meet on it share it.
type Link struct {
	engine *Engine
	link   emulator.Link
	seed   uint64
	zero   time.Duration // when its clock was 0
	stats  Stats

	traffic emulator.Traffic
	others  others
	crowded bool // the traffic leaves next to nothing, so that packets of both are dropped

	// What may be sent as a fluid.
	calm     bool       // nothing is random, and no queue is managed
	constant bool       // nothing changes
	bytes    unit.Bytes // that fit into the queue, on the Ethernet layer
	packets  int        // likewise

	flows  []*flow // that are being served
	timer  Timer   // the first of them is
	waits  pending // in the queue or to come, of all transfers under way
	at     time.Duration
	used   uint64 // of what a Trace has at that time, in nanobits
	idle   time.Duration
	pace   pace
	shaper *emulator.Shaper // nil until it is needed
	busy   int              // transfers under way that go through it
	shaped int              // of them, as packets
}

// Stats is what a Link has carried since Set, the traffic of SetTraffic not
// counted. What is cut short by Close counts as if it had all come in.
type Stats struct {
	Packets int64      // that came in
	Bytes   unit.Bytes // of them, on the Ethernet layer
	Lost    int64      // of Packets, by Loss
	Dropped int64      // of Packets, by the queue
}

// pending is how much a queue may have to hold.
type pending struct {
	bytes   unit.Bytes
	packets int
}

// NewLink makes a Link; see Set.
func NewLink(e *Engine, l emulator.Link, seed uint64, since time.Duration) *Link {
	n := &Link{engine: e}
	n.timer.Event = (*served)(n)
	n.Set(l, seed, since)
	return n
}

// Set makes the link anew: nothing waits, nothing was carried, its clock shows
// since, and what is random follows from seed alone. SetTraffic stays. to must
// pass Check. Connections over the link must have nothing under way.
func (l *Link) Set(to emulator.Link, seed uint64, since time.Duration) {
	now := l.engine.now
	l.link, l.seed, l.zero, l.stats = to, seed, now-since, Stats{}
	l.shaper, l.at, l.used, l.idle, l.pace = nil, now, 0, now, pace{}
	l.others.sent = now
	l.calm = to.Loss == 0 && to.Losses == nil && to.CoDel == nil && to.Jitter == 0 && to.Reorder == 0 && to.Corrupt == 0
	l.constant = !to.Varies() && to.IdlePenalty == 0
	l.crowd()
	l.bytes, l.packets = math.MaxInt64, math.MaxInt
	switch {
	case to.Queue > 0:
		l.bytes = to.Queue
	case to.QueuePackets > 0:
		l.packets = to.QueuePackets
	case to.QueueTime > 0:
		// Half of what passes in that time: short packets take more of other
		// layers than their size here.
		l.bytes = 0
		if l.constant && to.Rate > 0 {
			l.bytes = unit.Bytes(float64(to.Rate) / 16 * to.QueueTime.Seconds())
		}
	}
}

// SetTraffic has somebody else use the link from now on. Its Level counts on
// the clock of the link. Paced datagrams take their rate; a TCP connection takes
// no more than a share as large as that of any transfer, a bulk one always that.
func (l *Link) SetTraffic(t emulator.Traffic) {
	l.serve()
	l.traffic, l.pace = t, pace{}
	l.others.sent = l.engine.now
	l.crowd()
	l.plan()
}

// crowd finds out what SetTraffic leaves.
func (l *Link) crowd() {
	t := l.traffic
	paced := !t.TCP && !t.Bulk && !t.IsZero()
	l.crowded = paced && (!l.constant || l.link.Rate > 0 && t.Most()*float64(t.Of) > 0.9*float64(l.link.Rate))
}

// Stats returns what the link has carried.
func (l *Link) Stats() Stats { return l.stats }

// Unmodelled names what a simulated link with TCP over it does not do of what l
// asks for, in words.
func Unmodelled(l emulator.Link) (all []string) {
	if l.Duplicate > 0 {
		all = append(all, "duplicate: what arrives a second time changes nothing")
	}
	if l.Reorder > 0 || l.Unordered && l.Jitter > 0 {
		all = append(all, "reorder: TCP does not learn how far packets overtake each other, and takes more of them for lost than Linux does")
	}
	return all
}

// fits reports whether the queue holds so much besides what it may have to
// hold already, so that none of it can be dropped.
func (l *Link) fits(p pending) bool {
	return p.bytes <= l.bytes-l.waits.bytes && p.packets <= l.packets-l.waits.packets
}

// delay is of what leaves the bottleneck at a time.
func (l *Link) delay(at time.Duration) time.Duration {
	if l.link.Delays == nil {
		return l.link.Delay
	}
	seconds, _ := l.link.Delays.Step(at - l.zero)
	return time.Duration(math.Round(min(seconds*1e9, math.MaxInt64/2)))
}

// push sends a packet of n bytes now.
func (l *Link) push(n unit.Bytes) (out time.Duration, fate emulator.Fate) {
	now := l.engine.now
	if l.shaper == nil {
		to := l.link
		l.shaper = emulator.NewShaper(to, rand.New(rand.NewPCG(l.seed, 0)))
	}
	l.others.catchUp(l)
	out, fate = l.shaper.Push(now-l.zero, n)
	l.stats.Packets++
	l.stats.Bytes += n
	switch fate {
	case emulator.Lost:
		l.stats.Lost++
	case emulator.Dropped:
		l.stats.Dropped++
	}
	return later(out, l.zero), fate
}

// later returns t + d, or never.
func later(t, d time.Duration) time.Duration {
	if d > 0 && t > never-d {
		return never
	}
	return t + d
}

// leave takes a flow out, if it is being served.
func (l *Link) leave(f *flow) {
	if i := slices.Index(l.flows, f); i >= 0 {
		l.serve()
		l.drop(i)
		l.plan()
	}
}
