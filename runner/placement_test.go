package runner_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/testbed/testbed/runner"
	"github.com/testbed/testbed/runner/record"
	"github.com/testbed/testbed/scenarios"
	"github.com/testbed/testbed/selector"
)

// twoNodes makes p one of an edge and a cloud, with all placements.
func twoNodes(p *scenarios.Plan) *scenarios.Plan {
	p.Scenario.Nodes = []scenarios.Node{{Name: "edge"}, {Name: "cloud"}}
	p.Scenario.Placements = []string{"edge", "cloud", "cascade", "hedged", "split"}
	p.Scenario.Cascade = scenarios.Cascade{Threshold: .5, Images: 10}
	return p
}

// fourth says that the small model is unsure, and wrong, of every fourth image.
func fourth(model string, i int) bool { return model == "small" && i%4 == 0 }

// TestOptions: the options of all placements. The accuracies of the profile are
// 90 and 91 %. Images 3 to 99 are those that no trial uses; small is unsure of
// every fourth of them, and wrong of these alone, so that none is lost by a
// cascade, and (0+1)/(97+2) as far as one can know. A split gives edge 2/(5+2) of
// the images in small, and 10/(30+10) in big.
func TestOptions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newFake()
		w.unsure = fourth
		p := twoNodes(plan("warm", 2, "infer"))
		p.Scenario.Cascade.Images = 97
		var stages []string
		run, err := carryOutBy(t, t.Context(), p, runner.Options{World: w, Progress: func(p runner.Progress) {
			if p.Stage == "profile" || p.Stage == "calibrate" && p.Done%97 == 0 {
				stages = append(stages, fmt.Sprint(p.Stage, " ", p.Done, "/", p.Total))
			}
		}})
		if err != nil {
			t.Fatal(err)
		}
		// Three models on nodes are asked for 97 images each, before 3 pairs are run.
		wanted := []string{"profile 0/4", "profile 1/4", "profile 2/4", "profile 2/4", "profile 3/4", "profile 4/4",
			"calibrate 0/291", "calibrate 97/291", "calibrate 194/291", "calibrate 291/291"}
		asked := slices.IndexFunc(w.asked, func(r string) bool { return !strings.HasPrefix(r, "oracle ") })
		if diff := cmp.Diff(wanted, stages); diff != "" || asked != 291 {
			t.Errorf("%d requests before the trial; progress (-want +got):\n%s", asked, diff)
		}
		type option struct {
			Label                    string
			Accuracy                 float64
			Images                   int
			Threshold, Unsure, Share float64
		}
		var got []option
		for _, o := range run.Header.Profile {
			got = append(got, option{o.Label(), o.Accuracy, o.Images, o.Threshold, o.Unsure, o.Share})
		}
		want := []option{
			{"small@edge", .9, 1000, 0, 0, 0},
			{"big@edge", .91, 1000, 0, 0, 0},
			{"small@cloud", .9, 1000, 0, 0, 0},
			{"big@cloud", .91, 1000, 0, 0, 0},
			{"small@edge→big@cloud", .91 - 1.0/99, 97, .5, 24.0 / 97, 0}, // 4, 8, … 96
			{"small@edge|big@cloud", .91 - 1.0/99, 97, .5, 24.0 / 97, 0},
			{"big@edge|big@cloud", .91, 1000, .5, 0, 0},
			{"small@edge+small@cloud", .9, 1000, 0, 0, 2.0 / 7},
			{"big@edge+big@cloud", .91, 1000, 0, 0, 1.0 / 4},
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateApprox(0, 1e-12)); diff != "" {
			t.Errorf("options (-want +got):\n%s", diff)
		}
	})
}

