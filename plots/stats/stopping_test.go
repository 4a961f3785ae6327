package stats

import (
	"cmp"
	"flag"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/testbed/testbed/runner/record"
	"github.com/testbed/testbed/selector"
)

var stopRuns = flag.Int("stop-runs", 0, "runs in TestStoppingErrs")

// TestDecides: 5 % shared among the looks after repetitions 2 to 6 are 1 % each.
func TestDecides(t *testing.T) {
	for _, tt := range []struct {
		stop        *record.Stop
		repetitions int
		want        float64
	}{
		{nil, 6, 0.95},
		{&record.Stop{Least: 2}, 6, 0.99},
		{&record.Stop{Least: 5}, 6, 0.975},
		{&record.Stop{Least: 1, Stopped: 1}, 10, 0.995}, // also where it ended at the first
	} {
		h := record.Header{Repetitions: tt.repetitions, Stop: tt.stop, Require: record.Require{Confidence: 0.95}}
		if got := decides(&h); math.Abs(got-tt.want) > 1e-12 {
			t.Errorf("%+v of %d repetitions: %v, want %v", tt.stop, tt.repetitions, got, tt.want)
		}
	}
}

// TestStoppedRun: a run that ended after 4 of 6 repetitions is complete, says by
// which rule it ended, and is judged at the level of its looks.
func TestStoppedRun(t *testing.T) {
	s := newSmall("c")
	for rep := range 4 {
		for i := range 40 {
			s.pair("c", rep, 40*rep+i, 100*ms, time.Duration(50+i*i%7+rep)*ms)
		}
	}
	s.Header.Conditions[0].Requests, s.Header.Repetitions = 40, 6
	s.Header.Stop = &record.Stop{Least: 2, Stopped: 4}
	got := Summarize(s.Run)
	v := got.Verdict
	if v.Result != Pass || v.Stopping == nil || !v.Stopping.Stopped || v.Stopping.After != 4 || v.Stopping.Looks != 5 || !near(v.Stopping.Confidence, 0.99) {
		t.Errorf("%s, stopping %+v", v.Result, v.Stopping)
	}
	if got.Run.Planned != 160 {
		t.Errorf("%d planned pairs, want 160", got.Run.Planned)
	}
	if all := strings.Join(Texts(got.Warnings), "\n"); strings.Contains(all, "planned pairs") {
		t.Errorf("warnings: %s", all)
	}
	s.Header.Stop = nil
	free := Summarize(s.Run).Verdict
	a, b := v.Requirements[0], free.Requirements[0]
	if free.Stopping != nil || !(a.Lower < b.Lower && a.Upper > b.Upper) || a.Low != b.Low || a.High != b.High {
		t.Errorf("bounds %v to %v with looks, %v to %v without", a.Lower, a.Upper, b.Lower, b.Upper)
	}
}

