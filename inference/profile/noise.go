package profile

import (
	"math"
	"slices"
)

// A Noise is how much inferences of a model vary: by what factor one takes
// longer than Infer predicts. Factors are log-normal,
//
//	P50/Infer · (P95/P50)^(z/1.645)        z standard normal
//
// so that half of the times are below P50 and 95 % below P95: idle, and at each
// utilization that was measured; in between, both numbers are linear. So where a
// model is slowed more or less than the curve of all has it, its own times count.
// Where no P95 is known, nothing varies. The nil Noise is none.
type Noise []spread

// A spread is the factors at a utilization.
type spread struct{ utilization, median, sigma float64 }

// NoiseOf is that of a model with a number of threads: of the closest that was
// measured. Threads 0 are the most that were.
func (p Profile) NoiseOf(name string, threads int) (Noise, error) {
	m, err := p.Model(name)
	if err != nil {
		return nil, err
	}
	t, slower := m.closest(threads), p.SlowdownOf(threads)
	idle := float64(t.Expected())
	n := Noise{t.Sample.spread(0, idle)}
	for _, l := range t.Loaded {
		n = append(n, l.Sample.spread(l.Utilization, idle*slower(l.Utilization)))
	}
	if !slices.ContainsFunc(n, func(s spread) bool { return s.sigma > 0 }) {
		return nil, nil
	}
	return n, nil
}

// z95 is the standard normal that 95 % are below.
const z95 = 1.6448536269514722

// spread is that of a sample of which the mean was predicted to be expected, in
// nanoseconds.
func (s Sample) spread(utilization, expected float64) spread {
	if s.P50 <= 0 || s.P95 <= s.P50 {
		return spread{utilization: utilization, median: float64(s.Expected()) / expected}
	}
	return spread{utilization, float64(s.P50) / expected, math.Log(float64(s.P95)/float64(s.P50)) / z95}
}

// Factor is the factor at a utilization, 0 to 1, for a z that is drawn from the
// standard normal distribution.
func (n Noise) Factor(utilization, z float64) float64 {
	if len(n) == 0 {
		return 1
	}
	at := n[len(n)-1]
	for i, b := range n[1:] {
		if utilization < b.utilization {
			a := n[i]
			along := max(0, utilization-a.utilization) / (b.utilization - a.utilization)
			at.median = a.median + float64(along*(b.median-a.median))
			at.sigma = a.sigma + float64(along*(b.sigma-a.sigma))
			break
		}
	}
	return at.median * math.Exp(at.sigma*z)
}
