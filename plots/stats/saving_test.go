package stats

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/testbed/testbed/runner/record"
	"github.com/testbed/testbed/selector"
)

// TestSavingByHand: t_b is 100 and 200 ms, t_a is 50 and 150 ms.
//
//	mean of ratios  (50/100 + 50/200)/2 = 0.375
//	ratio of means  1 − 200/300         = 0.333333
//	geometric       1 − √(0.5 · 0.75)   = 0.387628
func TestSavingByHand(t *testing.T) {
	s := newSmall("c")
	s.pair("c", 0, 0, 100*ms, 50*ms)
	s.pair("c", 0, 1, 200*ms, 150*ms)
	// None of these is a pair.
	warm := s.answer("c", "greedy", 0, -1, 100*ms, true)
	warm.Warmup = true
	warm = s.answer("c", "advanced", 0, -1, 1*ms, true)
	warm.Warmup = true
	s.answer("c", "greedy", 0, 2, 100*ms, true)
	s.answer("c", "advanced", 0, 2, 1*ms, true).Error = "timeout"
	s.answer("c", "greedy", 0, 3, 100*ms, true).Error = "timeout"
	s.answer("c", "advanced", 0, 3, 1*ms, true)
	s.answer("c", "greedy", 1, 4, 100*ms, true)
	s.answer("c", "advanced", 0, 4, 1*ms, true) // of another repetition

	got := Summarize(s.Run).Conditions[0]
	if got.Pairs != 2 {
		t.Errorf("%d pairs, want 2", got.Pairs)
	}
	for _, tt := range []struct {
		name string
		got  Estimate
		want float64
	}{
		{"mean of ratios", got.Saving.MeanOfRatios, 0.375},
		{"ratio of means", got.Saving.RatioOfMeans, 1.0 / 3},
		{"geometric", got.Saving.Geometric, 0.3876275643},
	} {
		if !near(tt.got.Value, tt.want) {
			t.Errorf("%s = %v, want %v", tt.name, tt.got.Value, tt.want)
		}
		if tt.got.Low.Known() || tt.got.High.Known() {
			t.Errorf("%s: two pairs have the interval %v to %v, want none", tt.name, tt.got.Low, tt.got.High)
		}
	}
	if a := got.Arms[0]; a.Requests != 5 || a.Errors != 1 {
		t.Errorf("greedy: %d requests and %d errors, want 5 and 1", a.Requests, a.Errors)
	}
}

// TestOverallPoolsPairs: four pairs that save 0.5 in one condition and eight
// that save 0.1 in the other are 2.8/12 = 0.233333 together, and 0.3 where
// conditions weigh the same. An invalid condition is in neither.
func TestOverallPoolsPairs(t *testing.T) {
	s := newSmall("a", "b", "broken")
	s.many("a", 4, 100*ms, 50*ms)
	s.many("b", 8, 100*ms, 90*ms)
	s.many("broken", 8, 100*ms, 1*ms)
	s.Checks = append(s.Checks, record.Check{Condition: "broken", Node: "edge", RTT: 9 * ms, AskedRTT: 1 * ms})
	got := Summarize(s.Run).Overall
	if got.Pairs != 12 || got.Conditions != 2 || got.Trials != 2 {
		t.Errorf("%d pairs, %d conditions, %d trials; want 12, 2, 2", got.Pairs, got.Conditions, got.Trials)
	}
	if !near(got.Saving.MeanOfRatios.Value, 2.8/12) {
		t.Errorf("pooled saving %v, want %v", got.Saving.MeanOfRatios.Value, 2.8/12)
	}
	if !near(got.EqualWeight.Saving.Value, 0.3) {
		t.Errorf("saving of equal weight %v, want 0.3", got.EqualWeight.Saving.Value)
	}
}

// TestDefinitions: of 1 s fetch, 200 ms load, 20 ms upload and 80 ms infer the
// other arm has 0.5 s, 100 ms, 20 ms and 20 ms.
//
//	inference-only   1 − 20/80      = 0.75
//	warm end-to-end  1 − 40/100     = 0.6
//	cold end-to-end  1 − 640/1300   = 0.507692
//	measured         1 − 520/1080   = 0.518519, if fetch and infer count
func TestDefinitions(t *testing.T) {
	s := newSmall("c")
	phases := [2]selector.Phases{
		{Fetch: time.Second, Load: 200 * ms, Upload: 20 * ms, Infer: 80 * ms},
		{Fetch: 500 * ms, Load: 100 * ms, Upload: 20 * ms, Infer: 20 * ms},
	}
	for i := range 6 {
		s.pair("c", 0, i, 1080*ms, 520*ms)
		s.Requests[2*i].Phases, s.Requests[2*i+1].Phases = phases[0], phases[1]
	}
	want := []float64{1 - 520.0/1080, 0.75, 0.6, 1 - 640.0/1300}
	for i, d := range Summarize(s.Run).Overall.Definitions {
		e := d.Saving.MeanOfRatios
		if d.Pairs != 6 || !near(e.Value, want[i]) || !near(e.Low, want[i]) || !near(e.High, want[i]) {
			t.Errorf("%s: %+v over %d pairs, want %v without spread over 6", d.Name, e, d.Pairs, want[i])
		}
	}
}

