package virtual

import (
	"context"
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/sim"
	"github.com/testbed/testbed/emulator/unit"
	"github.com/testbed/testbed/runner/record"
)

// second is when another second of telemetry is over, or what the scenario has
// instead of a second.
type second World

// Happen keeps the lines of it.
func (s *second) Happen() {
	w := (*World)(s)
	w.tell()
	w.next()
}

// finest is how many lines of a node are as short as asked for: the longer a
// trial has lasted, the longer are the next, so that one of hours has some
// hundreds.
const finest = 120

// next waits for the end of the next line.
func (w *World) next() {
	w.engine.Set(&w.every, w.Now()+max(w.plan.every, w.Now()/finest))
}

// Telemetry implements runner.World: a line a node and second of the world's
// time, those of a long trial longer, and one of what has passed of the next.
func (w *World) Telemetry(context.Context) ([]record.Telemetry, error) {
	if w.Now() > w.told {
		w.tell()
		w.next()
	}
	lines := w.lines
	w.lines = nil
	return lines, nil
}

// tell adds the lines of what has passed since it was last called.
func (w *World) tell() {
	now := w.Now()
	first := len(w.lines)
	for _, n := range w.nodes {
		w.lines = append(w.lines, n.tell(w.told, now))
	}
	for i, d := range w.links {
		// Links that are of no inference node are told beside the first's.
		of, as := first, w.plan.links[i/2]
		for k, n := range w.nodes {
			if n.Name == as {
				of, as = first+k, ""
				break
			}
		}
		w.lines[of].Links = append(w.lines[of].Links, d.tell(as, leg(i).direction(), now))
	}
	w.told = now
}

// tell is a line without links.
func (n *node) tell(from, to time.Duration) record.Telemetry {
	level := func(l emulator.Level) float64 { return mean(l, from-n.zero, to-n.zero) }
	u := level(n.load.CPU.Level)
	ran := n.ran
	if n.running {
		ran += to - n.job.Began
	}
	n.own = float64(max(n.threads, 1)) / n.cpus() * float64(ran-n.toldRan) / float64(to-from)
	n.toldRan = ran
	t := record.Telemetry{From: from, At: to, Node: n.Name, CPUAsked: u, CPUAchieved: u, CPUOthers: u, CPUBusy: min(1, u+n.own),
		CPUPressure: u * n.own, GPU: level(n.load.GPU), RSS: n.taken}
	if free, known := n.free(); known {
		t.MemoryFree = max(0, free)
	}
	load := func(resource string, share float64, of unit.BitRate) {
		if share > 0 {
			t.Loads = append(t.Loads, record.LoadSample{Resource: resource, Asked: share, Achieved: share, Bps: share * float64(of)})
		}
	}
	load(record.Memory, level(n.load.Memory), 0)
	load(record.Resident, float64(n.load.Resident), 0)
	load(record.GPU, level(n.load.GPU), 0)
	load(record.TrafficDown, level(n.load.Down.Level), n.load.Down.Of)
	load(record.TrafficUp, level(n.load.Up.Level), n.load.Up.Of)
	return t
}

// tell is what the direction did since it was last asked, under a name in
// records.
func (d *direction) tell(as, direction string, now time.Duration) record.LinkSample {
	counted := d.Stats()
	did := gained(d.before, d.counted, counted)
	passed := did.Packets - did.Lost - did.Dropped
	// Each packet counts as its link's layer has it.
	bytes := did.Bytes + unit.Bytes(passed)*(d.asked.Layer.Size(emulator.FullFrame)-emulator.FullFrame)
	offered := d.offered + d.bits(now)
	s := record.LinkSample{Link: as, Direction: direction, Delay: d.delay(now),
		Asked: unit.BitRate(offered/(now-d.since).Seconds() + 0.5),
		Rate:  unit.Over(d.delivered(max(bytes, 0), offered), now-d.since), Packets: passed, Lost: did.Lost, Dropped: did.Dropped}
	d.since, d.told, d.counted, d.before, d.offered = now, now, counted, sim.Stats{}, 0
	return s
}

// delivered is what has left a link that was given n more bytes, while it
// offered so many bits: the engine counts what goes in.
func (d *direction) delivered(n unit.Bytes, offered float64) unit.Bytes {
	n += d.inside
	d.inside = 0
	if most := unit.Bytes(offered / 8); n > most && d.asked.MeanRate() > 0 {
		n, d.inside = most, n-most
	}
	return n
}
