package stats

import (
	"strings"
	"testing"
	"time"

	"github.com/testbed/testbed/runner/record"
)

// aa is a run of so many repetitions of ten pairs, with a third arm, again. Times
// scatter by a tenth. The third arm takes as long as the baseline times slower.
func aa(repetitions int, slower float64) *small {
	s := newSmall("c")
	s.Header.Arms = append(s.Header.Arms, "again")
	s.Header.Selectors = []record.Selector{{Name: "greedy", Policy: "greedy"}, {Name: "advanced", Policy: "advanced"}, {Name: "again", Policy: "greedy"}}
	scatter := newRand(source(3, "aa"))
	t := func(by float64) time.Duration {
		return time.Duration(by * float64(100*ms) * (1 + 0.1*scatter.Float64()))
	}
	for rep := range repetitions {
		for i := range 10 {
			s.pair("c", rep, i, t(1), t(0.5))
			s.answer("c", "again", rep, i, t(slower), true)
		}
	}
	return s
}

// TestControls: an arm that is set as the baseline is, is held to doing as it
// does; if it does not there is no verdict.
func TestControls(t *testing.T) {
	for _, tt := range []struct {
		name        string
		repetitions int
		slower      float64
		change      func(s *small)
		held        string // empty: there is no such control
	}{
		{"alike", 6, 1, nil, "yes"},
		{"a twentieth slower", 6, 1.05, nil, "no"},
		{"a hundredth slower, which matters to nobody", 40, 1.01, nil, "yes"},
		{"too few pairs to tell", 1, 1.05, func(s *small) { s.Requests = s.Requests[:3*5] }, "undecided"},
		{"other settings", 6, 1.05, func(s *small) { s.Header.Selectors[2].Settings = []string{"exact"} }, ""},
		{"other placements", 6, 1.05, func(s *small) { s.Header.Selectors[2].Placements = []string{"cloud"} }, ""},
		{"the same placements", 6, 1.05, func(s *small) {
			s.Header.Selectors[0].Placements, s.Header.Selectors[2].Placements = []string{"cloud", "edge"}, []string{"edge", "cloud"}
		}, "no"},
		{"nothing is known of the selectors", 6, 1.05, func(s *small) { s.Header.Selectors = nil }, ""},
	} {
		s := aa(tt.repetitions, tt.slower)
		if tt.change != nil {
			tt.change(s)
		}
		got := Summarize(s.Run)
		held := ""
		for _, c := range got.Overall.Controls {
			if c.Kind == ArmKind && c.Arm == "again" {
				held = show(c.Held)
			}
		}
		if held != tt.held || (got.Verdict.Result == Invalid) != (tt.held == "no") {
			t.Errorf("%s: %+v and %s, want held %q", tt.name, got.Overall.Controls, got.Verdict.Sentence, tt.held)
		}
	}
}

// TestSameOption: pairs in which both arms chose one model are held against each
// other too. There a difference is a warning, and no more.
func TestSameOption(t *testing.T) {
	s := newSmall("c")
	for rep := range 3 {
		for i := range 10 {
			jitter := time.Duration(i%5) * ms
			s.answer("c", "greedy", rep, i, 100*ms+jitter, true)
			r := s.answer("c", "advanced", rep, i, 70*ms+jitter+time.Duration(rep)*ms, true)
			if i%2 == 0 {
				r.Model, r.Option = "big", s.Requests[len(s.Requests)-2].Option
			}
		}
	}
	got := Summarize(s.Run)
	c := got.Overall.Controls
	if len(c) != 1 || c[0].Kind != SameOption || c[0].Pairs != 15 || show(c[0].Held) != "no" || got.Verdict.Result == Invalid {
		t.Fatalf("controls %+v of %s, want one of 15 pairs that did not hold, and a verdict", c, got.Verdict.Result)
	}
	found := 0
	for _, w := range got.Warnings {
		if w.Name == Control && w.Arm == "advanced" && strings.Contains(w.Text, "in the 15 pairs in which greedy and advanced chose the same option, advanced took 2") {
			found++
		}
	}
	if found != 1 {
		t.Errorf("%d warnings of it in %v, want one", found, Texts(got.Warnings))
	}
	// Of five pairs nothing is said.
	s.Requests = s.Requests[:20]
	if c := Summarize(s.Run).Overall.Controls; len(c) != 0 {
		t.Errorf("of five pairs: %+v, want none", c)
	}
}