// TestCascadeLoses: small is sure of every image and wrong of the fifth part of
// them, big of none: the cascade is right as often as big, less 21 of 102. Where
// it is big that is wrong, nothing is gained, and 1 of 102 lost. Where answers mean nothing, it is
// what small is declared to be.
func TestCascadeLoses(t *testing.T) {
	for _, tt := range []struct {
		unscored, wrong string
		want            float64
		images          int
	}{{"", "small", .91 - 21.0/102, 100}, {"", "big", .91 - 1.0/102, 100}, {"seeded weights", "small", .9, 0}} {
		synctest.Test(t, func(t *testing.T) {
			w := newFake()
			w.wrong = func(model string, i int) bool { return model == tt.wrong && i%5 == 0 }
			p := twoNodes(plan("warm", 2, "infer"))
			p.Scenario.Placements = []string{"cascade"}
			p.Scenario.Cascade = scenarios.Cascade{Threshold: .1, Images: 1000} // there are 100
			out, err := record.Create(t.TempDir()+"/run", record.Header{Unscored: tt.unscored}, nil)
			if err != nil {
				t.Fatal(err)
			}
			run, err := finish(t, out, runner.Run(t.Context(), p, runner.Options{World: w, Dataset: images(100), Writer: out}))
			if err != nil {
				t.Fatal(err)
			}
			o := run.Header.Profile[0]
			if diff := cmp.Diff([]float64{tt.want, 0, float64(tt.images)}, []float64{o.Accuracy, o.Unsure, float64(o.Images)}, cmpopts.EquateApprox(0, 1e-12)); diff != "" {
				t.Errorf("unscored %q, %s wrong: accuracy, unsure, images (-want +got):\n%s", tt.unscored, tt.wrong, diff)
			}
		})
	}
}

// TestCalibrateSpares: where there are enough, the images are ones that no trial
// uses; and a run that is gone on with does not measure again.
func TestCalibrateSpares(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newFake()
		asked := map[int]int{}
		w.wrong = func(_ string, i int) bool { asked[i]++; return false }
		p := twoNodes(plan("warm", 60, "infer")) // images 0 to 60
		p.Scenario.Placements, p.Scenario.Cascade.Images = []string{"cascade"}, 20
		w.broken = 41 // both models were asked for 20 images
		run, err := carryOut(t, t.Context(), p, w)
		if err == nil || len(asked) != 20 {
			t.Fatalf("%v: %d images were asked for", err, len(asked))
		}
		for i, n := range asked {
			if i <= 60 || n != 2 {
				t.Errorf("image %d was asked for %d times, want 2, and only above 60", i, n)
			}
		}
		again := newFake()
		if _, err := goOn(t, run.Dir, p, runner.Options{World: again}); err != nil {
			t.Fatal(err)
		}
		if again.requests != 2*61 {
			t.Errorf("%d requests after resuming, want those of 61 pairs", again.requests)
		}
	})
}

// TestCalibrateRefuses: without an answer, or one that says how sure it is, there
// is no cascade.
func TestCalibrateRefuses(t *testing.T) {
	for want, spoil := range map[string]func(w *fakeWorld){
		"calibrate: small@edge: image image/": func(w *fakeWorld) { w.failNode["edge"] = "gone" },
		"calibrate: small@edge: the node does not tell how sure the model is, by which cascade and hedged go": func(w *fakeWorld) { w.mute = true },
		"calibrate: the router is gone": func(w *fakeWorld) { w.broken = 3 },
	} {
		synctest.Test(t, func(t *testing.T) {
			w := newFake()
			spoil(w)
			run, err := carryOut(t, t.Context(), twoNodes(plan("warm", 1, "infer")), w)
			if err == nil || !strings.HasPrefix(err.Error(), want) || len(run.Header.Profile) != 0 {
				t.Errorf("%v, want %s…; %d options are recorded", err, want, len(run.Header.Profile))
			}
		})
	}
}

