package selector

import "math"

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

// A correction is ξ: the factor by which a node computes slower than its
// profile and its Curve say. It is learnt from whichever model ran, as one
// factor serves all, by a Kalman filter of one dimension whose process noise
// follows what the filter is surprised by: the slow-down factor of ALERT (Wan
// et al., USENIX ATC 2020). Variances are relative, to the square of ξ, as the
// noise of computing grows with its time.
type correction struct {
	xi       float64 // ξ
	p        float64 // variance of ξ as an estimate
	q        float64 // by which p grows from one request to the next
	r        float64 // variance of one request around ξ
	n        int     // observations
	learntAt float64 // utilization at the last of them
	request  int     // number of the last of them
}

const (
	firstP  = 0.04   // before anything was learnt, ξ is 1 give or take 20 %,
	firstR  = 0.01   // and a request's time is its mean give or take 10 %
	leastR  = 0.0001 // nothing is more regular than to 1 %
	drift   = 0.13   // q of a steady node, in r: half of what is known is from the last three requests
	recall  = 0.3    // ALERT's α: weight of q against the last surprise
	ofR     = 0.05   // weight of one request in r, once there were enough
	atOnce  = 0.3    // by how much the curve may be wrong from an idle to a full node
	mostXi  = 20.0   // of ξ
	leastXi = 0.05   // of ξ
	half    = 30     // requests without an observation after which ξ is half as far from 1
)

// newCorrection knows nothing.
func newCorrection() correction { return correction{xi: 1, p: firstP, q: drift * firstR, r: firstR} }

// now is ξ for a request: what was learnt, on its way back to 1 if that is long
// ago. A node that was found slow and is avoided for it would else never be
// found to have recovered.
func (c *correction) now(request int) float64 {
	ago := request - c.request - 1
	if c.n == 0 || ago <= 0 {
		return c.xi
	}
	return 1 + (c.xi-1)*math.Exp2(-float64(ago)/half)
}

// prior is p for a request at that utilization: what was learnt at another one
// or long ago is worth less, and from another part of the same request as much.
func (c *correction) prior(utilization float64, request int) float64 {
	p := c.p
	if c.n > 0 {
		moved := atOnce * (utilization - c.learntAt)
		p += c.q*float64(request-c.request) + moved*moved
	}
	return min(p, 0.25)
}

// variance is that of the next request's time around ξ, relative.
func (c *correction) variance(utilization float64, request int) float64 {
	return c.prior(utilization, request) + c.r
}

// learn takes in that a request took ratio times what profile and curve say.
// It counts for at most twice what was expected, and at least half: one
// request alone says little.
func (c *correction) learn(ratio, utilization float64, request int) {
	p := c.prior(utilization, request)
	xi := c.now(request)
	surprise := min(max(ratio/xi-1, -0.5), 1)
	gain := p / (p + c.r)
	c.xi = min(max(xi*(1+gain*surprise), leastXi), mostXi)
	c.p = (1 - gain) * p
	c.n++
	weight := max(ofR, 1/float64(c.n+2))
	c.r = max(c.r+weight*(surprise*surprise-p-c.r), leastR)
	c.q = max(drift*c.r, recall*c.q+(1-recall)*math.Pow(gain*surprise, 2))
	c.learntAt, c.request = utilization, request
}
