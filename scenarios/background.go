package scenarios

import (
	"slices"
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/trace"
	"github.com/testbed/testbed/emulator/trace/formats"
	"github.com/testbed/testbed/emulator/unit"
)

// rampSteps is how many steps a ramp has: each is below what a load is off by.
const rampSteps = 100

// load reads what others use of a node, whose links are l.
func (d *decoder) load(o object, l Links) emulator.Load {
	in := o.shaped("cpu")
	return emulator.Load{
		CPU:      emulator.CPULoad{Level: d.level(o, "cpu", asShare), Whole: read(in, "per", oneOf(pers...)) == "node"},
		Memory:   d.level(o, "memory", asShare),
		Resident: read(o, "resident", asSize),
		GPU:      d.level(o, "gpu", asShare),
		Down:     d.traffic(o, "down", l.Down),
		Up:       d.traffic(o, "up", l.Up),
	}
}

// withinQuota notes a load that the node's quota cannot give.
func (d *decoder) withinQuota(o object, name string, l emulator.CPULoad) {
	n, ok := d.bounds[name]
	if share := n.Quota / float64(n.CPUs); ok && l.Most() > share {
		d.add(o.n.child("cpu").position, join(o.path, "cpu"), "%.0f %% of its CPUs is more than the quota of node %s leaves: want at most %.0f%%", 100*l.Most(), name, 100*share)
	}
}

// shaped is the mapping under a key that may have a plain value instead; then
// it is as if it were missing.
func (o object) shaped(key string) object {
	if n := o.n.child(key); n != nil && n.shape == scalar {
		return object{o.d, nil, join(o.path, key), join(o.pattern, key)}
	}
	return o.in(key)
}

// level reads a share, or how it changes. plainly is the kind of a plain value.
func (d *decoder) level(o object, key string, plainly kind[float64]) emulator.Level {
	if n := o.n.child(key); n == nil || n.shape == scalar {
		return emulator.Level{Share: read(o, key, plainly)}
	}
	in := o.in(key)
	l := emulator.Level{Share: read(in, "level", asShare)}
	ways := 0
	for _, way := range []string{"trace", "ramp", "timeline"} {
		if in.has(way) {
			ways++
		}
	}
	if ways > 1 || ways == 1 && in.has("level") && !in.has("timeline") {
		d.add(in.n.position, in.path, "want one of level, trace, ramp, and timeline (with the level beside it)")
		return l
	}
	switch {
	case in.has("trace"):
		if r := d.recording(in, "trace"); r != nil {
			l.Over = d.column(in.in("trace"), r, formats.Utilization, key)
			d.atMostAll(in, l.Over)
		}
	case in.has("ramp"):
		l.Over = d.ramp(in.in("ramp"))
	case in.has("timeline"):
		l.Over = d.changes(in, l.Share)
	}
	if l.Over != nil {
		l.Share = 0
	}
	return l
}

// atMostAll notes a trace that asks for more than there is.
func (d *decoder) atMostAll(o object, s *trace.Series) {
	if s == nil {
		return
	}
	if _, most := s.Range(); most > 1 {
		d.value(o.n.child("trace"), join(o.path, "trace"), "want utilization of at most 100%: scale: 0.5x makes less of it")
	}
}

// ramp reads a level that rises or falls evenly.
func (d *decoder) ramp(o object) *trace.Series {
	from, to := read(o, "from", asShare), read(o, "to", asShare)
	over, after := read(o, "over", within(time.Second/10, maxTime)), read(o, "after", within(0, maxTime))
	if over == 0 {
		return nil // noted
	}
	s := &trace.Series{Name: "ramp", Wrap: trace.Hold, At: []time.Duration{0}, Value: []float64{from}}
	for i := 1; i <= rampSteps; i++ {
		s.At = append(s.At, after+over*time.Duration(i)/rampSteps)
		s.Value = append(s.Value, from+(to-from)*float64(i)/rampSteps)
	}
	s.Period = s.At[rampSteps] + time.Second
	return s
}

