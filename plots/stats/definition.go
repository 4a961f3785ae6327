package stats

import (
	"math"
	"time"
)

// The definitions of t by which savings are counted. The first is the one of
// the verdict.
const (
	measured = iota
	inferenceOnly
	warmEnd
	coldEnd
	definitions
)

// defined says what each definition of t counts.
var defined = [definitions]struct{ name, what string }{
	measured:      {"measured", "the phases that the scenario's measure names: the t of the verdict"},
	inferenceOnly: {"inference-only", "infer"},
	warmEnd:       {"warm end-to-end", "all phases without fetch and load"},
	coldEnd:       {"cold end-to-end", "all phases"},
}

// timeOf is t of a request by a definition.
func timeOf(definition int, r *request) time.Duration {
	switch definition {
	case inferenceOnly:
		return r.Phases.Infer
	case warmEnd:
		return r.Phases.Total() - r.Phases.Fetch - r.Phases.Load
	case coldEnd:
		return r.Phases.Total()
	}
	return r.Measured
}

// Sums are what the three means of a saving are made of.
type sums struct{ n, ratio, base, other, log float64 }

// sumsOf are the sums of one pair. A pair with a time that is not positive has
// no ratio, and counts as none.
func sumsOf(definition int, p pair) sums {
	b, a := timeOf(definition, p.base).Seconds(), timeOf(definition, p.other).Seconds()
	if b <= 0 || a <= 0 {
		return sums{}
	}
	return sums{n: 1, ratio: (b - a) / b, base: b, other: a, log: math.Log(a / b)}
}

func (s *sums) add(t *sums) {
	s.n += t.n
	s.ratio += t.ratio
	s.base += t.base
	s.other += t.other
	s.log += t.log
}

// values are the three means: of ratios, ratio of means, geometric. They are
// NaN where there is no pair.
func (s *sums) values() [3]float64 {
	if s.n == 0 {
		return [3]float64{math.NaN(), math.NaN(), math.NaN()}
	}
	return [3]float64{s.ratio / s.n, 1 - s.other/s.base, 1 - math.Exp(s.log/s.n)}
}
