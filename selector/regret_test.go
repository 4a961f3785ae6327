package selector_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/testbed/testbed/emulator/unit"
	"github.com/testbed/testbed/selector"
)

// TestNearTheOracle: in worlds whose rates and load change, advanced is within
// 5 % of who knows each option's mean time at every instant, better than greedy
// is, and about as good as the best static option at least.
func TestNearTheOracle(t *testing.T) {
	opts := []selector.Option{
		{Model: "mid", Node: "edge", Accuracy: 0.89, Size: 1_000_000, Load: 20 * ms, Infer: 40 * ms},
		{Model: "big", Node: "edge", Accuracy: 0.91, Size: 3_000_000, Load: 30 * ms, Infer: 80 * ms},
		{Model: "mid", Node: "cloud", Accuracy: 0.89, Size: 1_000_000, Load: 20 * ms, Infer: 8 * ms},
		{Model: "big", Node: "cloud", Accuracy: 0.91, Size: 3_000_000, Load: 30 * ms, Infer: 16 * ms},
	}
	changing := world{noise: normal(0.1), seen: func(rng *rand.Rand, i int, d *selector.Device) {
		d.Up = unit.BitRate(1e6 * (2 + 30*math.Pow(math.Sin(float64(i)/15), 2)))
		if d.Name == "edge" {
			d.Utilization = []float64{0, 0.3, 0.8}[i/25%3]
		}
	}}
	for _, w := range []world{
		{name: "as profiled", truth: always(1)},
		{name: "slower than profiled", truth: always(2)},
		{name: "changing", truth: func(i int) float64 { return []float64{1, 2, 0.7}[i/60%3] }},
	} {
		w.noise, w.seen = changing.noise, changing.seen
		regret := map[string]float64{}
		for _, policy := range []string{"greedy", "advanced", "fastest", "random", "infaas", "bandit"} {
			regret[policy] = w.regret(t, opts, selector.Config{Policy: policy, Budget: strict, Seed: 1, Horizon: 10})
		}
		static := math.Inf(1)
		for _, o := range opts {
			static = min(static, w.regret(t, opts, selector.Config{Policy: "static", Option: o.Label()}))
		}
		t.Logf("%-22s mean regret %v, best static %.3f", w.name, regret, static)
		if got := regret["advanced"]; got > 0.05 || got > regret["greedy"] || got > static+0.01 {
			t.Errorf("%s: regret %v, best static %.3f", w.name, regret, static)
		}
	}
}

// regret is the mean over four trials of how much longer the chosen option
// takes, in the mean, than the fastest of all.
func (w world) regret(t *testing.T, opts []selector.Option, c selector.Config) (mean float64) {
	const trials, requests = 4, 300
	for seed := range uint64(trials) {
		rng := rand.New(rand.NewPCG(seed, 9))
		s := newSelector(t, c)
		for i := range requests {
			o := w.observe(rng, i)
			for k := range o.Devices { // of the edge, the truth is its own
				w.seen(rng, i, &o.Devices[k])
			}
			o.Devices[1].Utilization = 0
			slow := func(node string) float64 {
				if node == "cloud" {
					return 1
				}
				return selector.Prior(o.Device(node).Utilization) * w.truth(i)
			}
			d := s.Select(o, opts)
			best, took := math.Inf(1), 0.0
			for k, opt := range opts {
				total := float64(selector.Expected(o, opt, slow).Total())
				best = min(best, total)
				if k == d.Choice {
					took = total
				}
			}
			mean += (took/best - 1) / (trials * requests)
			s.Learn(outcome(o, opts[d.Choice], slow, func() float64 { return w.noise(rng, i) }))
		}
	}
	return mean
}
