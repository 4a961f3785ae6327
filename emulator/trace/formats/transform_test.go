package formats_test

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/testbed/testbed/emulator/trace"
	"github.com/testbed/testbed/emulator/trace/formats"
)

// example is 8 for 1 s, 0 for 2 s, 4 for 1 s.
func example() formats.Column {
	c := networkColumn("down", formats.Rate, 4*sec, []time.Duration{0, 1 * sec, 3 * sec}, 8, 0, 4)
	c.Wrap = trace.Hold
	return c
}

func TestCut(t *testing.T) {
	for _, tt := range []struct {
		from, to time.Duration
		at       []time.Duration
		value    []float64
	}{
		{0, 4 * sec, []time.Duration{0, 1 * sec, 3 * sec}, []float64{8, 0, 4}},
		{0, 1 * sec, []time.Duration{0}, []float64{8}},
		{500 * ms, 3500 * ms, []time.Duration{0, 500 * ms, 2500 * ms}, []float64{8, 0, 4}},
		{1 * sec, 3 * sec, []time.Duration{0}, []float64{0}},
		{2 * sec, 3*sec + 1, []time.Duration{0, 1 * sec}, []float64{0, 4}},
		{4*sec - 1, 4 * sec, []time.Duration{0}, []float64{4}},
	} {
		c := example()
		got, err := c.Cut(tt.from, tt.to)
		if err != nil {
			t.Errorf("%v to %v: %v", tt.from, tt.to, err)
			continue
		}
		want := c
		want.At, want.Value, want.Period = tt.at, tt.value, tt.to-tt.from
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%v to %v (-want +got):\n%s", tt.from, tt.to, diff)
		}
		if err := got.Check(); err != nil {
			t.Error(err)
		}
		if a, b := c.Integral(tt.from, tt.to), got.Integral(0, got.Period); math.Abs(a-b) > 1e-9 {
			t.Errorf("%v to %v: sums to %v, want %v", tt.from, tt.to, b, a)
		}
		if diff := cmp.Diff(example(), c); diff != "" {
			t.Errorf("the column that was cut has changed:\n%s", diff)
		}
	}
	for _, tt := range [][2]time.Duration{{-1, 1}, {1, 1}, {2, 1}, {0, 4*sec + 1}, {4 * sec, 5 * sec}} {
		if _, err := example().Cut(tt[0], tt[1]); err == nil {
			t.Errorf("%v to %v: no error", tt[0], tt[1])
		}
	}
}

func TestFaster(t *testing.T) {
	got, err := example().Faster(4)
	if err != nil {
		t.Fatal(err)
	}
	want := example()
	want.At, want.Period = []time.Duration{0, 250 * ms, 750 * ms}, sec
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if half, err := example().Faster(0.5); err != nil || half.Period != 8*sec || half.At[1] != 2*sec {
		t.Errorf("at half the speed: %+v, %v", half, err)
	}
	for _, factor := range []float64{0, -1, math.NaN(), math.Inf(1), 1e10, 1e-10} { // 1 s in 0.1 ns; 4 s in 1200 years
		if _, err := example().Faster(factor); err == nil {
			t.Errorf("by %v: no error", factor)
		}
	}
}

func TestScale(t *testing.T) {
	c := example()
	got, err := c.Scale(0.5)
	if err != nil {
		t.Fatal(err)
	}
	want := example()
	want.Value = []float64{4, 0, 2}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(example(), c); diff != "" {
		t.Errorf("the column that was scaled has changed:\n%s", diff)
	}
	loss := networkColumn("loss", formats.Loss, sec, []time.Duration{0}, .3)
	if _, err := loss.Scale(3); err != nil {
		t.Error(err)
	}
	if _, err := loss.Scale(4); err == nil || err.Error() != "column loss: scale by 4 gives up to 1.2: want less" {
		t.Errorf("%v", err)
	}
	for _, factor := range []float64{-1, math.NaN(), math.Inf(1), 1e308} {
		if _, err := example().Scale(factor); err == nil {
			t.Errorf("by %v: no error", factor)
		}
	}
}

// TestSummary: the median is 0, for of 4 s 2 are at 0; the values alone would
// have 4.
func TestSummary(t *testing.T) {
	c := example()
	got := (&formats.Recording{Columns: []formats.Column{c}}).Summary()
	want := []formats.Summary{{
		Column: "down", Quantity: formats.Rate,
		Mean: 3, // (8·1 + 0·2 + 4·1) / 4
		Min:  0, P5: 0, P50: 0, P95: 8, Max: 8,
		Zero: 0.5, Zeros: 1, LongestZero: 2 * sec,
		Steps: 3, Length: 4 * sec, MedianStep: 1 * sec,
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	// Zeros one after the other are one outage: 1 s, then 3 s.
	c = networkColumn("up", formats.Rate, 10*sec, []time.Duration{0, 1 * sec, 5 * sec, 6 * sec, 8 * sec}, 0, 1, 0, 0, 2)
	if s := c.Summary(); s.Zeros != 2 || s.LongestZero != 3*sec || s.Zero != 0.4 || s.MedianStep != 2*sec {
		t.Errorf("%+v", s)
	}
	// Of four steps, of 1, 2, 3 and 4 s, the median is the lower middle one.
	even := networkColumn("up", formats.Rate, 10*sec, []time.Duration{0, 1 * sec, 3 * sec, 6 * sec}, 1, 2, 3, 4)
	if s := even.Summary(); s.MedianStep != 2*sec || s.LongestZero != 0 || s.P50 != 3 { // 4 lasts 4 s of 10, 3 to 6 s
		t.Errorf("%+v", s)
	}
	if s := c.Summary(); s.P5 != 0 || s.P50 != 1 || s.P95 != 2 { // 4 s at 0, 4 s at 1, 2 s at 2
		t.Errorf("percentiles %v, %v, %v, want 0, 1, 2", s.P5, s.P50, s.P95)
	}
}

func TestSummaryOfTrace(t *testing.T) {
	// Bins of 1 s: two in the first, none in the second, one at 2 s and one at
	// the very end in the third, which has the 0.25 s that are left too: 16000 / 1.25.
	tr := &trace.Trace{Name: "x", At: []time.Duration{0, 999 * ms, 2 * sec, 3250 * ms}, Period: 3250 * ms, Quantum: 1000}
	got := formats.Binned(tr, sec)
	want := networkColumn("rate", formats.Rate, 3250*ms, []time.Duration{0, 1 * sec, 2 * sec}, 16000, 0, 12800)
	want.Series.Name = "x"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	s := (&formats.Recording{Trace: tr}).Summary()
	if len(s) != 1 || s[0].Column != "rate" || s[0].Steps != 3 || s[0].Zeros != 1 || math.Abs(s[0].Mean-32000/3.25) > 1e-9 {
		t.Errorf("%+v", s)
	}
	// One of a year: bins are longer, and there are not 31 million.
	tr = &trace.Trace{Name: "x", At: []time.Duration{trace.Longest}, Period: trace.Longest, Quantum: 1000}
	if s := (&formats.Recording{Trace: tr}).Summary(); s[0].Steps > 110_000 || s[0].Length != trace.Longest {
		t.Errorf("%+v", s)
	}
}
