package stats

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// farthest is how many deviations from the middle draws are asked for their
// quantile: beyond, where ten or fewer of 10 000 are, a bound goes on as
// Student's t does.
const farthest = 3.09

// A curve gives for each probability the bound that a number is below with it
// (a confidence curve); intervals and p values are read off the same one.
//
// It is the BCa bootstrap's (Efron 1987; DiCiccio and Efron 1996), widened for
// what few trials do not show: the distance from the value to a bound is
// multiplied by s·t/z, where s is the deviation that differences of trials
// give over that of the draws, and t/z is Student's quantile over the normal one.
// Draws of three trials alone are too narrow by √(2/3), and do not know
// how little three trials say of their spread; draws of pairs within trials
// know nothing of how trials differ. What they do give is the shape.
//
// Without draws, or with draws that are all equal, it is Student's t.
type curve struct {
	value     float64
	deviation float64
	t         distuv.StudentsT

	draws   spread
	sorted  bool
	z0, a   float64 // of BCa; both 0: of percentiles
	stretch float64
	log     bool // draws are to be taken the logarithm of
}

// studentsCurve is one by Student's t; nil if nothing differs that could.
func studentsCurve(value float64, by deviation) *curve {
	if by.most == 0 {
		return nil
	}
	return &curve{value: value, deviation: math.Sqrt(by.variance), t: distuv.StudentsT{Sigma: 1, Nu: by.freedom()}}
}

// curveOf is one of draws, which it takes over; nil without draws, or if
// nothing differs that could. by is of the value, or its logarithm if log is set.
func curveOf(value float64, draws spread, log bool, by deviation) *curve {
	c := studentsCurve(value, by)
	if c == nil || len(draws) == 0 {
		return nil
	}
	scale := 1.0
	if log {
		c.value, scale = math.Log(value), value
	}
	var below, sum, square float64
	for _, x := range draws {
		off := (x - value) / scale
		sum, square = sum+off, square+off*off
		switch {
		case x < value:
			below++
		case x == value:
			below += 0.5
		}
	}
	n := float64(len(draws))
	if spread := math.Sqrt(square/n - sum/n*sum/n); spread > 0 {
		c.draws, c.log, c.stretch = draws, log, c.deviation/spread
		if z0 := distuv.UnitNormal.Quantile(below / n); finite(z0) {
			c.z0, c.a = z0, by.acceleration()
		}
	}
	return c
}

// at is the bound that the number is below with probability p.
func (c *curve) at(p float64) float64 {
	if c == nil {
		return math.NaN()
	}
	return c.bound(c.t.Quantile(p), distuv.UnitNormal.Quantile(p))
}

// bound is at the p of which t and z are the quantiles.
func (c *curve) bound(t, z float64) float64 {
	if len(c.draws) == 0 {
		return c.value + c.deviation*t
	}
	z = min(max(z, -farthest), farthest)
	if math.Abs(z) < 1e-3 { // a little off the middle, where t/z is 0/0
		z = math.Copysign(1e-3, z)
		t = c.t.Quantile(distuv.UnitNormal.CDF(z))
	}
	w := c.z0 + z
	p := distuv.UnitNormal.CDF(c.z0 + w/(1-c.a*w))
	if c.a*w >= 1 {
		p = distuv.UnitNormal.CDF(z)
	}
	q := c.quantile(p)
	if c.log {
		q = math.Log(q)
	}
	return c.value + (q-c.value)*c.stretch*t/z
}

func (c *curve) quantile(p float64) float64 {
	k := rank(p, len(c.draws)) - 1
	if c.sorted {
		return c.draws[k]
	}
	return c.draws.nth(k)
}

// above is the probability with which the number is above x: at(1 − above) is
// x.
func (c *curve) above(x float64) float64 {
	if c == nil {
		return math.NaN()
	}
	if !c.sorted {
		slices.Sort(c.draws)
		c.sorted = true
	}
	lo, hi := -20.0, 20.0 // of asinh t
	for range 60 {
		mid := (lo + hi) / 2
		t := math.Sinh(mid)
		z := math.Copysign(distuv.UnitNormal.Quantile(c.t.CDF(-math.Abs(t))), t)
		if c.bound(t, z) < x {
			lo = mid
		} else {
			hi = mid
		}
	}
	return c.t.CDF(-math.Sinh(hi))
}
