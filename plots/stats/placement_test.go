package stats

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/testbed/testbed/runner/record"
	"github.com/testbed/testbed/selector"
)

// placed is a run of two nodes in which the baseline uses the edge throughout
// and advanced by turns the edge, the cloud, and both in a cascade, in 50, 20
// and 80 of 100 ms.
func placed() *small {
	s := newSmall("c")
	cloud := selector.Option{Model: "big", Node: "cloud", Accuracy: 0.9}
	cascade := selector.Option{Model: "little", Node: "edge", Accuracy: 0.88, Placement: selector.Cascade, Second: &cloud}
	s.Header.Profile = []selector.Option{{Model: "big", Node: "edge"}, {Model: "little", Node: "edge"}, cloud, cascade}
	for i := range 30 {
		s.answer("c", "greedy", 0, i, 100*ms, true).Option = "big@edge"
		r := s.answer("c", "advanced", 0, i, []time.Duration{50 * ms, 20 * ms, 80 * ms}[i%3], i%3 > 0)
		r.Option = []string{"little@edge", "big@cloud", "little@edge→big@cloud"}[i%3]
		r.Model, r.Node = []string{"little", "big", "little"}[i%3], []string{"edge", "cloud", "edge"}[i%3]
	}
	return s
}

// TestPlacements: Δt is 50 % on the ten pairs in which both used the edge, 80 %
// where the other used the cloud, 20 % for the cascade, and 50 % in all.
func TestPlacements(t *testing.T) {
	got := Summarize(placed().Run)
	o := got.Overall
	estimate := func(v float64) Estimate { return Estimate{Number(v), Number(v), Number(v)} }
	want := []Placed{{"edge", "edge", Subset{10, estimate(0.5), 100}}, {"edge", "cloud", Subset{10, estimate(0.8), 0}}, {"edge", "edge→cloud", Subset{10, estimate(0.2), 0}}}
	if diff := cmp.Diff(want, o.Placements, cmpopts.EquateApprox(0, 1e-6)); diff != "" {
		t.Errorf("placements (-want +got)\n%s", diff)
	}
	same := &Subset{10, estimate(0.5), 100}
	if diff := cmp.Diff(same, o.SamePlacement, cmpopts.EquateApprox(0, 1e-6)); diff != "" {
		t.Errorf("same placement (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff(same, got.Conditions[0].SamePlacement, cmpopts.EquateApprox(0, 1e-6)); diff != "" {
		t.Errorf("same placement in the condition (-want +got)\n%s", diff)
	}
	models := map[string]int{"little@edge": 10, "big@cloud": 10, "little@edge→big@cloud": 10}
	if diff := cmp.Diff(models, got.Conditions[0].Arms[1].Models); diff != "" {
		t.Errorf("choices (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff([]string{"big@edge", "little@edge", "big@cloud", "little@edge→big@cloud"}, Collect(placed().Run).Models); diff != "" {
		t.Errorf("options drawn (-want +got)\n%s", diff)
	}
	s := newSmall("c")
	s.many("c", 8, 100*ms, 50*ms)
	if o := Summarize(s.Run).Overall; o.SamePlacement != nil || o.Placements != nil {
		t.Errorf("one placement: %+v, %+v; want none", o.SamePlacement, o.Placements)
	}
}

// TestPublishedCascade: an option of two parts counts with what is known of it
// as a whole: (0.5 + 0.9 + 0.88)/3.
func TestPublishedCascade(t *testing.T) {
	s := placed()
	s.Header.Unscored = "random"
	s.Header.Models = []record.Model{{Name: "big", Accuracy: 0.9}, {Name: "little", Accuracy: 0.5}}
	if a := Summarize(s.Run).Conditions[0].Arms[1].Accuracy; !near(a, 0.76) {
		t.Errorf("accuracy %v, want 0.76", a)
	}
}

// TestBatch: each image of a batch counts. The baseline knows all four images of
// two batches, the other arm three of them, so that it gives up 25 points.
func TestBatch(t *testing.T) {
	s := newSmall("c")
	s.Header.Batch = 2
	for i, samples := range [][]string{{"a", "b"}, {"c", "d"}} {
		s.pair("c", 0, i, 100*ms, 50*ms)
		for arm := range 2 {
			r := &s.Requests[2*i+arm]
			for k, sample := range samples {
				prediction := 1
				if arm == 1 && i == 1 && k == 1 {
					prediction = 2
				}
				r.Batch = append(r.Batch, record.Answer{Sample: sample, Label: 1, Prediction: prediction})
			}
		}
	}
	got := Summarize(s.Run)
	c := got.Conditions[0]
	if c.Pairs != 2 || c.Images != 4 || !near(c.AccuracyDrop.Value, 25) || !near(c.Arms[1].Accuracy, 0.75) || c.Arms[1].Images != 4 {
		t.Errorf("%d pairs, %d images, %v points, accuracy %v of %d; want 2, 4, 25, 0.75 of 4", c.Pairs, c.Images, c.AccuracyDrop.Value, c.Arms[1].Accuracy, c.Arms[1].Images)
	}
	if c.Arms[1].AccuracyInterval != wilson(0.75, 4, 0.95) || got.Run.Batch != 2 {
		t.Errorf("interval %v, batch %d", c.Arms[1].AccuracyInterval, got.Run.Batch)
	}
}
