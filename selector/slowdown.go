package selector

import (
	"math"
	"time"
)

// Prior returns how much longer than in its profile a computation takes on a
// node whose CPUs others use to the share utilization, 0 to 1, where nothing
// better is known:
//
//	S(u) = 1/(1 − α·min(u, u*))    α = 0.65, u* = 0.72
//
// so 1 at 0, 1.48 at 0.5, and 1.88 from 0.72 on, where the others have their
// fair share and get no more. The constants fit ResNets under CPU hogs on a
// two-core machine; one factor serves all models to about 10 %.
func Prior(utilization float64) float64 {
	const alpha, knee = 0.65, 0.72
	return 1 / (1 - alpha*min(max(utilization, 0), knee))
}

// A slowdown estimates the factor by which a node now computes slower than
// when it was profiled. It follows observed inference times, as ALERT does,
// with one factor for all models; until there is one, and again when the load
// has changed since, it is what the curve says of the utilization.
//
// The zero slowdown has observed nothing.
type slowdown struct {
	curve       Curve
	factor      float64 // moving average of observed/profiled; 0: none
	learntAt    float64 // utilization when factor was last learnt
	utilization float64 // that the last Select saw
}

const (
	gain       = 0.3                   // of the moving average
	stale      = 0.25                  // change of utilization that makes factor worthless
	jump       = 2.0                   // one observation counts for at most this change of factor
	least      = 0.5                   // of factor: a faster node than profiled is odd
	most       = 20.0                  // of factor
	shortInfer = 10 * time.Microsecond // a shorter profile says nothing of the node
)

// at notes the utilization before a request and returns the estimate.
func (s *slowdown) at(utilization float64) float64 {
	s.utilization = utilization
	if s.factor == 0 || math.Abs(utilization-s.learntAt) > stale {
		return s.curve.At(utilization)
	}
	return s.factor
}

// learn takes in how the request that at was asked for went. Preprocessing is
// too short to say anything beside inference, and a failed request says nothing.
func (s *slowdown) learn(o Outcome) {
	if o.Failed || o.Observed.Infer <= 0 || o.Option.Infer < shortInfer {
		return
	}
	seen := float64(o.Observed.Infer) / float64(o.Option.Infer)
	if s.factor != 0 && math.Abs(s.utilization-s.learntAt) <= stale {
		seen = min(max(seen, s.factor/jump), s.factor*jump)
		seen = s.factor + gain*(seen-s.factor)
	}
	s.factor, s.learntAt = min(max(seen, least), most), s.utilization
}