// TestDecided: both requirements have to be, of a run that is valid.
func TestDecided(t *testing.T) {
	for _, tt := range []struct {
		name  string
		pairs int
		base  time.Duration
		fault func(s *small)
		want  bool
	}{
		{"met", 60, 100 * ms, nil, true},
		{"not met", 60, 40 * ms, nil, true},
		{"accuracy is not decided yet", 10, 100 * ms, nil, false},
		{"not valid", 60, 100 * ms, func(s *small) { // a fallback decided
			s.decide(0, selector.Phases{Infer: 50 * ms}, selector.Phases{Infer: 50 * ms}, 0).Decision.Failed = "lost"
		}, false},
		{"nor is on time", 60, 100 * ms, func(s *small) { s.Header.Require.Deadline, s.Header.Require.OnTime = 60*ms, 0.99 }, false},
		{"nothing", 0, 0, nil, false},
		{"one trial does not tell how trials differ", 60, 100 * ms, func(s *small) {
			for i := range s.Requests {
				s.Requests[i].Pair, s.Requests[i].Repetition = i/2, 0
			}
		}, false},
	} {
		s := newSmall("c")
		s.Header.Status = "running"
		for rep := range 2 {
			for i := range tt.pairs / 2 {
				s.pair("c", rep, i, tt.base, 50*ms)
			}
		}
		if tt.fault != nil {
			tt.fault(s)
		}
		if got := Decided(&s.Run, s.Lines()); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

// TestOnTimeRequirement: 459 requests without a late one attain 99 % at a
// confidence of 99 % (0.99⁴⁵⁹ = 0.0099), 299 at 95 % is 0.0495.
func TestOnTimeRequirement(t *testing.T) {
	for _, tt := range []struct {
		n, late    int
		confidence float64
		asked      float64
		met        string
		advice     string
	}{
		{299, 0, 0.95, 0.99, "yes", ""},
		{298, 0, 0.95, 0.99, "undecided", "needs about 1 more requests (now 298; about 1 more repetition), if none of them is late"},
		{459, 0, 0.99, 0.99, "yes", ""},
		{300, 0, 0.99, 0.99, "undecided", "needs about 159 more requests (now 300; about 1 more repetition), if none of them is late"},
		{100, 20, 0.95, 0.99, "no", "the whole interval is beyond the bound: more requests will not change that"},
		{0, 0, 0.95, 0.99, "undecided", "not judged, as the run is not valid"},
	} {
		s := newSmall("c")
		s.Header.Require.Confidence, s.Header.Require.Deadline, s.Header.Require.OnTime = tt.confidence, 60*ms, tt.asked
		for i := range tt.n {
			other := 60 * ms
			if i < tt.late {
				other++
			}
			s.pair("c", 0, i, 100*ms, other)
		}
		v := Summarize(s.Run).Verdict
		r := v.Requirements[2]
		if r.Name != "on_time" || show(r.Met) != tt.met || r.Advice != tt.advice {
			t.Errorf("%d late of %d: met %s, %q; want %s, %q", tt.late, tt.n, show(r.Met), r.Advice, tt.met, tt.advice)
		}
		if tt.late > 0 && (v.Result != Fail || !strings.Contains(v.Sentence, "answers 80.0 % of requests within 60 ms (71.1 % to 86.7 %; at least 99 % asked), not met")) {
			t.Errorf("%s: %s", v.Result, v.Sentence)
		}
	}
}

// TestExactBounds: the bounds decide as the rule of the early stopping does.
func TestExactBounds(t *testing.T) {
	for _, n := range []int{1, 10, 299, 662} {
		for late := range min(n, 12) + 1 {
			lower, upper := exactBounds(late, n, 0.05)
			for _, asked := range []float64{0.5, 0.9, 0.95, 0.99} {
				want := "undecided"
				switch {
				case float64(lower) >= asked:
					want = "yes"
				case float64(upper) <= asked:
					want = "no"
				}
				if got := show(attained(late, n, asked, 0.95)); got != want {
					t.Errorf("%d late of %d, %v asked: %s by the rule, %s by the bounds %v and %v", late, n, asked, got, want, lower, upper)
				}
			}
		}
	}
}

// TestStoppingErrs simulates runs of up to eight repetitions that are looked at
// from the third on, with a true saving of just what is asked: whichever way the
// saving is decided at the first look that decides is then wrong, and each way
// may happen in at most 5 % of them. Were each look at 95 %, it would be more.
func TestStoppingErrs(t *testing.T) {
	runs := cmp.Or(*stopRuns, 100)
	if testing.Short() {
		runs = cmp.Or(*stopRuns, 30)
	}
	wrong := map[string]int{}
	for i := range runs {
		wrong[firstDecision(uint64(i))]++
	}
	// More than this has a probability of 1 % if the rate is 5 %.
	most := int(0.05*float64(runs) + 2.33*math.Sqrt(0.05*0.95*float64(runs)))
	t.Logf("of %d runs %v", runs, wrong)
	if wrong["yes"] > most || wrong["no"] > most {
		t.Errorf("of %d runs %v; at most %d may be decided either way", runs, wrong, most)
	}
}

// firstDecision is how the saving is decided at the first look that decides.
func firstDecision(seed uint64) string {
	const pairs = 10
	rng := rand.New(rand.NewPCG(seed, 7))
	s := newSmall("c")
	s.Header.Seed, s.Header.Repetitions, s.Header.Stop = seed, 8, &record.Stop{Least: 3}
	for rep := range s.Header.Repetitions {
		for i := range pairs {
			// t_a/t_b is log-normal with the mean exp(ln 0.8 − σ²/2 + σ²/2) = 0.8.
			ratio := math.Exp(math.Log(0.8) - 0.3*0.3/2 + 0.3*rng.NormFloat64())
			s.pair("c", rep, rep*pairs+i, 100*ms, time.Duration(ratio*float64(100*ms)))
		}
		if rep+1 < s.Header.Stop.Least {
			continue
		}
		if met := Summarize(s.Run).Verdict.Requirements[0].Met; met != nil {
			return show(met)
		}
	}
	return "undecided"
}
