package stats

import (
	"fmt"
	"math"
)

// compare sets every arm against the baseline, in each condition and overall,
// and judges the second arm.
func (d *data) compare(s *Summary) []Requirement {
	none := Estimate{Missing(), Missing(), Missing()}
	empty := Comparison{Saving: Saving{none, none, none}, AccuracyDrop: none, McNemar: McNemar{P: Missing()}, Test: Test{Missing(), Missing()}}
	s.Overall.Comparison = empty
	s.Overall.EqualWeight.Saving, s.Overall.EqualWeight.AccuracyDrop = none, Missing()
	s.Overall.Order = Order{BaselineFirst: Missing(), OtherFirst: Missing(), Difference: none}
	s.Overall.Definitions = []Definition{}
	for i := range s.Conditions {
		s.Conditions[i].Comparison = empty
	}
	requirements := []Requirement{
		{Name: saving, Bound: round(d.run.Header.Require.Saving), Value: Missing(), Low: Missing(), High: Missing(), Lower: Missing(), Upper: Missing()},
		{Name: accuracyDrop, Bound: round(d.run.Header.Require.AccuracyDrop), Value: Missing(), Low: Missing(), High: Missing(), Lower: Missing(), Upper: Missing()},
	}
	for arm := 1; arm < len(d.run.Header.Arms); arm++ {
		c := d.comparison(s, arm)
		if arm > 1 {
			s.Overall.Others = append(s.Overall.Others, c.overall(d, s))
			continue
		}
		c.fill(d, s)
		requirements = c.requirements(d)
	}
	s.Overall.Controls = d.controls(s)
	for i, r := range requirements {
		if len(d.run.Header.Arms) < 2 {
			requirements[i].Advice = advise(r, amount{unit: "pairs"})
		}
	}
	return requirements
}

// A comparing is one arm being set against the baseline.
type comparing struct {
	arm     int
	savings savings
	same    *subset // of the pairs at one placement; nil where there is one alone
	drops   drops   // of the images in the valid conditions
	pairs   []pair
	bound   bound // of the drop
}

// A compared is one arm against the baseline in one condition.
type compared struct {
	Comparison
	pairs     []pair
	together  []pair // at the same placement
	draws     redrawn
	sameDraws redrawn
}

// comparison fills in the conditions for one arm.
func (d *data) comparison(s *Summary, arm int) *comparing {
	h := &d.run.Header
	c := &comparing{arm: arm, savings: savings{confidence: h.Require.Confidence}, drops: drops{}}
	if d.options.placed {
		c.same = newSubset(h.Require.Confidence)
	}
	inOrder(len(d.cells), func(i int) compared { return d.compareIn(i, arm) }, func(i int, k compared) {
		out := &s.Conditions[i]
		c.savings.take(&k.draws, out.Valid)
		if c.same != nil {
			c.same.take(&k.sameDraws, k.together, out.Valid)
		}
		if n := len(k.pairs); n > 0 && n < fewestPairs {
			out.Warnings = append(out.Warnings, finding(TooFew, "%s: %d pairs bear no interval, which needs %d", k.Arm, n, fewestPairs).by(k.Arm).of(float64(n), fewestPairs))
		}
		if w := k.Saving.skewed(); w != "" {
			out.Warnings = append(out.Warnings, finding(Skewed, "%s: %s", k.Arm, w).by(k.Arm))
		}
		if out.Valid {
			c.pairs = append(c.pairs, k.pairs...)
			for _, p := range k.pairs {
				c.drops.add(p)
			}
		}
		if arm > 1 {
			out.Others = append(out.Others, k.Comparison)
			return
		}
		out.Comparison = k.Comparison
	})
	d.adjust(s, arm)
	c.bound = c.drops.bounds(h.Require.Confidence, decides(h))
	return c
}

// compareIn compares an arm in one condition.
func (d *data) compareIn(i, arm int) compared {
	h := &d.run.Header
	st, pairs := d.stratum(i, arm, nil)
	images := dropsOf(pairs)
	name := d.cells[i].condition.ID + "\x00" + d.arms[arm]
	k := compared{pairs: pairs, draws: draw(st, h.Seed, name, h.Require.Confidence)}
	k.Comparison = Comparison{Arm: d.arms[arm], Pairs: len(pairs), Images: len(images), Saving: k.draws.saving,
		AccuracyDrop: published(d.publishedDrop(pairs)), McNemar: McNemar{P: Missing()},
		Test: Test{lessThan(h.Require.Saving, k.draws.curve), Missing()}}
	if d.scored() {
		k.AccuracyDrop = images.points(images.bounds(h.Require.Confidence, decides(h)))
		k.McNemar = images.mcnemar()
	}
	if d.options.placed {
		st, k.together = d.stratum(i, arm, d.together)
		k.sameDraws = draw(st, h.Seed, name+"\x00same placement", h.Require.Confidence)
		k.SamePlacement = &Subset{Pairs: len(k.together), Saving: k.sameDraws.saving.MeanOfRatios, AccuracyDrop: d.dropOf(k.together)}
	}
	return k
}