// TestBlocks: 120 pairs make 50 blocks, which hold each pair once and in order.
func TestBlocks(t *testing.T) {
	var pairs []pair
	for i := range 120 {
		pairs = append(pairs, pair{&request{Measured: time.Duration(i+1) * ms}, &request{Measured: ms}})
	}
	blocks := blocksOf(pairs, 50)
	if len(blocks) != 50 {
		t.Fatalf("%d blocks, want 50", len(blocks))
	}
	var n, base float64
	for _, b := range blocks {
		if b[measured].n < 2 || b[measured].n > 3 {
			t.Errorf("a block of %v pairs, want 2 or 3", b[measured].n)
		}
		n, base = n+b[measured].n, base+b[measured].base
	}
	if want := 0.001 * 120 * 121 / 2; n != 120 || !near(Number(base), want) {
		t.Errorf("blocks hold %v pairs of %v s together, want 120 of %v", n, base, want)
	}
	if first := blocks[0][measured].base; !near(Number(first), 0.003) {
		t.Errorf("the first block has %v s, want 1 + 2 ms", first)
	}
}

// TestOrder: pairs in which the baseline went first save 0.5, others 0.1: a
// difference of 0.4 without spread, and of 4 points more than a tenth of Δt. A
// condition of one order tells nothing of the difference. With a third arm that
// went before both, it counts which of the two was sent first.
func TestOrder(t *testing.T) {
	s := newSmall("c", "one order")
	for i := range 6 {
		other := 50 * ms
		if i >= 4 {
			other = 90 * ms
		}
		s.pair("c", 0, i, 100*ms, other)
		s.Requests[2*i].First, s.Requests[2*i+1].First = i < 4, i >= 4
	}
	s.pair("one order", 0, 0, 100*ms, 30*ms)
	s.Requests[12].First = false
	got := Summarize(s.Run)
	o := got.Overall.Order
	if !near(o.BaselineFirst, (4*0.5+0.7)/5) || !near(o.OtherFirst, 0.1) || o.Pairs != [2]int{5, 2} {
		t.Errorf("order %+v, want 0.54 over 5 and 0.1 over 2", o)
	}
	if d := o.Difference; !near(d.Value, 0.4) || !near(d.Low, 0.4) || !near(d.High, 0.4) {
		t.Errorf("difference %+v, want 0.4", d)
	}
	if n := countOf(got.Warnings, OrderEffect); n != 1 {
		t.Errorf("%d warnings of an order effect, want one", n)
	}
	// Of 4 and 2 pairs that differ by 0.4 and 2 and 2 that do not it is
	// (4·2/6·0.4 + 2·2/4·0)/(4·2/6 + 2·2/4) = 0.228571.
	for i := range 4 {
		s.pair("one order", 1, i, 100*ms, 30*ms)
		n := len(s.Requests)
		s.Requests[n-2].First, s.Requests[n-1].First = i < 2, i >= 2
	}
	s.Requests = slices.Delete(s.Requests, 12, 14)
	if d := Summarize(s.Run).Overall.Order.Difference; !near(d.Value, 0.8/3.5) {
		t.Errorf("difference %+v of two conditions, want 0.228571", d)
	}
}

// TestOrderDifference: three repetitions in which the arm saves 3, 5 and 7
// points more where the baseline went first: 5 points, with a deviation of
// 2/√3 points and Student's t of 4.303, 0.03 to 9.97. It is more than 1 point and
// a tenth of a Δt of 30 %, not of one of 60 %.
func TestOrderDifference(t *testing.T) {
	for _, tt := range []struct {
		saves time.Duration
		warns int
	}{{30 * ms, 1}, {60 * ms, 0}} {
		s := newSmall("c")
		for rep, more := range []time.Duration{3 * ms, 5 * ms, 7 * ms} {
			for i := range 10 {
				other := 100*ms - tt.saves
				if i%2 == 0 {
					other -= more
				}
				s.pair("c", rep, i, 100*ms, other)
				n := len(s.Requests)
				s.Requests[n-2].First, s.Requests[n-1].First = i%2 == 0, i%2 == 1
			}
		}
		got := Summarize(s.Run)
		d := got.Overall.Order.Difference
		if !near(d.Value, 0.05) || math.Abs(float64(d.Low)-0.00032) > 1e-5 || math.Abs(float64(d.High)-0.09968) > 1e-5 {
			t.Errorf("difference %+v, want 5 points from 0.03 to 9.97", d)
		}
		if n := countOf(got.Warnings, OrderEffect); n != tt.warns {
			t.Errorf("saving %v: %d warnings, want %d", tt.saves, n, tt.warns)
		}
	}
}

