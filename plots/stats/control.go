package stats

import (
	"math"
	"slices"

	"github.com/testbed/testbed/runner/record"
)

// SameOption is the kind of a control that is of pairs with the same option; one
// of an arm is of ArmKind.
const SameOption = "same option"

// What a control is held to: a control that fails one time in twenty, or by a
// difference that matters to nobody, is none.
const (
	controlConfidence = 0.99
	controlDifference = 0.02
)

// controls compare what should be alike with itself (A/A).
func (d *data) controls(s *Summary) []Against {
	out := []Against{}
	for arm := 1; arm < len(d.run.Header.Arms); arm++ {
		var a Against
		if sameSettings(&d.run.Header, arm) {
			a = d.against(s, arm, ArmKind, nil)
		} else {
			a = d.against(s, arm, SameOption, func(p pair) bool { return p.base.used == p.other.used })
			if a.Pairs < fewestPairs {
				continue
			}
			if a.Held != nil && !*a.Held {
				d.warnings = append(d.warnings, finding(Control, "in the %d pairs in which %s and %s chose the same option, %s took %s less time (%s interval %s to %s), though the model is the same at the same place: "+
					"so much of what an arm saves may be due not to its choice but to what it meets, such as models that it fetched or loaded before, a queue, or which arm went first",
					a.Pairs, d.arms[0], a.Arm, a.Arm, a.Saving.Value.Percent(1), Number(controlConfidence).Percent(0), a.Saving.Low.Percent(1), a.Saving.High.Percent(1)).
					by(a.Arm).of(float64(a.Saving.Value), controlDifference))
			}
		}
		out = append(out, a)
	}
	return out
}

// sameSettings says that an arm is set as the baseline is.
func sameSettings(h *record.Header, arm int) bool {
	if arm >= len(h.Selectors) {
		return false
	}
	sorted := func(list []string) []string { return slices.Sorted(slices.Values(list)) }
	a, b := h.Selectors[0], h.Selectors[arm]
	return a.Policy == b.Policy && slices.Equal(sorted(a.Settings), sorted(b.Settings)) && slices.Equal(sorted(a.Placements), sorted(b.Placements))
}

// against is an arm against the baseline over those pairs of the valid
// conditions that are kept (nil: all).
func (d *data) against(s *Summary, arm int, kind string, keep func(pair) bool) Against {
	var units [][]block
	var total sums
	for i := range d.cells {
		if !s.Conditions[i].Valid {
			continue
		}
		var here []block
		for _, pairs := range d.cells[i].units(arm, keep) {
			var b block
			for _, p := range pairs {
				u := sumsOf(measured, p)
				b[measured].add(&u)
			}
			total.add(&b[measured])
			here = append(here, b)
		}
		units = append(units, here)
	}
	a := Against{Kind: kind, Arm: d.arms[arm], Pairs: int(total.n), Saving: Estimate{Missing(), Missing(), Missing()}}
	if total.n == 0 {
		return a
	}
	var c *curve
	if total.n >= fewestPairs {
		c = studentsCurve(total.log/total.n, total.deviations(units, measured)[2])
	}
	a.Saving = savedBy(total.values()[2], c, controlConfidence)
	if c != nil {
		held := a.Saving.Low <= 0 && a.Saving.High >= 0 || math.Abs(float64(a.Saving.Value)) <= controlDifference
		a.Held = &held
	}
	return a
}

// units are an arm's pairs that are kept (nil: all) and have a measured time:
// those of each trial or, if there is only one, of each of its batches.
func (c *cell) units(arm int, keep func(pair) bool) [][]pair {
	var out [][]pair
	for _, t := range c.trials {
		var kept []pair
		for _, p := range t.pairs[arm] {
			if sumsOf(measured, p).n > 0 && (keep == nil || keep(p)) {
				kept = append(kept, p)
			}
		}
		if len(kept) > 0 {
			out = append(out, kept)
		}
	}
	if len(out) != 1 {
		return out
	}
	all := out[0]
	out = nil
	for i := range min(len(all), mostBatches) {
		from, to := batch(i, len(all))
		out = append(out, all[from:to])
	}
	return out
}
