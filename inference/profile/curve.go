package profile

import (
	"math"
	"slices"
)

// A Curve is by what factor computing takes longer as others use the CPUs, for
// inferences of a number of threads.
type Curve struct {
	Threads int     `yaml:"threads,omitempty" json:"threads"` // 0: any
	Points  []Point `yaml:"points" json:"points"`             // ascending; the first is 1 at 0

	// Alpha and Knee are the closest curve of two parameters,
	// 1/(1 − α·min(u, u*)), as selector.Prior has: for who wants two numbers.
	Alpha float64 `yaml:"alpha" json:"alpha"`
	Knee  float64 `yaml:"knee" json:"knee"`
}

// A Point is the factor at a utilization: the median over the models, made
// nondecreasing. Low and High are the least and the largest of any model.
type Point struct {
	Utilization float64 `yaml:"utilization" json:"utilization"` // asked for, 0 to 1
	Slowdown    float64 `yaml:"slowdown" json:"slowdown"`       // at least 1
	Low         float64 `yaml:"low,omitempty" json:"low,omitempty"`
	High        float64 `yaml:"high,omitempty" json:"high,omitempty"`
}

// At returns the factor at a utilization, which is taken as 0 below 0. Between
// points the speed, 1/factor, is linear, as it is where others take their share
// and leave the rest; beyond the last point the factor stays what it is there.
//
// Past its fair share the background gets no more, so the factor of what it
// asks for and the factor of what it is seen to use are the same: a selector
// may put in what it observes.
func (c Curve) At(utilization float64) float64 {
	if len(c.Points) == 0 || !(utilization > c.Points[0].Utilization) {
		return 1
	}
	i := slices.IndexFunc(c.Points, func(p Point) bool { return p.Utilization >= utilization })
	if i < 0 {
		return c.Points[len(c.Points)-1].Slowdown
	}
	a, b := c.Points[i-1], c.Points[i]
	along := (utilization - a.Utilization) / (b.Utilization - a.Utilization)
	return 1 / (1/a.Slowdown + along*(1/b.Slowdown-1/a.Slowdown))
}

// Fit makes the curves of what was measured under load, one for each number of
// threads, ascending. There are none if nothing was.
func Fit(models []Model) []Curve {
	factors := map[int]map[float64][]float64{} // by threads and utilization, of each model
	for _, m := range models {
		for _, t := range m.Threads {
			for _, l := range t.Loaded {
				if l.Expected() <= 0 || t.Expected() <= 0 {
					continue
				}
				if factors[t.Threads] == nil {
					factors[t.Threads] = map[float64][]float64{}
				}
				factors[t.Threads][l.Utilization] = append(factors[t.Threads][l.Utilization], float64(l.Expected())/float64(t.Expected()))
			}
		}
	}
	var curves []Curve
	for threads, at := range factors {
		curves = append(curves, fit(threads, at))
	}
	slices.SortFunc(curves, func(a, b Curve) int { return a.Threads - b.Threads })
	return curves
}

func fit(threads int, factors map[float64][]float64) Curve {
	c := Curve{Threads: threads, Points: []Point{{Slowdown: 1}}}
	for u, f := range factors {
		slices.Sort(f)
		c.Points = append(c.Points, Point{Utilization: u, Slowdown: middle(f), Low: f[0], High: f[len(f)-1]})
	}
	slices.SortFunc(c.Points, func(a, b Point) int { return int(math.Copysign(1, a.Utilization-b.Utilization)) })
	raise(c.Points)
	c.Alpha, c.Knee = twoParameters(c.Points)
	for i := range c.Points {
		p := &c.Points[i]
		p.Slowdown, p.Low, p.High = thousandths(p.Slowdown), thousandths(p.Low), thousandths(p.High)
	}
	return c
}

func thousandths(v float64) float64 { return math.Round(1000*v) / 1000 }

// middle is the median of sorted values, the mean of the two in the middle.
func middle(sorted []float64) float64 {
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// raise makes the factors nondecreasing and at least the first, moving them as
// little as possible (least squares): neighbours that are in the wrong order
// get their mean, and that as often as it takes (pool adjacent violators). The
// first is 1 by definition and stays.
func raise(points []Point) {
	type pool struct {
		sum float64
		n   int
	}
	var pools []pool
	for _, p := range points[1:] {
		pools = append(pools, pool{p.Slowdown, 1})
		for k := len(pools) - 1; k > 0 && pools[k-1].sum*float64(pools[k].n) > pools[k].sum*float64(pools[k-1].n); k-- {
			pools[k-1] = pool{pools[k-1].sum + pools[k].sum, pools[k-1].n + pools[k].n}
			pools = pools[:k]
		}
	}
	i := 1
	for _, p := range pools {
		for range p.n {
			points[i].Slowdown = max(points[0].Slowdown, p.sum/float64(p.n))
			i++
		}
	}
}

// Steps of the search of twoParameters. A factor beyond 1/(1−mostAlpha) = 100
// is not a slowdown but a stop.
const (
	mostAlpha = 0.99
	parameter = 0.005
)

// twoParameters finds the α and u* that are closest in the logarithm of the
// factor, by trying them all: there are some forty thousand. Of equals it
// takes the smallest.
func twoParameters(points []Point) (alpha, knee float64) {
	best := math.Inf(1)
	for k := parameter; k <= 1+parameter/2; k += parameter {
		for a := 0.0; a <= mostAlpha+parameter/2; a += parameter {
			off := 0.0
			for _, p := range points {
				d := math.Log(p.Slowdown * (1 - a*min(p.Utilization, k)))
				off += d * d
			}
			if off < best-1e-12 {
				best, alpha, knee = off, a, k
			}
		}
	}
	return thousandths(alpha), thousandths(knee)
}
