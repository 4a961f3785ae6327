package stats

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/testbed/testbed/emulator/unit"
	"github.com/testbed/testbed/runner/record"
	"github.com/testbed/testbed/selector"
)

// TestStrips: two trials of three requests; in the second trial the arm takes
// another model from its second request on.
func TestStrips(t *testing.T) {
	s := newSmall("c")
	for rep := range 2 {
		for i := range 3 {
			s.pair("c", rep, i, 100*ms, 50*ms)
			if rep == 1 && i > 0 {
				s.Requests[len(s.Requests)-1].Model = "tiny"
			}
		}
	}
	got := Collect(s.Run)
	want := []Strip{{Requests: 6, Trials: []int{0, 3}, Parts: []Part{{0, 6, 0}}}, {Requests: 6, Trials: []int{0, 3}, Parts: []Part{{0, 4, 1}, {4, 6, 2}}}}
	if diff := cmp.Diff(want, got.Cells[0].Strips); diff != "" {
		t.Errorf("strips of %v (-want +got)\n%s", got.Models, diff)
	}
}

// TestStripsAreThinned: of 3000 requests 300 parts remain, of ten requests each,
// and each takes the first of them: in every second of these another model.
func TestStripsAreThinned(t *testing.T) {
	s := newSmall("c")
	for i := range 3000 {
		s.pair("c", 0, i, 100*ms, 50*ms)
		if i%20 == 10 {
			s.Requests[len(s.Requests)-1].Model = "tiny"
		}
	}
	got := Collect(s.Run).Cells[0].Strips[1].Parts
	if len(got) != 300 || got[299] != (Part{2990, 3000, 2}) {
		t.Errorf("%d parts, the last %v; want 300, the last {2990 3000 2}", len(got), got[len(got)-1])
	}
}

// TestSeen: what the second arm's selector saw of the judged node, by request;
// what it did not know has no point, and what the baseline saw does not count.
func TestSeen(t *testing.T) {
	s := newSmall("c")
	s.many("c", 3, 100*ms, 50*ms)
	for i, down := range []unit.BitRate{0, 5e6, 4e6} {
		for _, arm := range s.Header.Arms {
			o := selector.Observation{Devices: []selector.Device{{Name: "cloud", Down: 1e9}, {Name: "edge", Down: down, Utilization: 0.25 * float64(i)}}}
			if arm == "greedy" {
				o.Devices[1].Down = 1
			}
			s.Decisions = append(s.Decisions, record.Decision{Condition: "c", Arm: arm, Pair: i, Observed: o, Took: time.Microsecond})
		}
	}
	s.Decisions = append(s.Decisions, record.Decision{Condition: "c", Arm: "advanced", Pair: -1}) // warm-up
	want := Seen{Down: []Point{{1, 5e6}, {2, 4e6}}, Load: []Point{{0, 0}, {1, 0.25}, {2, 0.5}}}
	if diff := cmp.Diff(want, Collect(s.Run).Cells[0].Seen); diff != "" {
		t.Errorf("seen (-want +got)\n%s", diff)
	}
}