// farMeans is how far apart two means of savings must be for a reader to care.
const farMeans = 0.01

// skewed warns of a mean of ratios that a few slow requests decide: the
// geometric mean, which they move little, is outside its interval, and far off. A pair in
// which the compared arm was slow counts by minus its whole factor, one in which
// the baseline was by less than one, so that what strikes both alike, such as a
// lost packet that TCP waits long for, does not cancel.
func (s Saving) skewed() string {
	m, g := s.MeanOfRatios, s.Geometric.Value
	if !m.Low.Known() || !m.High.Known() || !g.Known() || g >= m.Low && g <= m.High || math.Abs(float64(g-m.Value)) < farMeans {
		return ""
	}
	return fmt.Sprintf("Δt, a mean of ratios, is %s, but the geometric mean %s is outside its interval: a few very slow requests decide it, "+
		"as losses make them, whichever arm they strike; look at the other means before you believe it", m.Value.Percent(1), g.Percent(1))
}

// overall is the arm against the baseline over the valid conditions.
func (c *comparing) overall(d *data, s *Summary) Comparison {
	total, curve := c.savings.definition(measured)
	p := lessThan(d.run.Header.Require.Saving, curve)
	k := Comparison{Arm: d.arms[c.arm], Pairs: len(c.pairs), Images: len(c.drops), Saving: total,
		AccuracyDrop: published(d.publishedDrop(c.pairs)), McNemar: McNemar{P: Missing()}, Test: Test{p, p}, SamePlacement: c.same.summary(d)}
	if d.scored() {
		k.AccuracyDrop = c.drops.points(c.bound)
		k.McNemar = c.drops.mcnemar()
	}
	return k
}

// fill writes the overall numbers of the judged arm.
func (c *comparing) fill(d *data, s *Summary) {
	o := &s.Overall
	o.Comparison, o.Placements = c.overall(d, s), d.placements(s)
	o.Conditions, o.Trials = c.savings.conditions(), c.savings.trials
	for i, def := range defined {
		value, _ := c.savings.definition(i)
		o.Definitions = append(o.Definitions, Definition{def.name, def.what, int(c.savings.total[i].n), value})
	}
	o.EqualWeight.Saving = c.savings.equalWeight()
	var drops []float64
	for _, k := range s.Conditions {
		if k.Valid && k.AccuracyDrop.Value.Known() {
			drops = append(drops, float64(k.AccuracyDrop.Value))
		}
	}
	o.EqualWeight.AccuracyDrop = round(mean(drops))
	for _, k := range s.Conditions {
		if k.Valid && k.Saving.MeanOfRatios.Value < Number(d.run.Header.Require.Saving) {
			o.Below++
		}
	}
	o.Order = d.orderEffect(s)
	d.warnOrder(o.Order, o.Saving.MeanOfRatios.Value)
	if n := len(c.savings.single); n > 0 {
		d.warn(TooFew, "%d conditions have a single pair: how they differ from each other counts as chance in the overall interval", n)
	}
}

// requirements judges the arm.
func (c *comparing) requirements(d *data) []Requirement {
	h := &d.run.Header
	total, curve := c.savings.definition(measured)
	tail := 1 - decides(h)
	r := total.MeanOfRatios
	save := judge(Requirement{Name: saving, Bound: round(h.Require.Saving), Value: r.Value, Low: r.Low, High: r.High,
		Lower: savedAt(curve, tail), Upper: savedAt(curve, 1-tail)}, true)
	pairs := c.many(int(c.savings.total[measured].n), "pairs")
	if curve != nil {
		pairs.freedom, pairs.confidence = curve.t.Nu, decides(h)
	}
	save.Advice = advise(save, pairs)

	if !d.scored() {
		return []Requirement{save, publishedRequirement(d.publishedDrop(c.pairs), h.Require.AccuracyDrop)}
	}
	b := c.bound
	drop := judge(Requirement{Name: accuracyDrop, Bound: round(h.Require.AccuracyDrop), Value: round(c.drops.value()),
		Low: round(b.low), High: round(b.high), Lower: round(b.lower), Upper: round(b.upper)}, false)
	drop.Advice = c.adviseDrop(drop, decides(h))
	return []Requirement{save, drop}
}

// adviseDrop is advise, but by the interval of the drop itself, which does not
// go with 1/√n where images are few or hardly any tells the arms apart.
func (c *comparing) adviseDrop(r Requirement, confidence float64) string {
	images := c.many(len(c.drops), "images")
	if r.Met != nil || images.n == 0 {
		return advise(r, images)
	}
	p := c.drops.proportions()
	return images.advice(p.needs(float64(r.Bound), oneSided(confidence)) - float64(images.n))
}

// many is how many of unit there are, with how many a repetition of the valid
// conditions gave.
func (c *comparing) many(n int, unit string) amount {
	return amount{n: n, unit: unit, inRepetition: float64(n) * float64(c.savings.conditions()) / float64(max(c.savings.trials, 1))}
}
