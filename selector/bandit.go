package selector

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// A bandit is a contextual bandit: linear Thompson sampling (Agrawal and Goyal,
// ICML 2013) among the options that the budget allows, with the time as what it
// loses. It draws coefficients from what it believes of them, takes the option
// that these make fastest, and learns from how long that took. So it tries what
// it is unsure of, and comes to prefer what was fast.
//
// It knows an option by what was measured of it and by the observation, in
// seconds each: upload, download, fetch, load, computing as in the profile, the
// last times the utilization of the node, and one constant. It starts with
// believing that each second of the first five costs a second and the others
// nothing, give or take half, as one that knew nothing at all would have to
// fetch every model over every link once. It makes no use of curves and ξ.
type bandit struct {
	name string
	predictor
	allowance
	rng    *rand.Rand
	line   regression
	choice int     // at the last Select,
	cost   float64 // its cost, seconds,
	x      vector  // and its features
}

// What a bandit believes at first: coefficients are right to priorSD, and a
// request to priorNoise, both relative.
const priorSD, priorNoise = 0.5, 0.2

// believed are the coefficients it starts with.
var believed = vector{1, 1, 1, 1, 1, 0, 0}

func newBandit(c Config, name string, p predictor, a allowance) *bandit {
	return &bandit{name: name, predictor: p, allowance: a, rng: random64(c.Seed, 1),
		line: newRegression(believed, priorSD, priorNoise)}
}

func (b *bandit) Name() string { return b.name }

func (b *bandit) Select(o Observation, opts []Option) Decision {
	cs := b.predict(o, opts)
	in, _ := b.within(opts, cs)
	coefficients := b.line.draw(b.rng)
	b.choice = -1
	for _, i := range in {
		x := b.describe(&opts[i])
		if cost := x.dot(&coefficients); b.choice < 0 || cost < b.cost {
			b.choice, b.cost, b.x = i, cost, x
		}
	}
	b.decided(opts[b.choice], cs[b.choice])
	return Decision{Choice: b.choice, Candidates: cs, Reason: fmt.Sprintf("%s is the fastest of %d by the coefficients drawn, %s",
		cs[b.choice].Option, len(in), milliseconds(clamp(b.cost*float64(time.Second))))}
}

// describe makes the features of an option.
func (b *bandit) describe(opt *Option) vector {
	p, loaded := b.profiled(opt)
	return vector{
		p.Upload.Seconds(), p.Download.Seconds(), p.Fetch.Seconds(), p.Load.Seconds(),
		(p.Preprocess + p.Infer).Seconds(), loaded.Seconds(), fine.Seconds(),
	}
}

// profiled is what is expected of an option where each node computes as in its
// profile, and loaded its computing times the utilization of the node where
// that is done.
func (b *bandit) profiled(opt *Option) (p Phases, loaded time.Duration) {
	n := b.asked.images()
	first, u := b.idle(opt)
	if opt.Second == nil || opt.Placement == Alone {
		p = first.whole(float64(n)).Phases
		return p, scale(p.Preprocess+p.Infer, u)
	}
	second, v := b.idle(opt.Second)
	p = together(opt, n, first, second).Phases
	// Two parts are put together once more as if loads slowed them by 1 + u.
	first.each.Preprocess, first.each.Infer = scale(first.each.Preprocess, 1+u), scale(first.each.Infer, 1+u)
	second.each.Preprocess, second.each.Infer = scale(second.each.Preprocess, 1+v), scale(second.each.Infer, 1+v)
	slow := together(opt, n, first, second).Phases
	return p, slow.Preprocess + slow.Infer - p.Preprocess - p.Infer
}

// idle is the piece of a part as profiled, and the utilization of its node.
func (b *bandit) idle(part *Option) (piece, float64) {
	n := b.node(part.Node)
	e := expect(&n.moves, &n.seen, part, 1)
	if b.noLoading {
		e.once = Phases{}
	}
	return e, n.seen.Utilization
}

// Learn regresses the time on the features, both in what was believed of the
// request at first: so that noise is about the same share of short and of long
// requests.
func (b *bandit) Learn(o Outcome) {
	known := o.Option.same(b.chosen)
	b.predictor.Learn(o)
	if o.Failed || b.noLearning || !known {
		return
	}
	x := b.x
	unit := max(x.dot(&believed), fine.Seconds())
	for i := range x {
		x[i] /= unit
	}
	b.line.learn(x, o.Observed.Total().Seconds()/unit)
}

// random64 is a source of random numbers for one purpose of a seed.
func random64(seed, purpose uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, purpose)) }
