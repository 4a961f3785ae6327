package selector_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/testbed/testbed/emulator/unit"
	"github.com/testbed/testbed/selector"
)

const ms = time.Millisecond

var strict = selector.Budget{Absolute: 0.1, Relative: 0.1}

// family is three models on one node, of which the smallest is below a floor of
// 81 %.
var family = []selector.Option{
	{Model: "tiny", Node: "edge", Accuracy: 0.712, Size: 50_000, Load: 5 * ms, Infer: 1 * ms},
	{Model: "mid", Node: "edge", Accuracy: 0.891, Size: 1_000_000, Load: 20 * ms, Infer: 40 * ms},
	{Model: "big", Node: "edge", Accuracy: 0.91, Size: 3_000_000, Load: 30 * ms, Infer: 80 * ms},
}

// seeds is n, or fewer where each takes much longer.
func seeds(n uint64) uint64 {
	if slowed {
		return n / 10
	}
	return n
}

func names(opts []selector.Option) (names []string) {
	for _, o := range opts {
		names = append(names, o.Model)
	}
	return names
}

// at is an observation of one node, edge.
func at(d selector.Device) selector.Observation {
	d.Name = "edge"
	return selector.Observation{Devices: []selector.Device{d}}
}

// warm is an observation of an idle node that has every session open.
func warm(opts []selector.Option) selector.Observation {
	return at(selector.Device{Held: names(opts), Loaded: names(opts)})
}

func newSelector(t testing.TB, c selector.Config) selector.Selector {
	t.Helper()
	s, err := selector.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// advanced is a Config of that policy with a strict budget, changed.
func advanced(change func(*selector.Config)) selector.Config {
	c := selector.Config{Policy: "advanced", Budget: strict}
	if change != nil {
		change(&c)
	}
	return c
}

// every is a Config of each policy, with parameters drawn.
func every(rng *rand.Rand, opts []selector.Option) (all []selector.Config) {
	for _, p := range selector.Policies() {
		c := selector.Config{
			Policy: p, Seed: rng.Uint64(), Budget: selector.Budget{Absolute: rng.Float64(), Relative: rng.Float64()},
			Lower: rng.IntN(2) == 0, Horizon: rng.IntN(20), Dwell: rng.IntN(4),
			Deadline: time.Duration(rng.IntN(2)) * 50 * ms, Option: opts[rng.IntN(len(opts))].Label(),
		}
		if rng.IntN(2) == 0 {
			c.Quantile = 0.95
		}
		all = append(all, c)
	}
	return all
}

func randomPart(rng *rand.Rand, model, node string) selector.Option {
	return selector.Option{
		Model: model, Node: node,
		Accuracy: float64(60+rng.IntN(40)) / 100, // coarse, so that there are ties
		Images:   rng.IntN(2) * rng.IntN(2000),
		Size:     unit.Bytes(rng.IntN(5_000_000)),
		Load:     time.Duration(rng.IntN(50)) * ms, Preprocess: time.Duration(rng.IntN(2)) * ms, Infer: time.Duration(rng.IntN(50)) * ms,
	}
}

func randomOptions(rng *rand.Rand) []selector.Option {
	opts := make([]selector.Option, 1+rng.IntN(7))
	for i := range opts {
		opts[i] = randomPart(rng, fmt.Sprint("m", i), []string{"edge", "cloud"}[rng.IntN(2)])
		if p := []selector.Placement{"", "", selector.Cascade, selector.Hedged, selector.Split}[rng.IntN(5)]; p != selector.Alone {
			second := randomPart(rng, fmt.Sprint("m", rng.IntN(7)), "cloud")
			opts[i].Placement, opts[i].Second = p, &second
			opts[i].Threshold, opts[i].Unsure, opts[i].Share = 0.8, rng.Float64(), rng.Float64()
		}
	}
	return opts
}

func randomObservation(rng *rand.Rand) selector.Observation {
	o := selector.Observation{Upload: unit.Bytes(rng.IntN(100_000)), Download: unit.Bytes(rng.IntN(2000)), Batch: rng.IntN(5)}
	rate := func() unit.BitRate { return unit.BitRate(rng.IntN(3)) * unit.BitRate(rng.IntN(1e8)) }
	for _, name := range []string{"edge", "cloud"}[:1+rng.IntN(2)] {
		d := selector.Device{
			Name: name, Down: rate(), Up: rate(), Back: rate(), Utilization: rng.Float64(),
			RTT: time.Duration(rng.IntN(100)) * ms, FetchRTT: time.Duration(rng.IntN(100)) * ms,
		}
		for i := range 7 {
			if rng.IntN(2) == 0 {
				d.Held = append(d.Held, fmt.Sprint("m", i))
			}
			if rng.IntN(2) == 0 {
				d.Loaded = append(d.Loaded, fmt.Sprint("m", i))
			}
		}
		o.Devices = append(o.Devices, d)
	}
	return o
}

// outcome is how a request by opt goes where noise() is how much longer each
// phase takes than it would in the mean if every node were slower times as slow
// as its profile.
func outcome(o selector.Observation, opt selector.Option, slower func(node string) float64, noise func() float64) selector.Outcome {
	out := selector.Outcome{Seq: o.Seq, Option: opt}
	first, second := opt, selector.Option{}
	first.Second, first.Placement = nil, selector.Alone
	out.Parts = append(out.Parts, selector.Part{Option: first, Images: max(o.Batch, 1), Observed: noisy(selector.Expected(o, first, slower), noise)})
	out.Observed = out.Parts[0].Observed
	if opt.Second != nil {
		second = *opt.Second
		out.Parts = append(out.Parts, selector.Part{Option: second, Images: max(o.Batch, 1), Observed: noisy(selector.Expected(o, second, slower), noise)})
		out.Observed = noisy(selector.Expected(o, opt, slower), noise)
	}
	return out
}

func noisy(p selector.Phases, noise func() float64) selector.Phases {
	for _, d := range []*time.Duration{&p.Upload, &p.Fetch, &p.Load, &p.Preprocess, &p.Infer, &p.Download} {
		*d = time.Duration(math.Round(float64(*d) * noise()))
	}
	return p
}

// randomOutcome is any.
func randomOutcome(rng *rand.Rand, o selector.Observation, opt selector.Option) selector.Outcome {
	out := outcome(o, opt, func(string) float64 { return 1 }, func() float64 { return 5 * rng.Float64() })
	out.Failed = rng.IntN(5) == 0
	return out
}
