package selector_test

import (
	"strings"
	"testing"

	"github.com/testbed/testbed/emulator/unit"
	"github.com/testbed/testbed/selector"
)

// twoModels are one that takes 40 ms and one that takes 50, and as accurate.
var twoModels = []selector.Option{
	{Model: "a", Node: "edge", Accuracy: 0.9, Size: 125_000, Load: 15 * ms, Infer: 40 * ms},
	{Model: "b", Node: "edge", Accuracy: 0.9, Size: 125_000, Load: 15 * ms, Infer: 50 * ms},
}

// TestHysteresis: b is in use. To change to a saves 10 ms a request, and costs
// 15 ms of loading and 8·125000/r of fetching, 85 ms at 11.7647 Mbit/s: 100 ms
// in all, so it has paid for itself after ten requests.
func TestHysteresis(t *testing.T) {
	for _, tt := range []struct {
		name    string
		horizon int
		rate    unit.BitRate
		loaded  []string // when a could be changed to
		want    string
	}{
		{"each for itself: a is never worth it", 0, 12 * unit.Mbps, []string{"b"}, "b"},
		{"over nine requests it is not", 9, 11_770 * unit.Kbps, []string{"b"}, "b"},
		{"over ten it is", 10, 11_770 * unit.Kbps, []string{"b"}, "a"},
		{"over ten, a little slower, it is not", 10, 11_760 * unit.Kbps, []string{"b"}, "b"},
		{"a is there, too: nothing to pay", 10, unit.Mbps, []string{"a", "b"}, "a"},
		{"nothing stays: each for itself", 10, 12 * unit.Mbps, nil, "a"},
	} {
		s := newSelector(t, advanced(func(c *selector.Config) { c.Horizon = tt.horizon }))
		first := s.Select(at(selector.Device{Down: unit.Kbps, Held: []string{"b"}, Loaded: []string{"b"}}), twoModels)
		if first.Choice != 1 {
			t.Fatalf("%s: began with %s", tt.name, first.Reason)
		}
		d := s.Select(at(selector.Device{Down: tt.rate, Held: tt.loaded, Loaded: tt.loaded}), twoModels)
		if got := twoModels[d.Choice].Model; got != tt.want {
			t.Errorf("%s: %s (%s), want %s", tt.name, got, d.Reason, tt.want)
		}
	}
}

// TestHorizonNeedsUse: the first request is decided for itself, whatever the
// horizon: 23 ms against 8·125000/10^8 + 15 + 10 = 35 ms.
func TestHorizonNeedsUse(t *testing.T) {
	opts := []selector.Option{
		{Model: "a", Node: "edge", Accuracy: 0.9, Size: 125_000, Load: 15 * ms, Infer: 10 * ms},
		{Model: "b", Node: "edge", Accuracy: 0.9, Infer: 23 * ms},
	}
	o := at(selector.Device{Down: 100 * unit.Mbps, Held: []string{"b"}, Loaded: []string{"b"}})
	s := newSelector(t, advanced(func(c *selector.Config) { c.Horizon = 100 }))
	if d := s.Select(o, opts); d.Choice != 1 {
		t.Errorf("first %s", d.Reason)
	}
	if d := s.Select(o, opts); d.Choice != 0 || !strings.Contains(d.Reason, "will pay") {
		t.Errorf("then %s, want a change", d.Reason)
	}
}

// TestStays: of two open sessions the one in use is left only for a faster one,
// not for one that is within a tie and more accurate.
func TestStays(t *testing.T) {
	opts := []selector.Option{
		{Model: "fast", Node: "edge", Accuracy: 0.90, Infer: 100 * ms},
		{Model: "good", Node: "edge", Accuracy: 0.91, Infer: 102 * ms},
	}
	only := at(selector.Device{Held: []string{"fast"}, Loaded: []string{"fast"}, Down: 1})
	opts[1].Size = 1 << 20
	s := newSelector(t, advanced(func(c *selector.Config) { c.Horizon = 10 }))
	s.Select(only, opts)
	d := s.Select(warm(opts), opts)
	if want := "fast@edge is predicted at 100 ms and was used last: to change to good@edge, at 102 ms, would not pay"; d.Choice != 0 || d.Reason != want {
		t.Errorf("%s,\nwant %s", d.Reason, want)
	}
	if d := newSelector(t, advanced(nil)).Select(warm(opts), opts); d.Choice != 1 {
		t.Errorf("without use %s, want the more accurate", d.Reason)
	}
	if d := newSelector(t, advanced(func(c *selector.Config) { c.Exact = true })).Select(warm(opts), opts); d.Choice != 0 {
		t.Errorf("exactly %s, want the faster", d.Reason)
	}
}

// TestDwell: what was changed to is kept for three requests, and then no longer.
func TestDwell(t *testing.T) {
	s := newSelector(t, advanced(func(c *selector.Config) { c.Dwell = 3 }))
	var got strings.Builder
	for i := range 8 {
		fast := []string{"a", "b"}[i%2] // changes with each request
		o := at(selector.Device{Down: unit.Kbps, Held: []string{fast}, Loaded: []string{fast}})
		got.WriteString(twoModels[s.Select(o, twoModels).Choice].Model)
	}
	// a until the third, then b, as the fourth request has it.
	if want := "aaabbbaa"; got.String() != want {
		t.Errorf("chose %s, want %s", got.String(), want)
	}
}

// TestFailureEndsDwelling: what failed is not kept because it was just changed
// to.
func TestFailureEndsDwelling(t *testing.T) {
	s := newSelector(t, advanced(func(c *selector.Config) { c.Dwell = 100 }))
	on := func(model string) selector.Observation {
		return at(selector.Device{Down: unit.Kbps, Held: []string{model}, Loaded: []string{model}})
	}
	d := s.Select(on("a"), twoModels)
	s.Learn(selector.Outcome{Option: twoModels[d.Choice], Failed: true})
	if d := s.Select(on("b"), twoModels); d.Choice != 1 {
		t.Error(d.Reason)
	}
}

// TestWithoutHysteresis: neither horizon nor dwelling is left.
func TestWithoutHysteresis(t *testing.T) {
	s := newSelector(t, advanced(func(c *selector.Config) {
		c.Horizon, c.Dwell, c.Without = 100, 100, []string{selector.Hysteresis}
	}))
	for i := range 8 {
		fast := []string{"a", "b"}[i%2]
		o := at(selector.Device{Down: 10 * unit.Mbps, Held: []string{fast}, Loaded: []string{fast}})
		if d := s.Select(o, twoModels); d.Choice != i%2 {
			t.Errorf("request %d: %s", i, d.Reason)
		}
	}
}
