package selector_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/testbed/testbed/emulator/unit"
	"github.com/testbed/testbed/selector"
)

// TestDecision compares a whole decision, but for the bounds: all warm, no
// link, so 40 ms against 80 ms; the floor is 0.91 − 0.1 = 81 % (10 % less would
// be 81.9 %, the higher one holds).
func TestDecision(t *testing.T) {
	o := at(selector.Device{Held: names(family), Loaded: names(family), RTT: 21 * ms})
	o.Upload, o.Download = 1, 1
	candidate := func(name string, infer time.Duration, excluded string) selector.Candidate {
		p := selector.Phases{Upload: 10500 * time.Microsecond, Infer: infer, Download: 10500 * time.Microsecond}
		return selector.Candidate{Option: name + "@edge", Predicted: p, Total: p.Total(), Excluded: excluded}
	}
	want := selector.Decision{
		Choice: 1,
		Candidates: []selector.Candidate{
			candidate("tiny", 1*ms, "accuracy 71.2 % is below the floor 81.9 %"),
			candidate("mid", 40*ms, ""),
			candidate("big", 80*ms, ""),
		},
		// 61 against 101 ms is 39.6 % less.
		Reason: "mid@edge is predicted at 61 ms, 40 % below big@edge, 1.9 points less accurate",
	}
	bounds := cmpopts.IgnoreFields(selector.Candidate{}, "Bound")
	if diff := cmp.Diff(want, newSelector(t, advanced(nil)).Select(o, family), bounds); diff != "" {
		t.Errorf("advanced (-want +got):\n%s", diff)
	}
	want.Choice, want.Candidates[0].Excluded = 2, ""
	want.Reason = "big@edge is the most accurate of 3, 91.0 %"
	if diff := cmp.Diff(want, newSelector(t, selector.Config{Policy: "greedy"}).Select(o, family), bounds); diff != "" {
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
		o := at(selector.Device{Down: tt.rate, Held: []string{"big"}, Loaded: []string{"big"}})
		d := newSelector(t, advanced(nil)).Select(o, family)
		if got := family[d.Choice].Model; got != tt.want {
			t.Errorf("at %v: %s (%s), want %s", tt.rate, got, d.Reason, tt.want)
		}
	}
}

// TestLoadCrossover is the same between computing and fetching: with the CPU
// busy, big takes 80·S, and mid 8·10^6/r + 60·S, so at 200 Mbit/s (40 ms) mid
// counts as faster when 80·S > 1.03·(40 + 60·S): S > 2.2637. The prior goes to
// 1.88 only, so the device has to have a curve.
func TestLoadCrossover(t *testing.T) {
	o := at(selector.Device{Down: 200 * unit.Mbps, Utilization: 0.5, Held: []string{"big"}, Loaded: []string{"big"}})
	for _, tt := range []struct {
		slowdown float64
		want     string
	}{{1, "big"}, {2.263, "big"}, {2.264, "mid"}} {
		c := advanced(func(c *selector.Config) {
			c.Curves = map[string]selector.Curve{"edge": {{Utilization: 0.5, Slowdown: tt.slowdown}}}
		})
		d := newSelector(t, c).Select(o, family)
		if got := family[d.Choice].Model; got != tt.want {
			t.Errorf("at slowdown %v: %s (%s), want %s", tt.slowdown, got, d.Reason, tt.want)
		}
	}
}

// TestPlacementCrossover: the edge takes 80 ms. The cloud takes 10 ms, and half
// of 40 ms each way and 8·14000 bit / r to be asked, in one window: it is faster
// above 112000/(80 − 50 ms) = 3.7333 Mbit/s. Both are as accurate, so there is
// no tie.
func TestPlacementCrossover(t *testing.T) {
	opts := []selector.Option{
		{Model: "big", Node: "edge", Accuracy: 0.90, Infer: 80 * ms},
		{Model: "big", Node: "cloud", Accuracy: 0.90, Infer: 10 * ms},
	}
	for _, tt := range []struct {
		up   unit.BitRate
		want string
	}{
		{unit.Mbps, "edge"},
		{3_733 * unit.Kbps, "edge"},
		{3_734 * unit.Kbps, "cloud"},
		{0, "cloud"}, // unknown: try it
	} {
		o := selector.Observation{Upload: 14_000, Download: 1, Devices: []selector.Device{
			{Name: "cloud", Up: tt.up, RTT: 40 * ms, Loaded: []string{"big"}, Held: []string{"big"}},
			{Name: "edge", Loaded: []string{"big"}},
		}}
		for _, policy := range []string{"greedy", "advanced"} {
			d := newSelector(t, selector.Config{Policy: policy}).Select(o, opts)
			if got := opts[d.Choice].Node; got != tt.want {
				t.Errorf("%s at %v: %s (%s), want %s", policy, tt.up, got, d.Reason, tt.want)
			}
		}
	}
}