// TestPlacements sends a request of images 1, 2, … by one option: how long it
// takes, in which phases, whose answer counts, and what was computed for nothing.
func TestPlacements(t *testing.T) {
	type part struct {
		option string
		images int
		took   time.Duration
		counts bool
		err    string
	}
	phases := func(upload, infer, download time.Duration) selector.Phases {
		return selector.Phases{Upload: upload * ms, Infer: infer * ms, Download: download * ms}
	}
	edge := func(n int) selector.Phases { return phases(10*time.Duration(n), 5*time.Duration(n), time.Duration(n)) } // small
	never := func(string, int) bool { return false }
	first := func(model string, i int) bool { return model == "small" && i == 1 }
	second := func(model string, i int) bool { return model == "small" && i == 2 }
	for _, tt := range []struct {
		name, option string
		images       int
		unsure       func(string, int) bool
		fail         map[string]string
		timeout      time.Duration
		want         selector.Phases
		by           string
		wasted       time.Duration // ms
		parts        []part
		predictions  []int
		err          string
	}{
		{name: "alone", option: "small@edge", images: 1, unsure: never, want: edge(1), predictions: []int{1}},
		{name: "alone, batch", option: "small@edge", images: 3, unsure: never, want: edge(3), predictions: []int{1, 2, 3}},
		{name: "alone fails", option: "small@edge", images: 3, unsure: never, fail: map[string]string{"edge": "gone"}, want: edge(1), err: "gone", predictions: []int{-1, -1, -1}},
		{name: "alone, no time", option: "small@edge", images: 3, unsure: never, timeout: 40 * ms, // 8 ms are left for the third
			want: phases(28, 10, 2), err: "no answer in time", predictions: []int{1, 2, -1}},
		{name: "alone, no time at all", option: "small@edge", images: 3, unsure: never, timeout: 32 * ms,
			want: edge(2), err: "image 3 of 3: no time was left for it", predictions: []int{1, 2, -1}},

		{name: "cascade, sure", option: "small@edge→big@cloud", images: 1, unsure: never, want: edge(1), by: "edge", predictions: []int{1},
			parts: []part{{"small@edge", 1, 16 * ms, true, ""}}},
		{name: "cascade, unsure", option: "small@edge→big@cloud", images: 1, unsure: first, want: phases(10+20, 5+10, 2), by: "cloud", wasted: 5, predictions: []int{1},
			parts: []part{{"small@edge", 1, 16 * ms, false, ""}, {"big@cloud", 1, 31 * ms, true, ""}}},
		{name: "cascade, batch", option: "small@edge→big@cloud", images: 3, unsure: second, want: phases(30+20, 15+10, 4), wasted: 5, predictions: []int{1, 2, 3},
			parts: []part{{"small@edge", 3, (3*16 + 31) * ms, true, ""}, {"big@cloud", 1, 31 * ms, true, ""}}},
		{name: "cascade, first fails", option: "small@edge→big@cloud", images: 1, unsure: never, fail: map[string]string{"edge": "gone"}, want: phases(10+20, 5+10, 2), by: "cloud", wasted: 5, predictions: []int{1},
			parts: []part{{"small@edge", 0, 16 * ms, false, "gone"}, {"big@cloud", 1, 31 * ms, true, ""}}},
		{name: "cascade, second fails", option: "small@edge→big@cloud", images: 1, unsure: first, fail: map[string]string{"cloud": "gone"}, want: phases(10+20, 5+10, 2), by: "edge", wasted: 10, predictions: []int{-7},
			parts: []part{{"small@edge", 1, 16 * ms, true, ""}, {"big@cloud", 0, 31 * ms, false, "gone"}}},
		{name: "cascade, both fail", option: "small@edge→big@cloud", images: 2, unsure: never, fail: map[string]string{"edge": "gone", "cloud": "gone, too"}, want: phases(10+20, 5+10, 2), wasted: 15, err: "gone, too", predictions: []int{-1, -1},
			parts: []part{{"small@edge", 0, 16 * ms, false, "gone"}, {"big@cloud", 0, 31 * ms, false, "gone, too"}}},

		{name: "hedged, sure", option: "small@edge|big@cloud", images: 1, unsure: never, want: edge(1), by: "edge", wasted: 10, predictions: []int{1},
			parts: []part{{"small@edge", 1, 16 * ms, true, ""}, {"big@cloud", 1, 31 * ms, false, ""}}},
		{name: "hedged, unsure", option: "small@edge|big@cloud", images: 1, unsure: first, want: phases(20, 10, 1), by: "cloud", wasted: 5, predictions: []int{1},
			parts: []part{{"small@edge", 1, 16 * ms, false, ""}, {"big@cloud", 1, 31 * ms, true, ""}}},
		{name: "hedged, second is faster", option: "big@edge|big@cloud", images: 1, unsure: never, want: phases(20, 10, 1), by: "cloud", wasted: 30, predictions: []int{1},
			parts: []part{{"big@edge", 1, 41 * ms, false, ""}, {"big@cloud", 1, 31 * ms, true, ""}}},
		{name: "hedged, second fails", option: "small@edge|big@cloud", images: 1, unsure: first, fail: map[string]string{"cloud": "gone"}, want: phases(20, 10, 1), by: "edge", wasted: 10, predictions: []int{-7},
			parts: []part{{"small@edge", 1, 16 * ms, true, ""}, {"big@cloud", 0, 31 * ms, false, "gone"}}},
		// edge: image 1 at 16, 2 at 32, unsure; cloud: 1 at 31, too late, 2 at 62.
		{name: "hedged, batch", option: "small@edge|big@cloud", images: 2, unsure: second, want: phases(40, 20, 2), wasted: 5 + 10, predictions: []int{1, 2},
			parts: []part{{"small@edge", 2, 32 * ms, true, ""}, {"big@cloud", 2, 62 * ms, true, ""}}},
		// edge: at 16, 32 and 48; cloud begins with image 2 at 31, and asks for no third.
		{name: "hedged, batch, all sure", option: "small@edge|big@cloud", images: 3, unsure: never, want: edge(3), by: "edge", wasted: 20, predictions: []int{1, 2, 3},
			parts: []part{{"small@edge", 3, 48 * ms, true, ""}, {"big@cloud", 2, 62 * ms, false, ""}}},

		// 2/7 of 4 images is 1.
		{name: "split", option: "small@edge+small@cloud", images: 4, unsure: never, want: phases(60, 6, 3), predictions: []int{1, 2, 3, 4},
			parts: []part{{"small@edge", 1, 16 * ms, true, ""}, {"small@cloud", 3, 69 * ms, true, ""}}},
		{name: "split, one is slower", option: "big@edge+big@cloud", images: 2, unsure: never, want: phases(10, 30, 1), predictions: []int{1, 2}, // half an image counts as one
			parts: []part{{"big@edge", 1, 41 * ms, true, ""}, {"big@cloud", 1, 31 * ms, true, ""}}},
		{name: "split of one", option: "small@edge+small@cloud", images: 1, unsure: never, want: phases(20, 2, 1), by: "cloud", predictions: []int{1},
			parts: []part{{"small@cloud", 1, 23 * ms, true, ""}}},
		{name: "split, one fails", option: "small@edge+small@cloud", images: 4, unsure: never, fail: map[string]string{"edge": "gone"}, want: phases(60, 6, 3), by: "cloud", wasted: 5, err: "gone", predictions: []int{-1, 2, 3, 4},
			parts: []part{{"small@edge", 0, 16 * ms, false, "gone"}, {"small@cloud", 3, 69 * ms, true, ""}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := twoNodes(plan("warm", 1, "upload", "infer"))
				p.Scenario.Selectors = []scenarios.Selector{static(tt.option), static("big@edge")}
				p.Conditions[0].Warmup, p.Trials[0].First = 0, []int{0}
				batched(p, tt.images)
				for i := range p.Trials[0].Samples {
					p.Trials[0].Samples[i] = i + 1
				}
				run := calibrated(t, p)
				if tt.timeout > 0 {
					p.Scenario.Timeout = tt.timeout
				}
				w := newFake()
				w.unsure, w.failNode = tt.unsure, tt.fail
				run, err := goOn(t, run.Dir, p, runner.Options{World: w})
				if err != nil {
					t.Fatal(err)
				}
				got, next := run.Requests[0], run.Requests[1]
				end := got.Done
				var parts []part
				for _, p := range got.Parts {
					parts = append(parts, part{p.Option, p.Images, p.Done - p.Sent, p.Counts, p.Error})
					end = max(end, p.Done)
					if p.Phases.Total() != p.Done-p.Sent && !strings.HasPrefix(tt.name, "cascade, batch") {
						t.Errorf("%s: phases %+v in %v", p.Option, p.Phases, p.Done-p.Sent)
					}
				}
				predictions := []int{got.Prediction}
				for i, b := range got.Batch {
					predictions = append(predictions[:i], b.Prediction)
				}
				for _, diff := range []string{
					cmp.Diff(tt.want, got.Phases), cmp.Diff(tt.parts, parts, cmp.AllowUnexported(part{})), cmp.Diff(tt.predictions, predictions),
					cmp.Diff([]string{tt.option, tt.by, tt.err}, []string{got.Option, got.By, got.Error}),
					cmp.Diff([]time.Duration{tt.want.Total(), tt.want.Upload + tt.want.Infer, tt.wasted * ms}, []time.Duration{got.Done - got.Sent, got.Measured, got.Wasted}),
				} {
					if diff != "" {
						t.Errorf("(-want +got):\n%s", diff)
					}
				}
				if next.Sent < end {
					t.Errorf("the next request was sent at %v, before all of this one was over at %v", next.Sent, end)
				}
			})
		})
	}
}