// countOf is how many findings have a name.
func countOf(all []Finding, name string) (n int) {
	for _, f := range all {
		if f.Name == name {
			n++
		}
	}
	return n
}

// TestThirdArm: an arm after the second is compared too, and judges nothing.
func TestThirdArm(t *testing.T) {
	s := newSmall("c")
	s.Header.Arms = append(s.Header.Arms, "lazy")
	s.many("c", 8, 100*ms, 50*ms)
	for i := range 8 {
		s.answer("c", "lazy", 0, i, 200*ms, true)
	}
	got := Summarize(s.Run)
	if len(got.Overall.Others) != 1 || got.Overall.Others[0].Arm != "lazy" || !near(got.Overall.Others[0].Saving.MeanOfRatios.Value, -1) {
		t.Errorf("others %+v, want lazy with a saving of −1", got.Overall.Others)
	}
	if !near(got.Verdict.Requirements[0].Value, 0.5) || len(got.Conditions[0].Others) != 1 {
		t.Errorf("the verdict is of %v, want the second arm's 0.5", got.Verdict.Requirements[0].Value)
	}
}

// TestPairsKeepToTheirRepetition: the first pair of one repetition and the
// first of the next have the same number and are not one pair.
func TestPairsKeepToTheirRepetition(t *testing.T) {
	s := newSmall("c")
	s.answer("c", "greedy", 0, 0, 100*ms, true)
	s.answer("c", "advanced", 1, 0, 50*ms, true)
	if got := Summarize(s.Run).Conditions[0]; got.Pairs != 0 || got.Valid {
		t.Errorf("%d pairs, valid %v; want none", got.Pairs, got.Valid)
	}
}

// TestEqualWeightIsPooled where all conditions have as many pairs, interval
// and all.
func TestEqualWeightIsPooled(t *testing.T) {
	o := Summarize(sweep(8)).Overall
	pooled, equal := o.Saving.MeanOfRatios, o.EqualWeight.Saving
	if !near(pooled.Value, float64(equal.Value)) || !near(pooled.Low, float64(equal.Low)) || !near(pooled.High, float64(equal.High)) {
		t.Errorf("pooled %+v, of equal weight %+v; want the same", pooled, equal)
	}
}

// TestConstantRatio: where the arm takes half of the time of each request,
// however long that is, no mean has a spread.
func TestConstantRatio(t *testing.T) {
	s := newSmall("c")
	for rep := range 3 {
		for i := range 6 {
			base := time.Duration(100+37*rep+11*i*i) * ms
			s.pair("c", rep, i, base, base/2)
		}
	}
	got := Summarize(s.Run).Conditions[0].Saving
	for _, e := range []Estimate{got.MeanOfRatios, got.RatioOfMeans, got.Geometric} {
		if !near(e.Value, 0.5) || !near(e.Low, 0.5) || !near(e.High, 0.5) {
			t.Errorf("%+v, want 0.5 without spread", got)
		}
	}
}

// TestEqualWeightInterval: conditions of which t_a/t_b is 0.9, 1 and 1.1 times 1
// and 0.2, in 6 and 24 pairs a trial, have the mean 0.6. Its deviation is that of
// the first, 0.1/√3/2, and a fifth of that of the second: √(0.02887² + 0.00577²) =
// 0.02944. It has (1 + 0.04)²/((1 + 0.04²)/3) − 1 = 2.24
// degrees of freedom, t = 3.89: 0.6·exp(±3.89·0.0491).
func TestEqualWeightInterval(t *testing.T) {
	s := newSmall("slow", "fast")
	for rep := range 3 {
		by := []time.Duration{90, 100, 110}[rep]
		for i := range 24 {
			s.pair("fast", rep, i, 1000*ms, 2*by*ms)
			if i < 6 {
				s.pair("slow", rep, i, 1000*ms, 10*by*ms)
			}
		}
	}
	e := Summarize(s.Run).Overall.EqualWeight.Saving
	if !near(e.Value, 0.4) || math.Abs(float64(e.Low)-(1-0.6*math.Exp(0.191))) > 0.01 || math.Abs(float64(e.High)-(1-0.6*math.Exp(-0.191))) > 0.01 {
		t.Errorf("%+v, want 0.4 from %.3f to %.3f", e, 1-0.6*math.Exp(0.191), 1-0.6*math.Exp(-0.191))
	}
}
