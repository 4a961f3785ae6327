package scenarios

import (
	"slices"
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/unit"
)

// link reads one direction; direction is down or up.
func (d *decoder) link(o object, direction string) emulator.Link {
	l := emulator.Link{
		Rate:        read(o, "rate", asRate),
		Layer:       read(o, "layer", asLayer),
		Delay:       read(o, "delay", within(0, maxDelay)),
		Jitter:      read(o, "jitter", within(0, maxDelay)),
		JitterShape: read(o, "jitter_shape", asShape),
		Unordered:   read(o, "unordered", asYes),
		Loss:        read(o, "loss", asLoss),
		LossBurst:   read(o, "loss_burst", asPackets),
		Reorder:     read(o, "reorder", asShare),
		Duplicate:   read(o, "duplicate", asShare),
		Corrupt:     read(o, "corrupt", asShare),
		CoDel:       d.codel(o),
		Outages:     d.outages(o),
	}
	l.IdleAfter, l.IdlePenalty = d.idlePenalty(o)
	d.overTime(o, direction, &l)
	d.timeline(o, &l)
	d.queue(o, &l)
	d.sensible(o, l)
	if err := l.Check(); err != nil && len(d.all) == 0 && d.broken == nil {
		at := o.path
		if o.n == nil {
			return l
		}
		d.add(o.n.position, at, "%v", err)
	}
	return l
}

// sensible notes values that only make sense with others, where they stand.
func (d *decoder) sensible(o object, l emulator.Link) {
	either := func(a, b, want string) {
		if o.has(a) && o.has(b) {
			d.add(last(o.n.entry(a).position, o.n.entry(b).position), o.path, "%s", want)
		}
	}
	either("rate", "trace", "want a rate or a trace, not both")
	either("delay", "delay_trace", "want a delay or a delay_trace, not both")
	either("loss", "loss_trace", "want a loss or a loss_trace, not both")
	if l.Jitter > l.Delay && l.Delays == nil {
		d.value(o.n.child("jitter"), join(o.path, "jitter"), "want at most the delay, "+plain(l.Delay))
	}
	needs := func(key string, there bool, want string) {
		if o.has(key) && !there {
			d.value(o.n.child(key), join(o.path, key), want)
		}
	}
	needs("jitter_shape", l.Jitter > 0, "want a jitter too, or there is nothing to spread")
	needs("unordered", l.Jitter > 0 || !l.Unordered, "want a jitter too, or nothing can overtake")
	needs("loss_burst", l.Loss > 0 || l.Losses != nil, "want a loss too, or nothing is lost")
	needs("reorder", l.Reorder == 0 || l.Delay > 0 || l.Delays != nil, "want a delay too, or there is nothing to overtake")
	limited := l.Rate > 0 || l.Trace != nil || l.Rates != nil
	needs("layer", limited, "want a rate or trace too, or there is nothing to count")
	needs("codel", limited || l.Outages != nil, "want a rate or trace too, or nothing waits")
	d.still(o, l)
}

// still notes a bottleneck that stands still under an engine that cannot.
func (d *decoder) still(o object, l emulator.Link) {
	if d.engine != "tc" {
		return
	}
	const want = "engine tc cannot stand still (HTB has no rate 0, and netem would drop what should wait): want engine auto or relay"
	zero := l.Rates != nil && slices.Min(l.Rates.Value) == 0
	for _, key := range []string{"outages", "trace", "timeline"} {
		if n := o.n.child(key); n != nil && (zero && key != "outages" || len(l.Outages) > 0 && key != "trace") {
			d.add(n.position, join(o.path, key), "%s", want)
			return
		}
	}
}

// queue reads the limit of what waits, or gives the default one.
func (d *decoder) queue(o object, l *emulator.Link) {
	q := read(o, "queue", asQueue)
	l.Queue, l.QueuePackets, l.QueueTime = q.bytes, q.packets, q.time
	if !o.has("queue") {
		l.Queue = defaultQueue(*l)
	}
}

// defaultQueue is 100 ms at the rate of the link, as routers are commonly
// given, and at least 64 full frames, so that TCP's initial window and its
// doubling are not cut at low rates. A link without limit has no queue.
func defaultQueue(l emulator.Link) unit.Bytes {
	rate := l.MeanRate()
	if rate == 0 {
		return 0
	}
	return max(unit.Bytes(int64(rate)/8/int64(time.Second/(100*time.Millisecond))), 64*emulator.FullFrame)
}

func (d *decoder) codel(o object) *emulator.CoDel {
	if !o.has("codel") {
		return nil
	}
	in := o.in("codel")
	return &emulator.CoDel{
		Target:   read(in, "target", within(time.Microsecond, maxDelay)),
		Interval: read(in, "interval", within(time.Microsecond, maxDelay)),
	}
}

func (d *decoder) idlePenalty(o object) (after, penalty time.Duration) {
	if !o.has("idle") {
		return 0, 0
	}
	in := o.in("idle")
	return read(in, "after", within(time.Microsecond, maxTime)), read(in, "penalty", within(time.Microsecond, maxDelay))
}

// outages reads when nothing passes.
func (d *decoder) outages(o object) (all []emulator.Outage) {
	ns, paths := o.items("outages", "want outages, such as [{from: 10s, to: 12s}]")
	for i, n := range ns {
		in := d.object(n, paths[i], o.pattern+".outages[]")
		all = append(all, d.window(in))
	}
	return all
}

// window reads from, to and every.
func (d *decoder) window(o object) emulator.Outage {
	w := emulator.Outage{
		From:  read(o, "from", within(0, maxTime)),
		To:    read(o, "to", within(0, maxTime)),
		Every: read(o, "every", within(0, maxTime)),
	}
	switch {
	case o.has("to") && w.To <= w.From:
		d.value(o.n.child("to"), join(o.path, "to"), "want a time after from, "+plain(w.From))
	case o.has("every") && w.Every <= w.To-w.From:
		d.value(o.n.child("every"), join(o.path, "every"), "want more than it lasts, "+plain(w.To-w.From))
	}
	return w
}

// last is the later of two positions; an override comes after the file.
func last(a, b position) position {
	if b.override == nil && (a.override != nil || a.line > b.line || a.line == b.line && a.column > b.column) {
		return a
	}
	return b
}