// TestControlsSeldomFail: of runs in which nothing differs, with three
// repetitions, at most one in a hundred fails, give or take three standard errors.
func TestControlsSeldomFail(t *testing.T) {
	const runs = 300
	failed := 0
	for i := range runs {
		s := newSmall("c")
		s.Header.Selectors = []record.Selector{{Policy: "greedy"}, {Policy: "greedy"}}
		rng := newRand(source(uint64(i), "seldom"))
		for rep := range 3 {
			for p := range 6 {
				of := func() time.Duration { return time.Duration(float64(100*ms) * (1 + rng.Float64())) }
				s.pair("c", rep, p, of(), of())
			}
		}
		d := group(&s.Run)
		if c := d.controls(&Summary{Conditions: []Condition{{Valid: true}}}); show(c[0].Held) == "no" {
			failed++
		}
	}
	if failed > 8 { // 3 + 3·√(300·0.01·0.99)
		t.Errorf("%d of %d failed, want at most 3, give or take", failed, runs)
	}
}

// TestHolm: the least of four p values counts four times, the next three times,
// and none less than one before: 0.02, 0.03, 0.06, 0.06, as p.adjust of R has it.
func TestHolm(t *testing.T) {
	var tests []*Test
	for _, p := range []Number{0.01, 0.04, Missing(), 0.03, 0.005} {
		tests = append(tests, &Test{P: p})
	}
	holm(tests)
	for i, want := range []float64{0.03, 0.06, 0, 0.06, 0.02} {
		if got := tests[i].Holm; !near(got, want) && (i != 2 || got.Known()) {
			t.Errorf("p %v: %v, want %v", tests[i].P, got, want)
		}
	}
	one := &Test{P: 0.7}
	two := &Test{P: 0.6}
	holm([]*Test{one, two})
	if one.Holm != 1 || two.Holm != 1 {
		t.Errorf("0.6 and 0.7 are %v and %v, want 1", two.Holm, one.Holm)
	}
}

// TestHolmOfConditions: a condition that saves enough by itself, barely, does not where
// it is one of nine; an invalid condition is not one of them.
func TestHolmOfConditions(t *testing.T) {
	ids := []string{"a", "b", "c", "d", "e", "f", "g", "h", "barely"}
	s := newSmall(append(ids, "broken")...)
	rng := newRand(source(1, "together"))
	for _, id := range append(ids, "broken") {
		for rep := range 4 {
			for i := range 6 {
				other := 95 * ms
				if id == "barely" {
					other = 65*ms + time.Duration(rep)*3*ms
				}
				s.pair(id, rep, i, 100*ms, other+time.Duration(rng.IntN(int(5*ms))))
			}
		}
	}
	s.Checks = append(s.Checks, record.Check{Condition: "broken", Node: "edge", RTT: 9 * ms, AskedRTT: 1 * ms})
	got := Summarize(s.Run)
	barely := got.Conditions[8].Test
	if p := float64(barely.P); !(p < 0.05 && p > 0.001) || !near(barely.Holm, 9*p) {
		t.Errorf("p %v and Holm's %v, want one below 0.05, and nine times that", barely.P, barely.Holm)
	}
	if broken := got.Conditions[9].Test; !broken.P.Known() || broken.Holm.Known() {
		t.Errorf("the invalid condition has %+v, want p alone", broken)
	}
	if o := got.Overall.Test; o.P != o.Holm || o.P < 0.5 {
		t.Errorf("overall %+v, want one large p", o)
	}
	found := 0
	for _, w := range got.Warnings {
		if w.Name == Multiple && w.Value == 1 && w.Limit == 0 && strings.Contains(w.Text, "1 of 9 conditions save at least 20 %") {
			found++
		}
	}
	if found != 1 {
		t.Errorf("%d warnings of it in %v, want one", found, Texts(got.Warnings))
	}
}

// TestPIsTheBound: the one-sided bound of a requirement is that at which P is one
// less the confidence.
func TestPIsTheBound(t *testing.T) {
	s := &small{sweep(8)}
	r := Summarize(s.Run).Verdict.Requirements[0]
	s.Header.Require.Saving = float64(r.Lower)
	if p := Summarize(s.Run).Overall.Test.P; p < 0.0499 || p > 0.0501 {
		t.Errorf("a saving of %v asked has the p value %v, want 0.05", r.Lower, p)
	}
}