// changes reads the timeline of a level.
func (d *decoder) changes(o object, base float64) *trace.Series {
	ns, paths := o.items("timeline", "want changes, such as [{from: 2s, to: 4s, level: 90%}]")
	every, again := d.again(ns)
	var all []span
	for i, n := range ns {
		in := d.object(n, paths[i], o.pattern+".timeline[]")
		if in.n == nil {
			continue
		}
		when := []emulator.Outage{}
		if again {
			when = append(when, d.window(in))
			if when[0].To > every {
				d.add(n.position, paths[i], "want to within every, as each change is repeated for ever; times says how often instead")
			}
		} else {
			when = d.when(in)
		}
		all = append(all, spread(when, read(in, "level", asShare))...)
	}
	if len(d.all) > 0 || len(all) == 0 {
		return nil
	}
	s := compile("timeline", base, all)
	if again && every > s.At[len(s.At)-1] {
		s.Period, s.Wrap = every, trace.Loop
	}
	return s
}

// again says whether all changes are repeated for ever, after the same time.
func (d *decoder) again(ns []*node) (every time.Duration, ok bool) {
	for i, n := range ns {
		e := n.child("every")
		if e == nil || n.child("times") != nil {
			return 0, false
		}
		x, err := unit.ParseDuration(e.text)
		if err != nil || x <= 0 || i > 0 && x != every {
			return 0, false
		}
		every = x
	}
	return every, len(ns) > 0
}

// traffic reads cross traffic over a link: a share of its rate, or a rate.
func (d *decoder) traffic(o object, key string, l emulator.Link) emulator.Traffic {
	n := o.n.child(key)
	if n == nil {
		return emulator.Traffic{}
	}
	t := emulator.Traffic{Of: l.MeanRate()}
	if n.shape == scalar {
		if r, err := unit.ParseBitRate(n.text); err == nil && r > 0 && r <= MaxRate {
			d.carried(n, join(o.path, key), float64(r), l)
			return emulator.Traffic{Level: emulator.Level{Share: 1}, Of: r}
		}
	}
	in := o.shaped(key)
	t.Level = d.level(o, key, asTraffic)
	by := read(in, "by", oneOf(transports...))
	t.TCP, t.Bulk = by != "udp", by == "bulk"
	if in.has("of") {
		t.Of = read(in, "of", asRate)
	}
	if !t.Bulk {
		d.carried(n, join(o.path, key), t.Most()*float64(t.Of), l)
	}
	if t.Bulk && (in.has("level") || in.has("trace") || in.has("ramp") || in.has("timeline")) {
		d.add(n.position, in.path, "by: bulk is as fast as it can be: want no level beside it")
	}
	if t.Of == 0 && (t.Bulk || !t.Level.IsZero()) {
		if t.Bulk {
			t.Of = 1 // as fast as the link is
		} else {
			d.value(n, join(o.path, key), "want a rate, such as 2Mbps, or of: 10Mbps: the link has none that this could be a share of")
		}
	}
	return t
}

// carried notes cross traffic that its link cannot carry.
func (d *decoder) carried(n *node, path string, bps float64, l emulator.Link) {
	if rate := l.MeanRate(); rate > 0 && bps > float64(rate) {
		d.add(n.position, path, "%v is more than the link's %v", unit.BitRate(bps), rate)
	}
}

// asTraffic reads a share; the rate that it could be instead is read before.
func asTraffic(text string) (float64, string) {
	x, want := asShare(text)
	if want != "" {
		want = "want a share of the link's rate, such as 30%, or a rate, such as 2Mbps"
	}
	return x, want
}

// asSize reads an amount of memory.
func asSize(text string) (unit.Bytes, string) {
	n, err := unit.ParseBytes(text)
	if err != nil || n < 0 || n > maxMemory {
		return 0, "want an amount of memory, such as 512MB"
	}
	return n, ""
}

// maxMemory is more than any device has.
const maxMemory = 16 << 40

var (
	pers       = []string{"core", "node"}
	transports = []string{"udp", "tcp", "bulk"}
)

// loaded says whether any condition asks for load that choose picks.
func loaded(conditions []Condition, node string, choose func(emulator.Load) bool) bool {
	return slices.ContainsFunc(conditions, func(c Condition) bool { return choose(c.Background[node]) })
}

// UsesGPU says whether a node's GPU is loaded in any condition.
func (p *Plan) UsesGPU(node string) bool {
	return loaded(p.Conditions, node, func(l emulator.Load) bool { return !l.GPU.IsZero() })
}
