package stats

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// An image is what the pairs of one image come to: how many there are, and in
// how many of them the baseline and the other arm were right.
type image struct{ pairs, base, other int }

// drops are the images of some pairs.
type drops map[string]image

// add counts a pair under its image, or each image of its batch under that.
func (d drops) add(p pair) {
	for i := range min(answers(p.base), answers(p.other)) {
		base, other := answer(p.base, i), answer(p.other, i)
		k := d[base.Sample]
		k.pairs++
		k.base += hit(base)
		k.other += hit(other)
		d[base.Sample] = k
	}
}

// dropsOf are the images of pairs.
func dropsOf(pairs []pair) drops {
	d := drops{}
	for _, p := range pairs {
		d.add(p)
	}
	return d
}

// value is accuracy_b − accuracy_a as a fraction; NaN without pairs.
func (d drops) value() float64 { return d.proportions().drop() }

// proportions are what the paired interval is made of. All sums are of whole
// numbers: the order of a map does not matter.
func (d drops) proportions() proportions {
	var pairs, base, other int // of all images
	var mm, mb, mo, bb, oo, bo int
	for _, k := range d {
		pairs, base, other = pairs+k.pairs, base+k.base, other+k.other
		mm, mb, mo = mm+k.pairs*k.pairs, mb+k.pairs*k.base, mo+k.pairs*k.other
		bb, oo, bo = bb+k.base*k.base, oo+k.other*k.other, bo+k.base*k.other
	}
	m := float64(pairs)
	p := proportions{images: float64(len(d)), base: float64(base) / m, other: float64(other) / m}
	// Σ (x − m·p)(y − m·q) over images
	product := func(xy, mx, my int, p, q float64) float64 {
		return float64(xy) - p*float64(my) - q*float64(mx) + p*q*float64(mm)
	}
	sb, so := product(bb, mb, mb, p.base, p.base), product(oo, mo, mo, p.other, p.other)
	p.baseN = effective(base, pairs, mm, sb)
	p.otherN = effective(other, pairs, mm, so)
	// What is left of sums that cancel says nothing, and would be divided by.
	if least := 1e-9 * float64(mm); varies(p.base) && varies(p.other) && sb > least && so > least {
		p.phi = product(bo, mb, mo, p.base, p.other) / math.Sqrt(sb*so)
	}
	return p
}

// bounds are those of the drop: the interval at a confidence, and the one-sided
// bounds at that which decides.
func (d drops) bounds(confidence, deciding float64) bound {
	p := d.proportions()
	var b bound
	b.low, b.high = p.interval(twoSided(confidence))
	b.lower, b.upper = p.interval(oneSided(deciding))
	return b
}

// A bound is an interval and one-sided bounds.
type bound struct{ low, high, lower, upper float64 }

// points is the drop in percentage points with its interval.
func (d drops) points(b bound) Estimate {
	return Estimate{round(100 * d.value()), round(100 * b.low), round(100 * b.high)}
}

// mcnemar counts the images that tell the arms apart, with the exact p of
// McNemar's test: if either arm were as likely to be the better one, the smaller
// of the two counts would be binomial with ½. An image of several pairs counts
// once, for the arm that was right in more of them.
func (d drops) mcnemar() McNemar {
	m := McNemar{P: Missing()}
	for _, k := range d {
		switch {
		case k.base > k.other:
			m.OnlyBaseline++
		case k.base < k.other:
			m.OnlyOther++
		}
	}
	if len(d) > 0 {
		n := distuv.Binomial{N: float64(m.OnlyBaseline + m.OnlyOther), P: 0.5}
		m.P = round(min(2*n.CDF(float64(min(m.OnlyBaseline, m.OnlyOther))), 1))
	}
	return m
}
