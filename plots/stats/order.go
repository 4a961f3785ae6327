package stats

import "math"

// An order effect is told of that is more than leastOrder, and more than
// orderShare of Δt. Orders are balanced, so Δt is half of it off what it would be
// with either order alone.
const (
	leastOrder = 0.01
	orderShare = 0.1
)

// An ordered is pairs by which arm went first: the baseline, the other.
type ordered struct{ n, ratio [2]float64 }

func orderedOf(pairs []pair) (o ordered) {
	for _, p := range pairs {
		k := 1
		if p.baseFirst() {
			k = 0
		}
		s := sumsOf(measured, p)
		o.n[k] += s.n
		o.ratio[k] += s.ratio
	}
	return o
}

// baseFirst says that the baseline's request was made before the other's, which
// are two of several where there are more arms.
func (p pair) baseFirst() bool {
	if p.base.First || p.other.First {
		return p.base.First
	}
	return p.base.Sent < p.other.Sent
}

// influences are those of units on n₀n₁/(n₀+n₁) times the difference of the two
// means of ratios in a condition, which it gives too, with that weight; none if
// all its pairs are of one order.
func (all ordered) influences(units []ordered) (of []float64, difference, weight float64) {
	if all.n[0] == 0 || all.n[1] == 0 {
		return nil, 0, 0
	}
	weight = all.n[0] * all.n[1] / (all.n[0] + all.n[1])
	m := [2]float64{all.ratio[0] / all.n[0], all.ratio[1] / all.n[1]}
	for _, u := range units {
		of = append(of, weight*((u.ratio[0]-m[0]*u.n[0])/all.n[0]-(u.ratio[1]-m[1]*u.n[1])/all.n[1]))
	}
	return of, weight * (m[0] - m[1]), weight
}

// orderEffect compares the judged arm's pairs by which arm went first, over the valid
// conditions.
func (d *data) orderEffect(s *Summary) Order {
	var all ordered
	var influences [][]float64
	var difference, weight float64
	for i := range d.cells {
		if !s.Conditions[i].Valid {
			continue
		}
		var here ordered
		var units []ordered
		for _, pairs := range d.cells[i].units(judgedArm, nil) {
			u := orderedOf(pairs)
			units = append(units, u)
			for k := range u.n {
				here.n[k], here.ratio[k] = here.n[k]+u.n[k], here.ratio[k]+u.ratio[k]
				all.n[k], all.ratio[k] = all.n[k]+u.n[k], all.ratio[k]+u.ratio[k]
			}
		}
		of, by, w := here.influences(units)
		influences, difference, weight = append(influences, of), difference+by, weight+w
	}
	var by deviation
	for _, of := range influences {
		for i := range of {
			of[i] /= weight
		}
		by.add(of)
	}
	o := Order{BaselineFirst: round(all.ratio[0] / all.n[0]), OtherFirst: round(all.ratio[1] / all.n[1]), Pairs: [2]int{int(all.n[0]), int(all.n[1])}}
	var c *curve
	if all.n[0]+all.n[1] >= fewestPairs {
		c = studentsCurve(difference/weight, by)
	}
	tail := (1 - d.run.Header.Require.Confidence) / 2
	o.Difference = Estimate{round(difference / weight), round(c.at(tail)), round(c.at(1 - tail))}
	return o
}

// warnOrder warns of an order effect that matters.
func (d *data) warnOrder(o Order, saving Number) {
	e := o.Difference
	most := Number(max(leastOrder, orderShare*math.Abs(float64(saving))))
	if e.Low <= 0 && e.High >= 0 || !e.Low.Known() || Number(math.Abs(float64(e.Value))) <= most {
		return
	}
	d.warnings = append(d.warnings, finding(OrderEffect, "%s saves %s where %s went first in the pair, and %s where it went first itself (difference within conditions %s points, %s to %s): "+
		"one arm leaves something behind that the other meets; orders are balanced, so Δt lies between", d.arms[judgedArm], o.BaselineFirst.Percent(1), d.arms[0], o.OtherFirst.Percent(1),
		(100*e.Value).Fixed(1), (100*e.Low).Fixed(1), (100*e.High).Fixed(1)).of(float64(e.Value), float64(most)))
}