func TestReasons(t *testing.T) {
	near := []selector.Option{
		{Model: "a", Node: "n", Accuracy: 0.90, Infer: 100 * ms},
		{Model: "b", Node: "n", Accuracy: 0.91, Infer: 103 * ms},
		{Model: "c", Node: "n", Accuracy: 0.92, Infer: 104 * ms},
	}
	fast := []selector.Option{{Model: "a", Node: "n", Accuracy: 0.90, Infer: 100 * ms}, {Model: "b", Node: "n", Accuracy: 0.91, Infer: 50 * ms}}
	for _, tt := range []struct {
		name   string
		budget selector.Budget
		opts   []selector.Option
		want   string
	}{
		{"3 % slower is equally fast, 4 % is not", strict, near, "b@n is predicted at 103 ms, 1 % below c@n, 1.0 points less accurate"},
		{"of equals the more accurate", strict, near[:2], "b@n is predicted at 103 ms, within 3 % of a@n, and is the most accurate"},
		{"best at both", strict, fast, "b@n is predicted at 50 ms, and is both the fastest and the most accurate"},
		{"no choice", selector.Budget{Absolute: 0.001, Relative: 1}, near, "c@n is the only one of 3 whose accuracy reaches the floor 91.9 %"},
	} {
		c := advanced(func(c *selector.Config) { c.Budget = tt.budget })
		if got := newSelector(t, c).Select(selector.Observation{}, tt.opts).Reason; got != tt.want {
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
	if d := newSelector(t, selector.Config{Policy: "greedy"}).Select(selector.Observation{}, opts); d.Choice != 1 {
		t.Errorf("chose %s", opts[d.Choice].Model)
	}
}

// TestQuantileDecides: cold takes 410 ms in the mean, of which 400 are a fetch,
// which before any was seen is known to 25 %; warm takes 415 ms, known to
// √(0.04 + 0.01) = 22.4 %. At first all that is taken 1.2 times, so 95 % of
// requests are within
//
//	cold: 410 + 1.2·1.645·√(100² + 2.24²) = 607.4 ms
//	warm: 415·(1 + 1.2·1.645·0.2236)      = 598.2 ms
func TestQuantileDecides(t *testing.T) {
	opts := []selector.Option{
		{Model: "cold", Node: "edge", Accuracy: 0.9, Size: 500_000, Infer: 10 * ms}, // 400 ms at 10 Mbit/s
		{Model: "warm", Node: "edge", Accuracy: 0.9, Infer: 415 * ms},
	}
	o := at(selector.Device{Down: 10 * unit.Mbps, Held: []string{"warm"}, Loaded: []string{"warm"}})
	for _, tt := range []struct {
		quantile float64
		want     string
	}{{0, "cold"}, {0.51, "cold"}, {0.95, "warm"}} {
		d := newSelector(t, advanced(func(c *selector.Config) { c.Quantile = tt.quantile })).Select(o, opts)
		if got := opts[d.Choice].Model; got != tt.want {
			t.Errorf("quantile %v: %s (%s), want %s", tt.quantile, got, d.Reason, tt.want)
		}
		for i, want := range []time.Duration{607_400 * time.Microsecond, 598_200 * time.Microsecond} {
			if got := d.Candidates[i].Bound; (got - want).Abs() > 100*time.Microsecond {
				t.Errorf("bound of %s %v, want about %v", opts[i].Model, got, want)
			}
		}
	}
}
