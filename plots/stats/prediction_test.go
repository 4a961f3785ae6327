package stats

import (
	"strings"
	"testing"
	"time"

	"github.com/testbed/testbed/runner/record"
	"github.com/testbed/testbed/selector"
)

// decide adds a decision for a request of advanced, by which the chosen option
// was predicted and bounded so.
func (s *small) decide(pair int, predicted, observed selector.Phases, bound time.Duration) *record.Decision {
	s.Decisions = append(s.Decisions, record.Decision{Condition: "c", Arm: "advanced", Pair: pair, Took: 20 * time.Microsecond, Outcome: observed,
		Decision: selector.Decision{Choice: 1, Candidates: []selector.Candidate{{Option: "big@edge"}, {Option: "little@edge", Predicted: predicted, Total: predicted.Total(), Bound: bound}}}})
	return &s.Decisions[len(s.Decisions)-1]
}

// TestPredictionByHand: infer was predicted at 10 ms and took 8 and 20, fetch at
// 5 ms and took 0 and 10, queue took 0.05 ms, which is too short to be counted.
//
//	infer  MAPE (2/8 + 10/20)/2 = 0.375, bias (2/8 − 10/20)/2 = −0.125, (2 − 10)/2 = −4 ms
//	fetch  MAPE 5/10 = 0.5, bias −0.5, of one; (5 − 5)/2 = 0 ms
//	total  15 of 8.05 and 30.05 ms
func TestPredictionByHand(t *testing.T) {
	s := newSmall("c")
	s.many("c", 4, 100*ms, 50*ms)
	predicted := selector.Phases{Infer: 10 * ms, Fetch: 5 * ms}
	s.decide(0, predicted, selector.Phases{Infer: 8 * ms, Queue: 50 * time.Microsecond}, 20*ms)
	s.decide(1, predicted, selector.Phases{Infer: 20 * ms, Fetch: 10 * ms, Queue: 50 * time.Microsecond}, 40*ms)
	// None of these counts.
	s.decide(2, predicted, selector.Phases{Infer: ms}, 20*ms).Decision.Failed = "late"
	s.decide(3, predicted, selector.Phases{Infer: ms}, 20*ms)
	s.Requests[7].Error = "timeout"
	s.decide(-1, predicted, selector.Phases{Infer: ms}, 20*ms)
	s.decide(1, predicted, selector.Phases{}, 20*ms)
	s.decide(1, selector.Phases{}, selector.Phases{Infer: ms}, 0)

	got := Summarize(s.Run)
	if len(got.Predictions) != 1 || got.Predictions[0].Decisions != 2 {
		t.Fatalf("predictions %+v, want those of advanced, of two decisions", got.Predictions)
	}
	p := got.Predictions[0]
	for _, tt := range []struct {
		got               PhaseError
		phase             string
		n                 int
		mape, bias, bias2 float64
	}{
		{p.Phases[5], "infer", 2, 0.375, -0.125, -4},
		{p.Phases[2], "fetch", 1, 0.5, -0.5, 0},
		{p.Total, "total", 2, (6.95/8.05 + 15.05/30.05) / 2, (6.95/8.05 - 15.05/30.05) / 2, (6.95 - 15.05) / 2},
	} {
		if tt.got.Phase != tt.phase || tt.got.N != tt.n || !near(tt.got.MAPE, tt.mape) || !near(tt.got.Bias, tt.bias) || !near(tt.got.BiasMillis, tt.bias2) {
			t.Errorf("%s: %+v, want n %d, %v, %v, %v ms", tt.phase, tt.got, tt.n, tt.mape, tt.bias, tt.bias2)
		}
	}
	if q := p.Phases[1]; q.N != 0 || q.MAPE.Known() || !near(q.BiasMillis, -0.05) {
		t.Errorf("queue %+v: want none, and −0.05 ms", q)
	}
	if b := p.Bound; b.N != 2 || b.Held != 1 || b.Low != wilson(1, 2, 0.95).Low {
		t.Errorf("bound %+v, want both", b)
	}
	if c := got.Conditions[0].Arms[1].Prediction; c == nil || c.Decisions != 2 || got.Conditions[0].Arms[0].Prediction != nil {
		t.Errorf("in the condition %+v", c)
	}
	if series := Collect(s.Run).Foretold; len(series) != 1 || len(series[0].Phases[5]) != 2 || series[0].Phases[5][0] != (Point{8, 10}) || len(series[0].Phases[1]) != 0 {
		t.Errorf("drawn %+v, want infer at {8 10}", series)
	}
}