// calibrated is a run of p that has measured its options, and nothing else.
func calibrated(t *testing.T, p *scenarios.Plan) record.Run {
	q := *p
	q.Trials = nil
	run, err := carryOut(t, t.Context(), &q, newFake())
	if err != nil {
		t.Fatal(err)
	}
	return run
}

// TestLearn: a selector learns what each model did, the sure answers of the first
// part apart from the unsure ones.
func TestLearn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := twoNodes(plan("warm", 1, "infer"))
		p.Scenario.Selectors = []scenarios.Selector{static("small@edge→big@cloud"), static("small@edge")}
		p.Conditions[0].Warmup, p.Trials[0].First = 0, []int{0}
		batched(p, 5) // 0 and 4 are unsure
		w := newFake()
		w.unsure = fourth
		spies := map[string]*spy{}
		_, err := carryOutBy(t, t.Context(), p, runner.Options{World: w, Selector: spying(spies)})
		if err != nil {
			t.Fatal(err)
		}
		type part struct {
			Option string
			Images int
			Infer  time.Duration
			Unsure bool
		}
		for name, want := range map[string][]part{
			"static-small@edge→big@cloud": {{"small@edge", 3, 15 * ms, false}, {"small@edge", 2, 10 * ms, true}, {"big@cloud", 2, 20 * ms, false}},
			"static-small@edge":           {{"small@edge", 5, 25 * ms, false}},
		} {
			o := spies[name].learnt[0]
			var got []part
			for _, p := range o.Parts {
				got = append(got, part{p.Option.Label(), p.Images, p.Observed.Infer, p.Unsure})
				if p.Option.Placement != selector.Alone || p.Option.Second != nil {
					t.Errorf("%s: a part that is not alone: %+v", name, p.Option)
				}
			}
			if diff := cmp.Diff(want, got); diff != "" || "static-"+o.Option.Label() != name || o.Failed || o.Seq != 0 {
				t.Errorf("%s: %s, seq %d, failed %v; parts (-want +got):\n%s", name, o.Option.Label(), o.Seq, o.Failed, diff)
			}
		}
	})
}

