package selector

import (
	"math"
	"slices"
	"time"
)

// A predictor predicts how long each option will take, and learns from how
// long those took that were chosen. Every policy has one: those that do not
// decide by it predict for the record.
type predictor struct {
	curves   map[string]Curve
	quantile float64 // by which to decide; 0: the mean
	z        float64 // normalQuantile of it
	// What it is to do without.
	noNetwork, noUtilization, noLoading, noLearning bool

	nodes   []*node
	request int     // number of the one at hand, from 1
	widen   float64 // of every standard deviation, learnt
	covered int     // requests that widen was learnt from
	values  []float64
	among   identity
	labels  []string // theirs

	// Of the last Select.
	asked  Observation
	chosen Option
	bound  time.Duration
}

func newPredictor(c Config) predictor {
	p := predictor{
		curves: c.Curves, widen: firstWiden,
		noNetwork:     slices.Contains(c.Without, Network),
		noUtilization: slices.Contains(c.Without, Utilization),
		noLoading:     slices.Contains(c.Without, Loading),
		noLearning:    slices.Contains(c.Without, Correction),
	}
	if c.Quantile > 0 {
		p.quantile, p.z = c.Quantile, normalQuantile(c.Quantile)
	}
	return p
}

// predict makes a Candidate of each option, and in values what to decide by:
// the mean, or the time that the quantile stays within, in nanoseconds.
func (p *predictor) predict(o Observation, opts []Option) []Candidate {
	p.look(o)
	if p.among.changed(opts) {
		p.labels = labels(opts)
	}
	cs := make([]Candidate, len(opts))
	p.values = p.values[:0]
	for i := range opts {
		g := p.guess(&opts[i])
		total := g.Total()
		bound := g.spread.within(0.95, z95, p.widen)
		value := float64(total)
		if p.quantile > 0 {
			value = g.spread.within(p.quantile, p.z, p.widen)
		}
		p.values = append(p.values, value)
		cs[i] = Candidate{Option: p.labels[i], Predicted: g.Phases, Total: total, Bound: clamp(bound)}
	}
	return cs
}

// guess predicts one option.
func (p *predictor) guess(opt *Option) guess {
	n := p.asked.images()
	first := p.piece(opt)
	if opt.Second == nil || opt.Placement == Alone {
		return first.whole(float64(n))
	}
	return together(opt, n, first, p.piece(opt.Second))
}

func (p *predictor) piece(part *Option) piece {
	n := p.node(part.Node)
	e := expect(&n.moves, &n.seen, part, n.slow)
	e.by = n
	if p.noLoading {
		e.once = Phases{}
	}
	return e
}

// look takes in an observation, but for what the predictor is to do without.
func (p *predictor) look(o Observation) {
	p.request++
	p.asked = o
	p.asked.Devices = nil // they are the nodes'
	for i := range o.Devices {
		d := o.Devices[i]
		if p.noNetwork {
			d.Down, d.Up, d.Back, d.RTT, d.FetchRTT = 0, 0, 0, 0, 0
		}
		if p.noUtilization {
			d.Utilization = 0
		}
		p.node(d.Name).look(&p.asked, &d, p.request)
	}
	for _, n := range p.nodes {
		if n.request != p.request {
			n.look(&p.asked, &Device{Name: n.name}, p.request) // nothing is known of it now
		}
	}
}

// node is that of the name, new if there is none yet.
func (p *predictor) node(name string) *node {
	for _, n := range p.nodes {
		if n.name == name {
			return n
		}
	}
	n := &node{name: name, curve: p.curves[name], xi: newCorrection()}
	n.look(&p.asked, &Device{Name: name}, p.request)
	p.nodes = append(p.nodes, n)
	return n
}

// decided notes which option the request will go by.
func (p *predictor) decided(opt Option, c Candidate) { p.chosen, p.bound = opt, c.Bound }

// Learn is that of every policy.
func (p *predictor) Learn(o Outcome) {
	if p.noLearning || o.Failed {
		return
	}
	parts := o.Parts
	if len(parts) == 0 && o.Option.Second == nil {
		parts = []Part{{Option: o.Option, Images: p.asked.images(), Observed: o.Observed}}
	}
	for i := range parts {
		p.node(parts[i].Option.Node).learn(&p.asked, &parts[i], p.request)
	}
	if p.bound > 0 && o.Option.same(p.chosen) {
		p.cover(o.Observed.Total() <= p.bound)
	}
	p.bound = 0
}

// same says whether two options have the same parts.
func (o Option) same(p Option) bool {
	if o.Model != p.Model || o.Node != p.Node || o.Placement != p.Placement || (o.Second == nil) != (p.Second == nil) {
		return false
	}
	return o.Second == nil || o.Second.same(*p.Second)
}

// firstWiden is widen before anything was learnt: variances that are learnt
// from few requests are not yet what they come to be.
const firstWiden = 1.2

// cover makes every bound wider after a request that was beyond its own, and a
// little narrower after one that was not, so that in the long run 95 % are
// within, whatever the shape of the noise (adaptive conformal inference: Gibbs
// and Candès, NeurIPS 2021). Normal noise leaves widen at about 1. The first
// requests count for more.
func (p *predictor) cover(within bool) {
	const miss, leastStep = 0.05, 0.2
	p.covered++
	step := max(1/math.Sqrt(float64(p.covered)), leastStep)
	change := -step * miss
	if !within {
		change += step
	}
	p.widen = min(max(p.widen*math.Exp(change), 0.1), 10)
}

// clamp makes a Duration of nanoseconds.
func clamp(ns float64) time.Duration {
	return time.Duration(min(max(math.Round(ns), 0), float64(math.MaxInt64/2)))
}