// TestCoverageWarning: a bound that holds 95 of 100 is as it should be, one
// that holds 80 or all 400 is not.
// TestTotalAlone: who says how long a request will take, and not of what, is
// held to that alone.
func TestTotalAlone(t *testing.T) {
	s := newSmall("c")
	s.many("c", 1, 100*ms, 50*ms)
	s.decide(0, selector.Phases{}, selector.Phases{Infer: 40 * ms}, 0).Decision.Candidates[1].Total = 50 * ms
	p := Summarize(s.Run).Predictions[0]
	if p.Decisions != 1 || !near(p.Total.MAPE, 0.25) || !near(p.Total.BiasMillis, 10) {
		t.Errorf("total %+v of %d decisions, want 25 %% and 10 ms of one", p.Total, p.Decisions)
	}
	if q := p.Phases[5]; q.N != 0 || q.MAPE.Known() || q.BiasMillis.Known() {
		t.Errorf("infer %+v: nothing was predicted of it", q)
	}
}

func TestCoverageWarning(t *testing.T) {
	for _, tt := range []struct {
		n, held int
		warned  bool
	}{{100, 95, false}, {100, 80, true}, {400, 400, true}, {20, 20, false}} {
		p := predicted{bounded: tt.n, held: tt.held}
		if w := p.coverage(0.95).warning("a"); (w != "") != tt.warned {
			t.Errorf("%d of %d: warning %q", tt.held, tt.n, w)
		}
	}
}

// TestDecisions: of 400 decisions of 20 µs beside t of 1 ms, which is 2 %, three
// failed for two reasons.
func TestDecisions(t *testing.T) {
	s := newSmall("c")
	s.many("c", 400, 100*ms, ms)
	for i := range 400 {
		s.decide(i, selector.Phases{}, selector.Phases{}, 0).Took = time.Duration(20+i/398*100) * time.Microsecond // two of 120
	}
	s.Decisions[4].Decision.Failed = "late: no answer within 1s"
	s.Decisions[7].Decision.Failed = "late: no answer within 1s"
	s.Decisions[9].Decision.Failed = "choice 99: want 0 to 4"
	got := Summarize(s.Run)
	d := got.Models[1].Decisions
	if d.N != 400 || d.Median != 20 || d.P99 != 20 || !near(d.Share, 0.0205) || d.Failed != 3 { // (398·20 + 2·120)/400 = 20.5 µs
		t.Errorf("decisions %+v, want 400, 20, 20, 0.0205 and 3", d)
	}
	want := "2 times: late: no answer within 1s"
	if len(d.Failures) != 2 || d.Failures[0] != want {
		t.Errorf("failures %q, want %q first", d.Failures, want)
	}
	all := strings.Join(Texts(got.Warnings), "\n")
	for _, w := range []string{"c: advanced: its decisions took 2.05 % of t, more than 1 %", "advanced: 3 of 400 decisions failed and were made by its fallback, such as: late"} {
		if !strings.Contains(all, w) {
			t.Errorf("warnings do not say %q:\n%s", w, all)
		}
	}
	if a := got.Conditions[0].Arms[1]; !near(a.DecideShare, 0.0205) || !near(a.Decide, 20.5) {
		t.Errorf("in the condition %v µs, %v", a.Decide, a.DecideShare)
	}
}
