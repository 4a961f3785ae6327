package stats

import (
	"strings"
	"testing"
	"time"

	"github.com/testbed/testbed/selector"
)

func TestJudge(t *testing.T) {
	yes, no := true, false
	for _, tt := range []struct {
		name         string
		lower, upper float64
		atLeast      bool
		want         *bool
	}{
		{"saving: the lower bound is the bound", 0.2, 0.3, true, &yes},
		{"saving: the lower bound is short of it", 0.199, 0.3, true, nil},
		{"saving: the upper bound is the bound", 0.1, 0.2, true, nil},
		{"saving: the upper bound is below", 0.1, 0.199, true, &no},
		{"drop: the upper bound is the bound", 0.1, 0.2, false, &yes},
		{"drop: the upper bound is above", 0.1, 0.201, false, nil},
		{"drop: the lower bound is the bound", 0.2, 0.3, false, nil},
		{"drop: the lower bound is above", 0.201, 0.3, false, &no},
	} {
		got := judge(Requirement{Bound: 0.2, Lower: Number(tt.lower), Upper: Number(tt.upper)}, tt.atLeast).Met
		if (got == nil) != (tt.want == nil) || got != nil && *got != *tt.want {
			t.Errorf("%s: met %v, want %v", tt.name, show(got), show(tt.want))
		}
	}
	if got := judge(Requirement{Lower: Missing(), Upper: Missing()}, true).Met; got != nil {
		t.Errorf("without bounds: met %v, want undecided", *got)
	}
}

func show(b *bool) string {
	switch {
	case b == nil:
		return "undecided"
	case *b:
		return "yes"
	}
	return "no"
}

