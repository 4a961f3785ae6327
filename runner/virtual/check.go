package virtual

import (
	"slices"
	"strings"
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/sim"
	"github.com/testbed/testbed/emulator/unit"
	"github.com/testbed/testbed/runner/record"
)

// A probed is what a probe found of a path: by a frame there and back over links
// that have no rate, and by a transfer each way over links that have no delay,
// both without what is random, outages, and background.
type probed struct {
	rtt, askedRTT time.Duration
	ways          [2]way // down and up
	differs       []string
}

// A way is one direction of a path.
type way struct {
	asked, rate unit.BitRate // on the wire; 0: no limit
	goodput     unit.BitRate // of payload
	loss        float64
}

// probe measures a path in a time of its own.
func (w *World) probe(p path) (found probed) {
	e := sim.New()
	over := func(legs []leg, edit func(emulator.Link) emulator.Link) (links []*sim.Link) {
		for _, l := range legs {
			links = append(links, sim.NewLink(e, edit(w.links[l].asked), 0, 0))
		}
		return links
	}
	found.rtt = sim.NewConn(e, over(p.down, distance), over(p.up, distance)).RoundTrip()
	for i, legs := range [][]leg{p.down, p.up} {
		for _, l := range legs {
			asked := w.links[l].asked
			found.askedRTT += delay(asked)
			found.ways[i].loss += (1 - found.ways[i].loss) * asked.Loss
			found.differs = append(found.differs, sim.Unmodelled(asked)...)
		}
		begun := e.Now()
		size := w.probeSize(legs)
		if size == 0 {
			continue
		}
		var done sim.Latch
		sim.NewConn(e, over(legs, pace), nil).Send(size, &done)
		if e.Await(&done) {
			found.ways[i].found(w, legs, size, e.Now()-begun)
		}
	}
	return found
}

// found takes in that a transfer of so many bytes took so long, from the clock's
// 0 of links.
func (f *way) found(w *World, legs []leg, size unit.Bytes, took time.Duration) {
	f.goodput = unit.Over(size, took)
	var narrow emulator.Link
	for _, l := range legs {
		asked := pace(w.links[l].asked)
		offered, limited := asked.Offered(0, took)
		if r := unit.Over(offered, took); limited && (f.asked == 0 || r < f.asked) {
			f.asked, narrow = r, asked
		}
	}
	if narrow.Rate > 0 {
		f.asked = narrow.Rate // to the bit, and not in whole bytes
	}
	segments := (size + segment - 1) / segment
	f.rate = unit.Over(size+segments*(narrow.Layer.Size(headers+segment)-segment), took)
}

// distance is a link as its round trip is probed, and pace as its rate is.
func distance(l emulator.Link) emulator.Link { return emulator.Link{Delay: delay(l)} }

func pace(l emulator.Link) emulator.Link {
	return emulator.Link{Rate: l.Rate, Rates: l.Rates, Trace: l.Trace, Layer: l.Layer}
}

// delay is that of a link, as it begins.
func delay(l emulator.Link) time.Duration {
	if l.Delays == nil {
		return l.Delay
	}
	seconds, _ := l.Delays.Step(0)
	return time.Duration(seconds * float64(time.Second))
}

// probeSize is what a probe transfers: what takes about a second and a half of
// the slowest link, so that the opportunities of a trace at its edges hardly
// count; 0 where none has a limit.
func (w *World) probeSize(legs []leg) unit.Bytes {
	var slowest unit.BitRate
	for _, l := range legs {
		if r := w.links[l].asked.MeanRate(); r > 0 && (slowest == 0 || r < slowest) {
			slowest = r
		}
	}
	if slowest == 0 {
		return 0
	}
	const least, most = 32 * unit.KiB, 4 * unit.MiB
	return min(max(unit.Bytes(float64(slowest)/8*1.5), least), most)
}

// check is the line of checks.jsonl.
func (p probed) check(node string) record.Check {
	c := record.Check{Node: node, Engine: "sim", Reason: "in virtual time", Probes: 1, RTT: p.rtt, AskedRTT: p.askedRTT}
	if len(p.differs) > 0 {
		slices.Sort(p.differs)
		c.Differs = strings.Join(slices.Compact(p.differs), "; ")
	}
	for i, direction := range []string{"down", "up"} {
		f := p.ways[i]
		c.Links = append(c.Links, record.LinkCheck{Direction: direction, AskedRate: f.asked, Rate: f.rate, Loss: f.loss})
	}
	return c
}
