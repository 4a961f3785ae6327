package selector_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/testbed/testbed/emulator/unit"
	"github.com/testbed/testbed/selector"
)

const ms = time.Millisecond

var strict = selector.Budget{Absolute: 0.1, Relative: 0.1}

// family is three models, of which the smallest is below a floor of 81 %.
var family = []selector.Option{
	{Model: "tiny", Accuracy: 0.712, Size: 50_000, Load: 5 * ms, Infer: 1 * ms},
	{Model: "mid", Accuracy: 0.891, Size: 1_000_000, Load: 20 * ms, Infer: 40 * ms},
	{Model: "big", Accuracy: 0.91, Size: 3_000_000, Load: 30 * ms, Infer: 80 * ms},
}

func warm(opts []selector.Option) (names []string) {
	for _, o := range opts {
		names = append(names, o.Model)
	}
	return names
}

func newSelector(t *testing.T, name string, b selector.Budget) selector.Selector {
	t.Helper()
	s, err := selector.New(name, selector.Config{Budget: b})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestNew(t *testing.T) {
	for _, name := range selector.Names() {
		if got := newSelector(t, name, strict).Name(); got != name {
			t.Errorf("New(%q).Name() = %q", name, got)
		}
	}
	_, err := selector.New("best", selector.Config{Budget: strict})
	if want := `selector "best": want one of greedy, advanced`; err == nil || err.Error() != want {
		t.Errorf("New(best): %v, want %s", err, want)
	}
}

// TestDecision compares a whole decision: all warm, no link, so 40 ms against
// 80 ms; the floor is 0.91 − 0.1 = 81 % (10 % less would be 81.9 %, the higher
// one holds).
func TestDecision(t *testing.T) {
	o := selector.Observation{Held: warm(family), Loaded: warm(family), RTT: 21 * ms, Upload: 1, Download: 1}
	candidate := func(name string, infer time.Duration, excluded string) selector.Candidate {
		p := selector.Phases{Upload: 10500 * time.Microsecond, Infer: infer, Download: 10500 * time.Microsecond}
		return selector.Candidate{Model: name, Predicted: p, Total: p.Total(), Excluded: excluded}
	}
	want := selector.Decision{
		Choice: 1,
		Candidates: []selector.Candidate{
			candidate("tiny", 1*ms, "accuracy 71.2 % is below the floor 81.9 %"),
			candidate("mid", 40*ms, ""),
			candidate("big", 80*ms, ""),
		},
		// 61 against 101 ms is 39.6 % less.
		Reason: "mid is predicted at 61 ms, 40 % below big, 1.9 points less accurate",
	}
	if diff := cmp.Diff(want, newSelector(t, "advanced", strict).Select(o, family)); diff != "" {
		t.Errorf("advanced (-want +got):\n%s", diff)
	}
	want.Choice, want.Candidates[0].Excluded = 2, ""
	want.Reason = "big is the most accurate of 3, 91.0 %"
	if diff := cmp.Diff(want, newSelector(t, "greedy", strict).Select(o, family)); diff != "" {
		t.Errorf("greedy (-want +got):\n%s", diff)
	}
}

// TestFetchCrossover finds the rate at which advanced changes sides and checks
// it against the one worked out by hand. The device holds big; mid would have
// to be fetched. Without a round trip
//
//	big:  80 ms
//	mid:  8·10^6 bit / r + 20 ms + 40 ms
//
// so mid is faster above 8·10^6/0.020 = 400 Mbit/s, and counts as faster, with
// ties to the more accurate, when it is so by 3 %: 80 > 1.03·mid, that is
// 8·10^6/r < 77.6699 − 60 ms, r > 452.748 Mbit/s.
func TestFetchCrossover(t *testing.T) {
	for _, tt := range []struct {
		rate unit.BitRate
		want string
	}{
		{10 * unit.Mbps, "big"},
		{399 * unit.Mbps, "big"},
		{452_700 * unit.Kbps, "big"},
		{452_800 * unit.Kbps, "mid"},
		{10 * unit.Gbps, "mid"},
		{0, "mid"}, // unknown: try it
	} {
		o := selector.Observation{Down: tt.rate, Held: []string{"big"}, Loaded: []string{"big"}}
		d := newSelector(t, "advanced", strict).Select(o, family)
		if got := family[d.Choice].Model; got != tt.want {
			t.Errorf("at %v: %s (%s), want %s", tt.rate, got, d.Reason, tt.want)
		}
	}
}

// TestLoadCrossover is the same between computing and fetching: with the CPU
// busy, big takes 80·S, and mid 8·10^6/r + 60·S, so at 200 Mbit/s (40 ms) mid
// counts as faster when 80·S > 1.03·(40 + 60·S): S > 2.2637. The prior goes to
// 1.88 only, so the selector has to have seen it.
func TestLoadCrossover(t *testing.T) {
	o := selector.Observation{Down: 200 * unit.Mbps, Held: []string{"big"}, Loaded: []string{"big"}}
	for _, tt := range []struct {
		infer time.Duration // of big, observed once
		want  string
	}{
		{80 * ms, "big"},
		{181 * ms, "big"}, // S = 2.2625
		{182 * ms, "mid"}, // S = 2.275
	} {
		s := newSelector(t, "advanced", strict)
		s.Select(o, family)
		s.Learn(selector.Outcome{Option: family[2], Observed: selector.Phases{Infer: tt.infer}})
		d := s.Select(o, family)
		if got := family[d.Choice].Model; got != tt.want {
			t.Errorf("after %v: %s (%s), want %s", tt.infer, got, d.Reason, tt.want)
		}
	}
}

func TestReasons(t *testing.T) {
	near := []selector.Option{
		{Model: "a", Accuracy: 0.90, Infer: 100 * ms},
		{Model: "b", Accuracy: 0.91, Infer: 103 * ms},
		{Model: "c", Accuracy: 0.92, Infer: 104 * ms},
	}
	fast := []selector.Option{{Model: "a", Accuracy: 0.90, Infer: 100 * ms}, {Model: "b", Accuracy: 0.91, Infer: 50 * ms}}
	for _, tt := range []struct {
		name   string
		budget selector.Budget
		opts   []selector.Option
		want   string
	}{
		{"3 % slower is equally fast, 4 % is not", strict, near, "b is predicted at 103 ms, 1 % below c, 1.0 points less accurate"},
		{"of equals the more accurate", strict, near[:2], "b is predicted at 103 ms, within 3 % of a, and is the most accurate"},
		{"best at both", strict, fast, "b is predicted at 50 ms, and is both the fastest and the most accurate"},
		{"no choice", selector.Budget{Absolute: 0.001, Relative: 1}, near, "c is the only one of 3 whose accuracy reaches the floor 91.9 %"},
	} {
		o := selector.Observation{Held: warm(tt.opts), Loaded: warm(tt.opts)}
		if got := newSelector(t, "advanced", tt.budget).Select(o, tt.opts).Reason; got != tt.want {
			t.Errorf("%s:\n got %s\nwant %s", tt.name, got, tt.want)
		}
	}
}

// TestGreedyTies: of equally accurate options the one predicted to be faster,
// then the first.
func TestGreedyTies(t *testing.T) {
	opts := []selector.Option{
		{Model: "slow", Accuracy: 0.9, Infer: 9 * ms},
		{Model: "fast", Accuracy: 0.9, Infer: 5 * ms},
		{Model: "also fast", Accuracy: 0.9, Infer: 5 * ms},
		{Model: "less accurate", Accuracy: 0.89, Infer: 1 * ms},
	}
	if d := newSelector(t, "greedy", strict).Select(selector.Observation{}, opts); d.Choice != 1 {
		t.Errorf("chose %s", opts[d.Choice].Model)
	}
}

// TestFloorIsAllowed: an accuracy just at the floor is inside the budget, also
// where binary fractions put it a hair below: 0.8 − 0.1 is 0.7000000000000001.
func TestFloorIsAllowed(t *testing.T) {
	opts := []selector.Option{{Model: "at", Accuracy: 0.7, Infer: 1 * ms}, {Model: "best", Accuracy: 0.8, Infer: 9 * ms}}
	d := newSelector(t, "advanced", selector.Budget{Absolute: 0.1, Relative: 1}).Select(selector.Observation{}, opts)
	if d.Choice != 0 || d.Candidates[0].Excluded != "" {
		t.Errorf("%+v: want the option at the floor", d)
	}
}

// TestNoBudgetIsGreedy is a null test: with nothing to give up, advanced makes
// greedy's choices, whatever it sees and learns.
func TestNoBudgetIsGreedy(t *testing.T) {
	for seed := range uint64(300) {
		rng := rand.New(rand.NewPCG(seed, 0))
		greedy, advanced := newSelector(t, "greedy", selector.Budget{}), newSelector(t, "advanced", selector.Budget{})
		opts := randomOptions(rng)
		for range 20 {
			o := randomObservation(rng, opts)
			a, b := greedy.Select(o, opts), advanced.Select(o, opts)
			if a.Choice != b.Choice {
				t.Fatalf("seed %d: greedy takes %d, advanced %d: %s", seed, a.Choice, b.Choice, b.Reason)
			}
			out := randomOutcome(rng, opts[a.Choice])
			greedy.Learn(out)
			advanced.Learn(out)
		}
	}
}

// TestPerfectWorldTakesTheFastest is the other null test: models open, no load
// and no link, so nothing but inference differs.
func TestPerfectWorldTakesTheFastest(t *testing.T) {
	for seed := range uint64(300) {
		rng := rand.New(rand.NewPCG(seed, 0))
		opts := randomOptions(rng)
		for i := range opts {
			opts[i].Preprocess = 0
			opts[i].Infer = time.Duration(1+i) * 10 * ms // no ties
		}
		rng.Shuffle(len(opts), func(i, j int) { opts[i], opts[j] = opts[j], opts[i] })
		o := selector.Observation{Held: warm(opts), Loaded: warm(opts), Upload: 2800, Download: 1000}
		d := newSelector(t, "advanced", strict).Select(o, opts)
		best := slices.MaxFunc(opts, func(a, b selector.Option) int { return sign(a.Accuracy - b.Accuracy) })
		for i, opt := range opts {
			if allowed := opt.Accuracy >= strict.Floor(best.Accuracy); allowed && opt.Infer < opts[d.Choice].Infer {
				t.Fatalf("seed %d: took %d (%s), though %d is faster", seed, d.Choice, d.Reason, i)
			}
		}
	}
}

func sign(x float64) int {
	switch {
	case x < 0:
		return -1
	case x > 0:
		return 1
	}
	return 0
}

// TestSelectorsKeepTheirPromises holds every policy to the comments of
// Selector and Decision, whatever it sees: a valid choice that is not
// excluded, a candidate for each option with a total that adds up, a reason
// for each exclusion, opts left alone, and the same answers to the same calls.
func TestSelectorsKeepTheirPromises(t *testing.T) {
	for _, name := range selector.Names() {
		for seed := range uint64(300) {
			run := func() (all []selector.Decision) {
				rng := rand.New(rand.NewPCG(seed, 1))
				b := selector.Budget{Absolute: rng.Float64(), Relative: rng.Float64()}
				s := newSelector(t, name, b)
				opts := randomOptions(rng)
				before := slices.Clone(opts)
				for range 10 {
					o := randomObservation(rng, opts)
					d := s.Select(o, opts)
					if why := wrong(d, opts, b); why != "" {
						t.Fatalf("%s, seed %d: %s: %+v", name, seed, why, d)
					}
					if !slices.Equal(before, opts) {
						t.Fatalf("%s, seed %d: changed the options", name, seed)
					}
					s.Learn(randomOutcome(rng, opts[d.Choice]))
					all = append(all, d)
				}
				return all
			}
			if diff := cmp.Diff(run(), run()); diff != "" {
				t.Errorf("%s, seed %d: two runs differ:\n%s", name, seed, diff)
			}
		}
	}
}

// wrong says what is wrong with a decision.
func wrong(d selector.Decision, opts []selector.Option, b selector.Budget) string {
	switch {
	case d.Choice < 0 || d.Choice >= len(opts):
		return "no such choice"
	case len(d.Candidates) != len(opts):
		return "not a candidate for each option"
	case d.Candidates[d.Choice].Excluded != "":
		return "an excluded choice"
	case d.Reason == "":
		return "no reason"
	}
	best := 0.0
	for _, opt := range opts {
		best = max(best, opt.Accuracy)
	}
	for i, c := range d.Candidates {
		switch {
		case c.Model != opts[i].Model || c.Node != opts[i].Node:
			return "candidates in another order"
		case c.Total != c.Predicted.Total() || c.Total < 0:
			return "a total that does not add up"
		case c.Excluded != "" && opts[i].Accuracy >= b.Floor(best):
			return "excluded inside the budget"
		}
	}
	if opts[d.Choice].Accuracy < b.Floor(best)-1e-9 {
		return "a choice below the floor"
	}
	return ""
}

func randomOptions(rng *rand.Rand) []selector.Option {
	opts := make([]selector.Option, 1+rng.IntN(6))
	for i := range opts {
		opts[i] = selector.Option{
			Model: fmt.Sprint("m", i), Node: "edge",
			Accuracy: float64(60+rng.IntN(40)) / 100, // coarse, so that there are ties
			Size:     unit.Bytes(rng.IntN(5_000_000)),
			Load:     time.Duration(rng.IntN(50)) * ms, Preprocess: time.Duration(rng.IntN(2)) * ms, Infer: time.Duration(rng.IntN(50)) * ms,
		}
	}
	return opts
}

func randomObservation(rng *rand.Rand, opts []selector.Option) selector.Observation {
	o := selector.Observation{
		Down: unit.BitRate(rng.IntN(3)) * unit.BitRate(rng.IntN(1e8)), Up: unit.BitRate(rng.IntN(3)) * unit.BitRate(rng.IntN(1e8)),
		RTT: time.Duration(rng.IntN(100)) * ms, Utilization: rng.Float64(),
		Upload: unit.Bytes(rng.IntN(100_000)), Download: unit.Bytes(rng.IntN(2000)),
	}
	for _, opt := range opts {
		if rng.IntN(2) == 0 {
			o.Held = append(o.Held, opt.Model)
		}
		if rng.IntN(2) == 0 {
			o.Loaded = append(o.Loaded, opt.Model)
		}
	}
	return o
}

func randomOutcome(rng *rand.Rand, opt selector.Option) selector.Outcome {
	return selector.Outcome{Option: opt, Failed: rng.IntN(5) == 0,
		Observed: selector.Phases{Infer: time.Duration(float64(opt.Infer) * 5 * rng.Float64())}}
}

// BenchmarkSelect is the cost of a decision between five models.
func BenchmarkSelect(b *testing.B) {
	s, err := selector.New("advanced", selector.Config{Budget: strict})
	if err != nil {
		b.Fatal(err)
	}
	opts := append(slices.Clone(family), family[1], family[2])
	o := selector.Observation{Down: 5 * unit.Mbps, Up: 5 * unit.Mbps, RTT: 20 * ms, Upload: 2800, Download: 1000}
	b.ReportAllocs()
	for b.Loop() {
		s.Select(o, opts)
	}
}
