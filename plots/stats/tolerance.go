package stats

import (
	"fmt"
	"math"
	"slices"

	"github.com/testbed/testbed/emulator/unit"
	"github.com/testbed/testbed/runner/record"
)

// examineChecks holds the probes of every trial to the tolerances. A tolerance
// of zero is none that was set: nothing is compared with it.
func (w *world) examineChecks() {
	w.told[Network] = slices.ContainsFunc(w.checks, func(c *record.Check) bool { return c.Engine != record.Real || len(c.Links) > 0 })
	const unprobed = "no probe of the links is recorded: asked and achieved were not compared"
	switch {
	case len(w.checks) > 0:
	case w.emulated && slices.ContainsFunc(w.condition.Links, func(l record.Link) bool { return l.Rate > 0 || l.Delay > 0 || l.Loss > 0 || l.Varies }):
		w.reasonOf(math.NaN(), math.NaN(), Network, unprobed)
	default:
		w.warn(Network, unprobed)
	}
	var outside []*excess
	for _, c := range w.checks {
		for _, l := range c.Links {
			if w.tolerance.Rate > 0 && l.AskedRate > 0 {
				by := off(l.Rate, l.AskedRate)
				e := find(&outside, Network, c.Node+" "+l.Direction)
				e.add(by, w.tolerance.Rate, fmt.Sprintf("achieved %s of %s asked, tolerance %s %%",
					rateText(l.Rate), rateText(l.AskedRate), Number(w.tolerance.Rate*100).Significant(3)))
			}
		}
		if w.tolerance.Delay > 0 && c.Engine != record.Real {
			by := (c.RTT - c.AskedRTT).Abs()
			e := find(&outside, Network, c.Node+" round trip")
			e.add(millis(by), millis(w.tolerance.Delay), fmt.Sprintf("achieved %s of %s asked, tolerance %s",
				timeText(c.RTT), timeText(c.AskedRTT), timeText(w.tolerance.Delay)))
		}
	}
	w.differences()
	for _, e := range outside {
		if e.count > 0 {
			w.reasonOf(e.by, e.most, e.name, "%s: %s (in %d of %d trials)", e.what, e.worst, e.count, e.trials)
		}
	}
}

// differences warns of links whose engine is known to differ from what was
// asked, in a way that probes of rate and round trip do not show.
func (w *world) differences() {
	var told []string
	for _, c := range w.checks {
		if c.Differs != "" && !slices.Contains(told, c.Node+c.Differs) {
			told = append(told, c.Node+c.Differs)
			w.warn(Network, "%s: the links are played by %s and are not quite what was asked: %s", c.Node, c.Engine, c.Differs)
		}
	}
}

// An excess is one quantity that was outside its tolerance in some trials.
type excess struct {
	name   string // of the finding
	what   string
	worst  string  // the trial that was furthest off
	by     float64 // of that one: in milliseconds, or a share
	most   float64 // that it may be
	count  int     // trials outside
	trials int
}

// find is the excess of what, which is added if there is none.
func find(list *[]*excess, name, what string) *excess {
	for _, e := range *list {
		if e.what == what {
			return e
		}
	}
	e := &excess{name: name, what: what}
	*list = append(*list, e)
	return e
}

// add counts a trial in which the quantity was off by so much, and may be off by
// most.
func (e *excess) add(by, most float64, text string) {
	e.trials++
	if by <= most {
		return
	}
	e.count++
	if by/most > e.by/e.most || e.count == 1 {
		e.by, e.most, e.worst = by, most, text
	}
}

// off is how far a rate is from the asked one, as a share of that.
func off(got, asked unit.BitRate) float64 {
	return math.Abs(float64(got-asked)) / float64(asked)
}
