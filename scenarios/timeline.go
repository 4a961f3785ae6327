package scenarios

import (
	"slices"
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/trace"
)

// maxEvents is how many changes a timeline may be in all.
const maxEvents = 100_000

// A span is when an event holds, and its value. Of those that hold for good the
// latest counts, and before it the last in the list of those that end.
type span struct {
	from, to time.Duration
	value    float64
}

// timeline reads the changes of a link and makes quantities over time of them.
// Where none holds, what the link says beside it does.
func (d *decoder) timeline(o object, l *emulator.Link) {
	ns, paths := o.items("timeline", "want changes, such as [{from: 10s, to: 20s, rate: 1Mbps}]")
	var rates, delays, losses []span
	for i, n := range ns {
		in := d.object(n, paths[i], o.pattern+".timeline[]")
		when := d.when(in)
		if in.has("rate") {
			rates = append(rates, spread(when, float64(read(in, "rate", asRate)))...)
			d.base(in, "rate", l.Rate > 0 && read(in, "rate", asRate) > 0, "want a rate of the link, and here, too; unlimited has no number")
		}
		if in.has("delay") {
			delays = append(delays, spread(when, read(in, "delay", within(0, maxDelay)).Seconds())...)
			d.base(in, "delay", l.Delays == nil, "the link has a delay_trace already")
		}
		if in.has("loss") {
			losses = append(losses, spread(when, read(in, "loss", asLoss))...)
			d.base(in, "loss", l.Losses == nil, "the link has a loss_trace already")
		}
		if read(in, "outage", asYes) {
			l.Outages = append(l.Outages, outagesOf(when)...)
			d.base(in, "outage", !in.has("at"), "want from and to: what begins and never ends would hold up all that comes")
		}
		if in.n != nil && !in.has("rate") && !in.has("delay") && !in.has("loss") && !in.has("outage") {
			d.add(n.position, paths[i], "want what changes: rate, delay, loss or outage")
		}
	}
	if len(rates) > 0 {
		l.Rates, l.Rate = compile("timeline", float64(l.Rate), rates), 0
	}
	if len(delays) > 0 {
		l.Delays, l.Delay = compile("timeline", l.Delay.Seconds(), delays), 0
	}
	if len(losses) > 0 {
		l.Losses, l.Loss = compile("timeline", l.Loss, losses), 0
	}
}

// base notes an event that cannot be.
func (d *decoder) base(o object, key string, ok bool, want string) {
	if !ok {
		d.value(o.n.child(key), join(o.path, key), want)
	}
}

// when reads when an event holds: at, or from and to with every and times.
func (d *decoder) when(o object) []emulator.Outage {
	if o.n == nil {
		return nil
	}
	if o.has("at") {
		if o.has("from") || o.has("to") || o.has("every") || o.has("times") {
			d.add(o.n.position, o.path, "want at, or from and to; not both")
		}
		return []emulator.Outage{{From: read(o, "at", within(0, maxTime)), To: trace.Forever}}
	}
	if !o.has("from") || !o.has("to") {
		d.add(o.n.position, o.path, "want at, or from and to")
		return nil
	}
	w := d.window(o)
	times := read(o, "times", whole(1, maxEvents))
	switch {
	case times == 0 && w.Every == 0:
		return []emulator.Outage{w}
	case times > 0 && w.Every == 0:
		d.value(o.n.child("times"), join(o.path, "times"), "want every too")
		return nil
	case times == 0 && o.has("times"):
		return nil // noted
	case times == 0 && !o.has("outage"):
		d.value(o.n.child("every"), join(o.path, "every"), "want times too: how often")
		return nil
	case times == 0:
		return []emulator.Outage{w} // for ever
	}
	var all []emulator.Outage
	for i := range times {
		by := time.Duration(i) * w.Every
		all = append(all, emulator.Outage{From: w.From + by, To: w.To + by})
	}
	return all
}

func spread(when []emulator.Outage, value float64) (all []span) {
	for _, w := range when {
		all = append(all, span{w.From, w.To, value})
	}
	return all
}

func outagesOf(when []emulator.Outage) []emulator.Outage {
	return slices.DeleteFunc(slices.Clone(when), func(w emulator.Outage) bool { return w.To == trace.Forever })
}

// compile makes a quantity over time of a value and the spans in which another
// holds. It stays as it is after the last of them.
func compile(name string, base float64, spans []span) *trace.Series {
	times := []time.Duration{0}
	for _, s := range spans {
		times = append(times, s.from)
		if s.to != trace.Forever {
			times = append(times, s.to)
		}
	}
	slices.Sort(times)
	s := &trace.Series{Name: name, Wrap: trace.Hold}
	for _, t := range slices.Compact(times) {
		value := base
		since := time.Duration(-1) // of what holds for good
		for _, sp := range spans {
			if sp.to == trace.Forever && sp.from <= t && sp.from >= since {
				since, value = sp.from, sp.value
			}
		}
		for _, sp := range spans {
			if sp.to != trace.Forever && sp.from <= t && t < sp.to {
				value = sp.value
			}
		}
		if n := len(s.Value); n == 0 || s.Value[n-1] != value {
			s.At, s.Value = append(s.At, t), append(s.Value, value)
		}
	}
	s.Period = s.At[len(s.At)-1] + time.Second
	return s
}
