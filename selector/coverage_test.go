package selector_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/testbed/testbed/emulator/unit"
	"github.com/testbed/testbed/selector"
)

// A world is where requests go as predicted but for noise: each phase takes its
// mean times a draw of noise(rng, i), of request i. Computing takes truth(i)
// times as long as profile and curve say, beside.
type world struct {
	name  string
	noise func(rng *rand.Rand, i int) float64
	truth func(i int) float64
	opts  []selector.Option
	batch int
	seen  func(rng *rand.Rand, i int, d *selector.Device)
}

// normal is noise of a standard deviation, cut off at a tenth.
func normal(sd float64) func(*rand.Rand, int) float64 {
	return func(rng *rand.Rand, _ int) float64 { return max(1+sd*rng.NormFloat64(), 0.1) }
}

// lognormal has a mean of 1.
func lognormal(sigma float64) func(*rand.Rand, int) float64 {
	return func(rng *rand.Rand, _ int) float64 { return math.Exp(sigma*rng.NormFloat64() - sigma*sigma/2) }
}

func always(x float64) func(int) float64 { return func(int) float64 { return x } }

func worlds() []world {
	models := []selector.Option{
		{Model: "mid", Node: "edge", Accuracy: 0.89, Size: 1_000_000, Load: 20 * ms, Infer: 40 * ms},
		{Model: "big", Node: "edge", Accuracy: 0.91, Size: 3_000_000, Load: 30 * ms, Infer: 80 * ms},
		{Model: "big", Node: "cloud", Accuracy: 0.91, Size: 3_000_000, Load: 30 * ms, Infer: 20 * ms},
	}
	cascade := models[0]
	cascade.Placement, cascade.Second, cascade.Unsure = selector.Cascade, &models[2], 0.25
	return []world{
		{name: "regular", noise: normal(0.02), truth: always(1)},
		{name: "normal noise", noise: normal(0.15), truth: always(1.2)},
		{name: "skewed", noise: lognormal(0.3), truth: always(1)},
		{name: "much skewed", noise: lognormal(0.7), truth: always(1.5)},
		{name: "uniform", noise: func(rng *rand.Rand, _ int) float64 { return 0.7 + 0.6*rng.Float64() }, truth: always(1)},
		{name: "an exponential tail", noise: func(rng *rand.Rand, _ int) float64 { return 0.8 + 0.2*rng.ExpFloat64() }, truth: always(1)},
		{name: "hiccups of one in thirty", noise: func(rng *rand.Rand, _ int) float64 {
			if rng.IntN(30) == 0 {
				return 3
			}
			return 1 + 0.05*rng.NormFloat64()
		}, truth: always(1)},
		{name: "a node that changes", noise: normal(0.1), truth: func(i int) float64 { return []float64{1, 2, 0.8, 1.4}[i/50%4] }},
		{name: "a node that drifts", noise: normal(0.1), truth: func(i int) float64 { return 1.5 + 0.5*math.Sin(float64(i)/20) }},
		{name: "load that changes", noise: normal(0.1), truth: always(1), seen: func(rng *rand.Rand, i int, d *selector.Device) {
			d.Utilization = []float64{0, 0.5, 0.9}[i/20%3]
		}},
		{name: "rates that change", noise: normal(0.1), truth: always(1), seen: func(rng *rand.Rand, i int, d *selector.Device) {
			d.Up = unit.BitRate((1 + 4*rng.Float64()) * 1e6)
		}},
		{name: "cold models", noise: lognormal(0.2), truth: always(1), seen: func(_ *rand.Rand, _ int, d *selector.Device) {
			d.Held, d.Loaded = nil, nil
		}},
		{name: "batches", noise: normal(0.2), truth: always(1), batch: 4},
		{name: "a cascade", noise: normal(0.1), truth: always(1), opts: []selector.Option{cascade}},
	}
}

