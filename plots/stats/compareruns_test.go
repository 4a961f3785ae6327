package stats

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/testbed/testbed/runner/record"
	"github.com/testbed/testbed/selector"
)

// phased adds a request of one phase beside infer, which t counts both.
func (s *small) phased(condition, arm string, rep, pair int, fetch, infer time.Duration) *record.Request {
	r := s.answer(condition, arm, rep, pair, fetch+infer, true)
	r.Phases = selector.Phases{Fetch: fetch, Infer: infer}
	return r
}

func compareHeld(a, b record.Run) (Contrast, error) {
	return Compare(Sort(&a, a.Lines()), Sort(&b, b.Lines()))
}

// sure compares runs that must pair.
func sure(t *testing.T, a, b record.Run) Contrast {
	t.Helper()
	c, err := compareHeld(a, b)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestCompareByHand: three pairs a run, all numbers worked out.
func TestCompareByHand(t *testing.T) {
	a, b := newSmall("x"), newSmall("x")
	for i, ms3 := range [3][2]time.Duration{{100, 50}, {200, 60}, {600, 90}} {
		a.phased("x", "greedy", 0, i, ms3[0]*ms, 10*ms)
		a.phased("x", "advanced", 0, i, ms3[1]*ms, 10*ms)
		// B fetches 22 ms longer, and infers 1 ms faster.
		b.phased("x", "greedy", 0, i, ms3[0]*ms+22*ms, 9*ms)
		b.phased("x", "advanced", 0, i, ms3[1]*ms+22*ms, 9*ms)
	}
	a.phased("x", "greedy", 0, 3, 5*ms, 5*ms).Error = "timeout"
	b.phased("x", "greedy", 0, 3, 5*ms, 5*ms)
	c := sure(t, a.Run, b.Run)
	greedy := c.Conditions[0].Arms[0]
	type numbers struct{ A, B, Change, Relative Number }
	of := func(d Difference) numbers {
		return numbers{d.A.Value, d.B.Value, d.Change.Value, d.Relative.Value}
	}
	got := []numbers{of(greedy.T.Median), of(greedy.T.Mean), of(greedy.Phases[2].Median), of(greedy.Phases[5].Mean), of(greedy.Phases[0].Median)}
	want := []numbers{
		{210, 231, 21, 0.1},              // the middle of 110, 210, 610; 210 + 21
		{310, 331, 21, round(21. / 310)}, // (110 + 210 + 610)/3
		{200, 222, 22, 0.11},             // fetch
		{10, 9, -1, -0.1},                // infer
		{0, 0, 0, Missing()},             // nobody uploaded: no share of nothing
	}
	if diff := cmp.Diff(want, got, sameNumber); diff != "" {
		t.Errorf("medians and means (-want +got):\n%s", diff)
	}
	if greedy.Most != "fetch" || greedy.N != [2]int{3, 3} || !greedy.Paired {
		t.Errorf("greedy differs most by %s; n %v, paired %v", greedy.Most, greedy.N, greedy.Paired)
	}
	if greedy.T.Median.Change.Low.Known() || greedy.Saving != nil {
		t.Error("three values bore an interval, or the baseline saved against itself")
	}
	// Δt of A: (1 − 60/110 + 1 − 70/210 + 1 − 100/610)/3; of B with 131, 231, 631
	// and 81, 91, 121.
	dt := c.Conditions[0].Arms[1].Saving
	inA, inB := 1-(60./110+70./210+100./610)/3, 1-(81./131+91./231+121./631)/3
	if !near(dt.A.Value, inA) || !near(dt.B.Value, inB) || !near(dt.Change.Value, inB-inA) {
		t.Errorf("Δt %v and %v, difference %v; want %v and %v", dt.A.Value, dt.B.Value, dt.Change.Value, inA, inB)
	}
}

// TestCompareInterval: where both answered the same images, noise that strikes
// both alike does not blur the difference; where they did not, it does.
func TestCompareInterval(t *testing.T) {
	runs := func(other bool) (record.Run, record.Run) {
		a, b := newSmall("x"), newSmall("x")
		rng := rand.New(rand.NewPCG(3, 4))
		for rep := range 3 {
			for i := range 40 {
				noise := time.Duration(rng.Float64() * float64(200*ms))
				a.answer("x", "greedy", rep, i, 100*ms+noise, true)
				r := b.answer("x", "greedy", rep, i, 105*ms+noise, true) // 5 ms longer, each
				if other {
					r.Sample += "other"
				}
			}
		}
		return a.Run, b.Run
	}
	a, b := runs(false)
	paired := sure(t, a, b).Conditions[0].Arms[0]
	if e := paired.T.Median.Change; !near(e.Value, 5) || !near(e.Low, 5) || !near(e.High, 5) || paired.T.Median.Noise() {
		t.Errorf("paired: %+v, want 5 without any doubt", e)
	}
	if e := paired.Phases[5].Median.Change; !near(e.Low, 5) {
		t.Errorf("paired, infer: %+v", e)
	}
	a, b = runs(true)
	apart := sure(t, a, b)
	if e := apart.Conditions[0].Arms[0]; e.Paired || !e.T.Median.Noise() || !(e.T.Median.Change.Low < -5 && e.T.Median.Change.High > 15) {
		t.Errorf("unpaired: %+v, want an interval that holds 0", e.T.Median.Change)
	}
	if !strings.Contains(fmt.Sprint(apart.Notes), "compared unpaired") {
		t.Errorf("notes: %q", apart.Notes)
	}
}

// TestCompareCoverage: the interval of a difference of medians holds the true
// one about as often as it says, for skewed times in three trials.
func TestCompareCoverage(t *testing.T) {
	const runs = 200
	held := 0
	for seed := range uint64(runs) {
		rng := rand.New(rand.NewPCG(seed, 9))
		draw := func(scale float64) strand {
			var s strand
			for rep := range 3 {
				for i := range 30 {
					s.add(place{rep, i, ""}, scale*(1+rng.ExpFloat64()))
				}
			}
			return s
		}
		d := compareDraws(draw(100), draw(120), false, rand.NewPCG(seed, 1))[0].median.difference(0.95)
		if truth := Number(20 * (1 + math.Ln2)); d.Change.Low <= truth && truth <= d.Change.High {
			held++
		}
	}
	// 95 % of 200 is 190, less 3σ: σ² = 200·0.95·0.05.
	if held < 181 {
		t.Errorf("the interval held the truth %d times of %d", held, runs)
	}
}

// TestComparePairing: by ID, else by what they set; the others are named; and
// nothing in common is an error.
func TestComparePairing(t *testing.T) {
	set := func(s *small, i int, rate string) *small {
		s.Header.Conditions[i].Set = map[string]string{"links.edge.down.rate": rate}
		return s
	}
	a := set(set(newSmall("slow", "fast", "mine"), 0, "1Mbps"), 1, "9Mbps")
	set(a, 2, "9Mbps") // the first that sets it has it
	b := set(set(newSmall("theirs", "9Mbps", "slow"), 1, "9Mbps"), 2, "2Mbps")
	b.Header.Name, b.Dir, a.Dir = "other", "B", "A"
	for _, s := range []*small{a, b} {
		for _, c := range s.Header.Conditions {
			s.many(c.ID, 6, 100*ms, 50*ms)
		}
	}
	c := sure(t, a.Run, b.Run)
	var pairs [][2]string
	for _, k := range c.Conditions {
		pairs = append(pairs, [2]string{k.A, k.B})
	}
	if diff := cmp.Diff([][2]string{{"slow", "slow"}, {"fast", "9Mbps"}}, pairs); diff != "" {
		t.Errorf("pairs (-want +got):\n%s", diff)
	}
	notes := strings.Join(c.Notes, "\n")
	for _, want := range []string{"the scenarios differ (small and other)", `conditions of A only: "mine"`, `conditions of B only: "theirs"`, `set to other values in A than in B (1 of 2 conditions): "slow"`} {
		if !strings.Contains(notes, want) {
			t.Errorf("no note says %q:\n%s", want, notes)
		}
	}
	_, err := compareHeld(newSmall("x").Run, newSmall("y").Run)
	if err == nil || !strings.Contains(err.Error(), `nothing pairs`) || !strings.Contains(err.Error(), `"x"`) || !strings.Contains(err.Error(), `"y"`) {
		t.Errorf("nothing in common: %v", err)
	}
}

// TestCompareAgreement: medians, orders and choices that differ are counted and
// named.
func TestCompareAgreement(t *testing.T) {
	const n = 20
	run := func(scale float64, swap bool) *small {
		s := newSmall("x", "y")
		s.Header.Profile = []selector.Option{{Model: "big", Node: "edge"}, {Model: "little", Node: "edge"}, {Model: "mid", Node: "edge"}}
		for _, c := range []string{"x", "y"} {
			for i := range n {
				s.answer(c, "greedy", 0, i, 200*ms, true)
				r := s.answer(c, "advanced", 0, i, 50*ms, true)
				if swap && c == "y" && i < 3 {
					r.Model = []string{"mid", "mid", "big"}[i]
				}
				big, little, mid := 200*ms, 50*ms, 100*ms
				if c == "y" {
					big = time.Duration(scale * float64(big))
				}
				if swap && c == "y" {
					mid = 49 * ms
				}
				var options []record.ReplayOption
				for _, d := range []time.Duration{big, little, mid} {
					options = append(options, record.ReplayOption{Phases: selector.Phases{Infer: d - ms, Load: ms}, Measured: d})
				}
				if swap && c == "x" { // half a millisecond of 200
					options[0].Phases.Load += ms / 2
				}
				if i > n/3 {
					options[2] = record.ReplayOption{Measured: time.Hour, Error: "timeout"}
				}
				s.Replays = append(s.Replays, record.Replay{Condition: c, Pair: i, Sample: fmt.Sprint("image", i), Options: options})
			}
		}
		return s
	}
	// Six options and four arms' medians, each of two conditions.
	same := sure(t, run(1, false).Run, run(1.04, false).Run).Agreement
	if !same.Met || same.Medians[0] != (Median{Name: "t", N: 10, Within: 10, Typical: 0, Worst: 0.04}) {
		t.Errorf("4 %% longer in one of ten: %+v", same)
	}
	if longer := sure(t, run(1, false).Run, run(1.1, false).Run).Agreement; longer.Met || longer.Medians[0].Within != 9 {
		t.Errorf("10 %% longer in one of ten: %+v", longer)
	}
	g := sure(t, run(1, false).Run, run(1.1, true).Run).Agreement
	// t: big of y 220 for 200, and mid of y 49 for 100. Order: of three pairs
	// in each condition, little and mid of y change places, 2 % apart in B.
	// Choices: 3 of 20 of advanced in y, of 80 in all.
	want := Agreement{Within: 0.05, Fraction: 0.95,
		Medians: []Median{
			{Name: "t", N: 10, Within: 8, Typical: 0, Worst: -0.51},
			{Name: "load", N: 6, Within: 5, Slight: 1, Typical: 0, Worst: 0.5},
			{Name: "infer", N: 10, Within: 8, Typical: 0, Worst: round(-51. / 99)},
		},
		Order: Alike{6, 5}, Close: 1, Choice: Alike{80, 77}, Even: 2, Swaps: []Swap{{"little", "mid", 2}, {"little", "big", 1}},
		Misses: []Miss{
			{"y", "mid", "t", 100, 49, -0.51, -0.51, "infer", false},
			{"y", "mid", "infer", 99, 48, round(-51. / 99), -0.51, "", false},
			{"y", "big", "t", 200, 220, 0.1, 0.1, "infer", false},
			{"y", "big", "infer", 199, 219, round(20. / 199), 0.1, "", false},
		}}
	if diff := cmp.Diff(want, g, sameNumber); diff != "" {
		t.Errorf("agreement (-want +got):\n%s", diff)
	}
	// Where the oracle was not asked, orders are of what was chosen.
	plain := run(1, true)
	plain.Replays = nil
	if o := sure(t, plain.Run, plain.Run).Agreement; o.Order != (Alike{4, 4}) || o.Medians[0].N != 4 {
		t.Errorf("without replays: %+v", o) // big and little in x; all three in y
	}
}

// TestCompareAcross: over conditions, the geometric mean of the ratios of
// medians; an invalid condition counts in none.
func TestCompareAcross(t *testing.T) {
	run := func(x, y time.Duration, bad bool) record.Run {
		s := newSmall("x", "y", "bad")
		for i := range 10 {
			late := time.Duration(0)
			if i == 9 {
				late = x // which no median minds
			}
			s.pair("x", 0, i, x+late, x/2)
		}
		s.many("y", 10, y, y/2)
		s.many("bad", 10, 100*ms, 50*ms)
		for i := range s.Requests[40:] {
			s.Requests[40+i].Model += y.String() // no choice is the same
		}
		if bad {
			for i := range s.Requests {
				if s.Requests[i].Condition == "bad" && i%2 == 0 {
					s.Requests[i].Error = "timeout"
				}
			}
		}
		return s.Run
	}
	// Twice and eight times as long: √16 times.
	c := sure(t, run(100*ms, 100*ms, false), run(200*ms, 800*ms, true))
	got := c.Arms[0]
	if got.Conditions != 2 || !near(got.Time.Value, 3) || !near(got.Time.Low, 3) || !near(got.Phases[5], 400) || got.Most != "infer" {
		t.Errorf("over x and y: %+v", got) // (100 + 700)/2 ms
	}
	if c.Conditions[2].Valid != [2]bool{true, false} || !strings.Contains(fmt.Sprint(c.Notes), "not valid in B") {
		t.Errorf("bad is valid: %v; notes %q", c.Conditions[2].Valid, c.Notes)
	}
	if g := c.Agreement; g.Medians[0].N != 4 || g.Choice != (Alike{40, 40}) || len(g.Swaps) > 0 || c.Conditions[2].Arms[0].Choice != (Alike{10, 0}) {
		t.Errorf("medians %+v; choices: %+v of all, swaps %v, in bad %+v", g.Medians, g.Choice, g.Swaps, c.Conditions[2].Arms[0].Choice)
	}
	// Of 10 in x half is saved, of one of them 3/4; of all in y half.
	if s := c.Arms[1].Saving; s == nil || !near(s.A.Value, (0.525+0.5)/2) || s.A.Low < 0.5 || s.A.High > 0.6 || !near(s.Change.Value, 0) {
		t.Errorf("Δt over x and y: %+v", s)
	}
	other := sure(t, run(100*ms, 100*ms, true), run(200*ms, 800*ms, false))
	if other.Arms[0].Conditions != 2 || other.Agreement.Medians[0].N != 4 {
		t.Errorf("invalid in A: %+v, %+v", other.Arms[0], other.Agreement.Medians)
	}
}

// TestCompareDraws: the median and mean of a draw are those of the values that
// it draws, however blocks are cut.
func TestCompareDraws(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for n := 1; n < 400; n += 13 {
		var s strand
		for i := range n {
			s.add(place{repetition: i % 3 * i / n, pair: i}, math.Floor(10*rng.ExpFloat64()))
		}
		r := resampledOf(s, 1)
		for range 20 {
			var drawn []float64
			from := 0
			for b, count := range r.counts {
				for range r.weight[b] {
					drawn = append(drawn, s.columns[0][from:from+count]...)
				}
				from += count
			}
			slices.Sort(drawn)
			if got, want := r.median(0), drawn[(len(drawn)-1)/2]; got != want {
				t.Fatalf("%d values: median %v, want %v", n, got, want)
			}
			if got, want := r.mean(0), mean(drawn); math.Abs(got-want) > 1e-9 {
				t.Fatalf("%d values: mean %v, want %v", n, got, want)
			}
			r.draw(rng)
		}
	}
}

// TestCompareDeterministic: the same runs give the same bytes, in any order of
// lines; and a run agrees with itself.
func TestCompareDeterministic(t *testing.T) {
	a, b := sweep(30), sweep(30)
	slices.Reverse(b.Requests)
	bytes := func(c Contrast) string {
		out, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		return string(out)
	}
	one, two := sure(t, a, b), sure(t, b, a)
	if diff := cmp.Diff(bytes(one), bytes(two)); diff != "" {
		t.Errorf("another order of lines:\n%s", diff)
	}
	if !one.Agreement.Met || len(one.Notes) > 0 || !near(one.Arms[1].Time.Value, 0) || one.Arms[1].Choice != (Alike{180, 180}) {
		t.Errorf("against itself: %+v, %+v; notes %q", one.Agreement, one.Arms[1], one.Notes)
	}
}

// BenchmarkCompare is two runs of 1000 conditions of 20 pairs.
func BenchmarkCompare(b *testing.B) {
	var ids []string
	for i := range 1000 {
		ids = append(ids, fmt.Sprint("c", i))
	}
	s := newSmall(ids...)
	for _, id := range ids {
		s.many(id, 20, 100*ms, 50*ms)
	}
	for b.Loop() {
		if _, err := compareHeld(s.Run, s.Run); err != nil {
			b.Fatal(err)
		}
	}
}