// TestMoreNeeded: n·(half/gap)² − n.
func TestMoreNeeded(t *testing.T) {
	for _, tt := range []struct {
		name string
		r    Requirement
		n    int
		want string
	}{
		{"100·(0.1/0.05)² − 100 = 300", Requirement{Bound: 0.2, Value: 0.25, Lower: 0.15, Upper: 0.32}, 100, "needs about 300 more pairs (now 100), if the value stays what it is"},
		{"below, the upper half counts: 100·(0.06/0.05)² − 100 = 44", Requirement{Bound: 0.2, Value: 0.15, Lower: 0, Upper: 0.21}, 100, "needs about 44 more pairs (now 100), if the value stays what it is"},
		{"rounded up: 100·(0.11/0.05)² − 100 = 384", Requirement{Bound: 0.2, Value: 0.25, Lower: 0.14, Upper: 0.3}, 100, "needs about 390 more pairs (now 100), if the value stays what it is"},
		{"on the bound", Requirement{Bound: 0.2, Value: 0.2, Lower: 0.1, Upper: 0.3}, 100, "the value is so close to the bound that no practical number of pairs will decide"},
		{"no interval", Requirement{Bound: 0.2, Value: 0.3, Lower: Missing(), Upper: Missing()}, 3, "3 pairs bear no interval: at least 6 are needed"},
		{"no pairs", Requirement{Bound: 0.2, Value: Missing(), Lower: Missing(), Upper: Missing()}, 0, "there are no pairs to judge by"},
	} {
		if got := advise(tt.r, amount{n: tt.n, unit: "pairs"}); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

// TestMoreNeededOfFewTrials: bounds of two trials at 95 % are by Student's t with
// one degree of freedom, 6.314; with so many times as many trials k it has 2k − 1,
// and the half-width 0.1 is 0.1·t/(6.314·√k). With k = 2 that is t(3) = 2.353 and
// 0.0264, which is less than the gap of 0.05; with k = 1.5 it is t(2) = 2.920 and
// 0.0378, and with k = 1.25 t(1.5) = 3.81 and 0.0540: k is about 1.28, where the
// normal distribution would have 4. A repetition has 50 pairs.
func TestMoreNeededOfFewTrials(t *testing.T) {
	r := Requirement{Bound: 0.2, Value: 0.25, Lower: 0.15, Upper: 0.32}
	of := amount{n: 100, unit: "pairs", inRepetition: 50, freedom: 1, confidence: 0.95}
	if got := moreNeeded(r, of); got < 26 || got > 30 {
		t.Errorf("%v more, want about 28", got)
	}
	if got, want := advise(r, of), "(now 100; about 1 more repetition), if the value stays what it is"; !strings.HasSuffix(got, want) {
		t.Errorf("%q, want it to end with %q", got, want)
	}
	of.freedom = 0
	if got, want := advise(r, of), "needs about 300 more pairs (now 100; about 6 more repetitions), if the value stays what it is"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestVerdict: forty pairs whose ratio alternates between two values.
func TestVerdict(t *testing.T) {
	for _, tt := range []struct {
		name      string
		one, two  time.Duration // t_a of 100 ms
		wrong     int           // of 40 images, that the other arm does not know
		want      string
		words     string
		undecided bool
	}{
		{"both are met", 50 * ms, 60 * ms, 0, Pass, "PASS: advanced saves 45.0 % of greedy's time", false},
		{"it saves too little", 95 * ms, 90 * ms, 0, Fail, "at least 20 % asked), not met", false},
		{"it is not known whether it saves enough", 40 * ms, 118 * ms, 0, Inconclusive, "undecided", true},
		{"it gives up too much", 50 * ms, 60 * ms, 12, Fail, "gives up 30.0 points", false},
		{"it is not known whether it gives up too much", 50 * ms, 60 * ms, 3, Inconclusive, "undecided", true},
		{"one is not met though the other is undecided", 95 * ms, 90 * ms, 3, Fail, "not met", true},
	} {
		s := newSmall("c")
		for i := range 40 {
			other := tt.one
			if i%2 == 1 {
				other = tt.two
			}
			s.answer("c", "greedy", 0, i, 100*ms, true)
			s.answer("c", "advanced", 0, i, other, i >= tt.wrong)
		}
		v := Summarize(s.Run).Verdict
		if v.Result != tt.want || !strings.Contains(v.Sentence, tt.words) {
			t.Errorf("%s: %s %q, want %s with %q", tt.name, v.Result, v.Sentence, tt.want, tt.words)
		}
		advice := v.Requirements[0].Advice + v.Requirements[1].Advice
		if strings.Contains(advice, "needs about") != tt.undecided {
			t.Errorf("%s: advice %q", tt.name, advice)
		}
	}
}

// TestVerdictNeedsValidConditions: one of two will do, one of three will not.
func TestVerdictNeedsValidConditions(t *testing.T) {
	for _, tt := range []struct {
		conditions []string
		want       string
	}{
		{[]string{"good", "bad"}, Pass},
		{[]string{"good", "bad", "worse"}, Invalid},
	} {
		s := newSmall(tt.conditions...)
		s.many("good", 40, 100*ms, 50*ms)
		v := Summarize(s.Run).Verdict
		if v.Result != tt.want {
			t.Errorf("%v: %s, want %s", tt.conditions, v.Result, tt.want)
		}
		if tt.want == Invalid && !strings.Contains(v.Sentence, "1 of 3 conditions are valid") {
			t.Errorf("sentence %q", v.Sentence)
		}
	}
}

// TestVerdictOfStandIns: a selector whose fallback chose more than one time in
// twenty was not measured; fewer are said beside the verdict.
func TestVerdictOfStandIns(t *testing.T) {
	for _, tt := range []struct {
		failed int
		want   string
		words  string
	}{
		{0, Pass, "1 of 1 conditions valid."},
		{2, Pass, "conditions valid. 2 of 40 decisions of advanced failed, and its fallback made them."},
		{3, Invalid, "INVALID: it is another selector that was measured. 3 of 40 decisions of advanced failed, and its fallback made them."},
	} {
		s := newSmall("c")
		s.many("c", 40, 100*ms, 50*ms)
		for pair := range 40 {
			d := s.decide(pair, selector.Phases{Infer: 50 * ms}, selector.Phases{Infer: 50 * ms}, 0)
			if pair < tt.failed {
				d.Decision.Failed = "no answer within 1s"
			}
		}
		if v := Summarize(s.Run).Verdict; v.Result != tt.want || !strings.HasSuffix(v.Sentence, tt.words) {
			t.Errorf("%d failed: %s %q, want %s with %q", tt.failed, v.Result, v.Sentence, tt.want, tt.words)
		}
	}
}