// TestLearnOfFailures: a part whose answer did not come is none of what is
// learnt, and a request without an answer has failed.
func TestLearnOfFailures(t *testing.T) {
	for _, tt := range []struct {
		fail   map[string]string
		parts  int
		failed bool
	}{{map[string]string{"edge": "gone"}, 1, false}, {map[string]string{"edge": "gone", "cloud": "gone"}, 0, true}} {
		synctest.Test(t, func(t *testing.T) {
			p := twoNodes(plan("warm", 1, "infer"))
			p.Scenario.Selectors = []scenarios.Selector{static("small@edge→big@cloud"), static("small@edge")}
			run := calibrated(t, p)
			w, spies := newFake(), map[string]*spy{}
			w.failNode = tt.fail
			if _, err := goOn(t, run.Dir, p, runner.Options{World: w, Selector: spying(spies)}); err != nil {
				t.Fatal(err)
			}
			o := spies["static-small@edge→big@cloud"].learnt[0]
			if len(o.Parts) != tt.parts || o.Failed != tt.failed {
				t.Errorf("failing %v: learnt %d parts, failed %v; want %d, %v", tt.fail, len(o.Parts), o.Failed, tt.parts, tt.failed)
			}
		})
	}
}

// A spy notes what a selector sees and learns.
type spy struct {
	selector.Selector
	config selector.Config
	trial  runner.Trial
	opts   []selector.Option
	saw    []selector.Observation
	learnt []selector.Outcome
	failed string // of every decision
	choice int    // added to every choice
}

func (s *spy) Select(o selector.Observation, opts []selector.Option) selector.Decision {
	s.saw = append(s.saw, o)
	d := s.Selector.Select(o, opts)
	d.Failed = s.failed
	d.Choice += s.choice
	return d
}

func (s *spy) Learn(o selector.Outcome) {
	s.learnt = append(s.learnt, o)
	s.Selector.Learn(o)
}

// spying makes a spy of every selector; one that spies already has keeps how it
// fails.
func spying(spies map[string]*spy) func(scenarios.Selector, selector.Config, runner.Trial, []selector.Option) (selector.Selector, error) {
	return func(s scenarios.Selector, c selector.Config, trial runner.Trial, opts []selector.Option) (selector.Selector, error) {
		x, err := selector.New(c)
		now := &spy{Selector: x, config: c, trial: trial, opts: opts}
		if before := spies[s.Name]; before != nil {
			now.failed, now.choice = before.failed, before.choice
		}
		spies[s.Name] = now
		return now, err
	}
}