// TestBoundsCover: of Candidate.Bound it is said that 95 % of requests stay
// within; so it is, to 2 %, in worlds of several shapes of noise, over trials of
// 400 requests of which all count. In trials of 40, in which it is still being
// learnt how regular the world is, it is to 4 % where that is very or not at all.
func TestBoundsCover(t *testing.T) {
	for _, of := range []struct {
		trials, requests int
		low, high        float64
	}{{12, 400, 0.93, 0.97}, {150, 40, 0.92, 0.99}} {
		for _, w := range worlds() {
			inside, bias := 0, 0.0
			for seed := range of.trials {
				n, b := w.play(t, uint64(seed), of.requests)
				inside, bias = inside+n, bias+b/float64(of.trials)
			}
			coverage := float64(inside) / float64(of.trials*of.requests)
			t.Logf("%-26s %d requests: coverage %.3f, bias of the mean %+.1f %%", w.name, of.requests, coverage, 100*bias)
			if coverage < of.low || coverage > of.high {
				t.Errorf("%s: %.3f of %d requests are within their bound, want %v to %v", w.name, coverage, of.requests, of.low, of.high)
			}
			if math.Abs(bias) > 0.1 {
				t.Errorf("%s: predictions are off by %+.1f %% in the mean", w.name, 100*bias)
			}
		}
	}
}

// play plays one trial and counts the requests within their bound. bias is how
// much the predicted mean is above what was observed, in the mean.
func (w world) play(t *testing.T, seed uint64, requests int) (inside int, bias float64) {
	rng := rand.New(rand.NewPCG(seed, 7))
	opts := w.opts
	if opts == nil {
		opts = []selector.Option{
			{Model: "mid", Node: "edge", Accuracy: 0.89, Size: 1_000_000, Load: 20 * ms, Infer: 40 * ms},
			{Model: "big", Node: "edge", Accuracy: 0.91, Size: 3_000_000, Load: 30 * ms, Infer: 80 * ms},
		}
	}
	// random, so that it changes models and nodes.
	s := newSelector(t, selector.Config{Policy: "random", Budget: strict, Seed: seed})
	var predicted, observed time.Duration
	for i := range requests {
		o := w.observe(rng, i)
		d := s.Select(o, opts)
		out := w.happens(rng, i, o, opts[d.Choice])
		c := d.Candidates[d.Choice]
		if out.Observed.Total() <= c.Bound {
			inside++
		}
		predicted, observed = predicted+c.Total, observed+out.Observed.Total()
		s.Learn(out)
	}
	return inside, float64(predicted)/float64(observed) - 1
}

func (w world) observe(rng *rand.Rand, i int) selector.Observation {
	edge := selector.Device{Name: "edge", Down: 20 * unit.Mbps, Up: 5 * unit.Mbps, Back: 20 * unit.Mbps, RTT: 10 * ms, FetchRTT: 20 * ms,
		Held: []string{"mid", "big"}, Loaded: []string{"mid", "big"}}
	if w.seen != nil {
		w.seen(rng, i, &edge)
	}
	cloud := edge
	cloud.Name, cloud.RTT = "cloud", 40*ms
	return selector.Observation{Seq: uint64(i), Upload: 30_000, Download: 1000, Batch: w.batch, Devices: []selector.Device{edge, cloud}}
}

// happens draws how a request goes.
func (w world) happens(rng *rand.Rand, i int, o selector.Observation, opt selector.Option) selector.Outcome {
	slow := func(node string) float64 { return selector.Prior(o.Device(node).Utilization) * w.truth(i) }
	noise := func() float64 { return w.noise(rng, i) }
	if opt.Second == nil {
		return outcome(o, opt, slow, noise)
	}
	// Of a cascade: the first part, and the second by chance.
	first, second := opt, *opt.Second
	first.Placement, first.Second = selector.Alone, nil
	out := outcome(o, first, slow, noise)
	out.Option = opt
	if rng.Float64() < opt.Unsure {
		more := outcome(o, second, slow, noise)
		out.Parts = append(out.Parts, more.Parts...)
		for _, p := range []struct{ to, from *time.Duration }{
			{&out.Observed.Upload, &more.Observed.Upload}, {&out.Observed.Infer, &more.Observed.Infer}, {&out.Observed.Download, &more.Observed.Download},
		} {
			*p.to += *p.from
		}
	}
	return out
}
