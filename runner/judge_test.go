package runner_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/testbed/testbed/runner"
	"github.com/testbed/testbed/runner/record"
	"github.com/testbed/testbed/scenarios"
	"github.com/testbed/testbed/selector"
)

// times are how long each option of each replay took.
func times(run record.Run) (all [][]time.Duration) {
	for _, r := range run.Replays {
		var of []time.Duration
		for _, o := range r.Options {
			of = append(of, o.Phases.Total()/ms)
		}
		all = append(all, of)
	}
	return all
}

// TestReplays: every option answers the image of every second pair as it would
// have answered an arm: small takes 16 ms on edge and 23 on cloud, big 41 and 31,
// and 40 ms more where they are to be fetched. Warm-ups are not judged.
func TestReplays(t *testing.T) {
	warm, cold := []time.Duration{16, 41, 23, 31}, []time.Duration{56, 81, 63, 71}
	for _, tt := range []struct {
		residency string
		warmup    int
		want      [][]time.Duration
	}{
		{"warm", 1, [][]time.Duration{warm, warm}},
		{"cold", 1, [][]time.Duration{cold, cold}},
		{"first", 1, [][]time.Duration{warm, warm}}, // the warm-up was first
		{"first", 0, [][]time.Duration{cold, warm}},
	} {
		t.Run(fmt.Sprint(tt.residency, tt.warmup), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := twoNodes(plan(tt.residency, 3, "fetch", "infer"))
				p.Scenario.Placements = []string{"edge", "cloud"}
				p.Scenario.Judge.Every = 2
				p.Conditions[0].Warmup = tt.warmup
				p.Trials[0].First, p.Trials[0].Samples = p.Trials[0].First[:tt.warmup+3], p.Trials[0].Samples[:tt.warmup+3]
				w := newFake()
				w.unsure = func(model string, i int) bool { return model == "small" && i == tt.warmup } // of the first pair
				run, err := carryOut(t, t.Context(), p, w)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(tt.want, times(run)); diff != "" {
					t.Errorf("times (-want +got):\n%s", diff)
				}
				var right []int
				for _, r := range run.Replays {
					for _, o := range r.Options {
						right = append(right, o.Right)
						if o.Measured != o.Phases.Fetch+o.Phases.Infer || o.Error != "" {
							t.Errorf("measured %v of %+v, error %q", o.Measured, o.Phases, o.Error)
						}
					}
				}
				if diff := cmp.Diff([]int{0, 1, 0, 1, 1, 1, 1, 1}, right); diff != "" {
					t.Errorf("right (-want +got):\n%s", diff)
				}
				for i, r := range run.Replays {
					if r.Pair != 2*i || r.Condition != tt.residency || r.Sample != fmt.Sprintf("image/%d", 2*i+tt.warmup) || r.Rewound {
						t.Errorf("replay %d of %s pair %d, image %s, rewound %v", i, r.Condition, r.Pair, r.Sample, r.Rewound)
					}
				}
			})
		})
	}
}

// TestReplaysOfAllKinds: hedged and split options are replayed as they are sent,
// and an option that fails is one that failed.
func TestReplaysOfAllKinds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := twoNodes(plan("warm", 1, "infer"))
		p.Scenario.Judge.Every = 1
		batched(p, 4) // images 4 to 7 are those of the pair; 4 is unsure
		run := calibrated(t, p)
		w := newFake()
		w.unsure = fourth
		run, err := goOn(t, run.Dir, p, runner.Options{World: w})
		if err != nil {
			t.Fatal(err)
		}
		// Hedged: edge's 5 to 7 are there at 64, cloud's 4 at 31; cloud asks 5 at 31,
		// for edge has done it at 32, …; image 7 is done at edge at 64.
		want := [][]time.Duration{{64, 164, 92, 124, 64 + 31, 64, 124, 69, 3 * 31}}
		if diff := cmp.Diff(want, times(run)); diff != "" {
			t.Errorf("times (-want +got):\n%s", diff)
		}

		p.Trials[0].Repetition = 1
		w.failNode["cloud"] = "gone"
		if run, err = goOn(t, run.Dir, p, runner.Options{World: w}); err != nil {
			t.Fatal(err)
		}
		var failed []string
		for i, o := range run.Replays[1].Options {
			if o.Error != "" {
				failed = append(failed, run.Header.Profile[i].Label())
			}
		}
		// The others have an answer by edge.
		if diff := cmp.Diff([]string{"small@cloud", "big@cloud", "small@edge+small@cloud", "big@edge+big@cloud"}, failed); diff != "" {
			t.Errorf("failed options (-want +got):\n%s", diff)
		}
	})
}

// TestReplayOrder: each judged pair has an order of its own, the same in every
// run of the plan.
func TestReplayOrder(t *testing.T) {
	replayed := func(pairs int) (asked []string) {
		synctest.Test(t, func(t *testing.T) {
			p := twoNodes(plan("warm", pairs, "infer"))
			p.Scenario.Placements, p.Scenario.Judge.Every = []string{"edge", "cloud"}, 1
			w := newFake()
			if _, err := carryOut(t, t.Context(), p, w); err != nil {
				t.Fatal(err)
			}
			for _, r := range w.asked {
				if option, ok := strings.CutPrefix(r, "oracle "); ok {
					asked = append(asked, option)
				}
			}
		})
		return asked
	}
	all := replayed(12)
	if diff := cmp.Diff(all[:4*5], replayed(5)); diff != "" {
		t.Errorf("the first pairs of a longer run (-long +short):\n%s", diff)
	}
	orders := map[string]bool{}
	for pair := range slices.Chunk(all, 4) {
		orders[strings.Join(pair, " ")] = true
		slices.Sort(pair)
		if diff := cmp.Diff([]string{"big@cloud", "big@edge", "small@cloud", "small@edge"}, pair); diff != "" {
			t.Errorf("options (-want +got):\n%s", diff)
		}
	}
	if len(orders) < 6 { // of 24 that there are
		t.Errorf("%d orders in 12 pairs", len(orders))
	}
}

// TestShadows: selectors that send nothing are asked at judged pairs, see what
// the oracle's arm does, choose among their own placements, and learn from the
// replay of what they chose.
func TestShadows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := twoNodes(plan("first", 4, "infer"))
		p.Scenario.Placements, p.Scenario.Judge.Every = []string{"edge", "cloud"}, 2
		onCloud := static("big@cloud")
		onCloud.Placements = []string{"cloud"}
		p.Scenario.Judge.Shadows = []scenarios.Selector{onCloud, static("small@edge")}
		spies := map[string]*spy{"static-small@edge": {failed: "late"}}
		run, err := carryOutBy(t, t.Context(), p, runner.Options{World: newFake(), Selector: spying(spies)})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range run.Replays {
			want := []record.ReplayShadow{{Selector: "static-big@cloud", Option: 3}, {Selector: "static-small@edge", Option: 0, Failed: "late"}}
			if diff := cmp.Diff(want, r.Shadows); diff != "" {
				t.Errorf("shadows (-want +got):\n%s", diff)
			}
		}
		cloud := spies["static-big@cloud"]
		if len(run.Replays) != 2 || len(cloud.saw) != 2 || len(cloud.learnt) != 2 {
			t.Fatalf("%d replays, %d seen, %d learnt, want 2 of each", len(run.Replays), len(cloud.saw), len(cloud.learnt))
		}
		if o := cloud.learnt[1]; o.Seq != 1 || o.Option.Label() != "big@cloud" || o.Observed.Total() != 31*ms || len(o.Parts) != 1 {
			t.Errorf("learnt %+v", o)
		}
		// All models are open for the oracle: there is a warm-up.
		want := []selector.Device{{Name: "cloud", Held: []string{"big", "small"}, Loaded: []string{"big", "small"}}}
		if diff := cmp.Diff(want, cloud.saw[0].Devices); diff != "" || cloud.saw[0].Seq != 0 || cloud.saw[1].Seq != 1 {
			t.Errorf("seen (-want +got):\n%s", diff)
		}
		if len(run.Requests) != 2*5 || slices.ContainsFunc(run.Requests, func(r record.Request) bool { return r.Arm != "greedy" && r.Arm != "advanced" }) {
			t.Errorf("%d requests, want those of two arms", len(run.Requests))
		}
	})
}

// TestResumeJudged breaks the world at every request in turn, resumes, and wants
// every pair whole, judged ones with their replay, each once.
func TestResumeJudged(t *testing.T) {
	for broken := 1; broken <= 2*4+2*4; broken++ {
		synctest.Test(t, func(t *testing.T) {
			p := twoNodes(plan("warm", 3, "infer"))
			p.Scenario.Placements, p.Scenario.Judge.Every = []string{"edge", "cloud"}, 2
			p.Scenario.Judge.Shadows = []scenarios.Selector{arm("fastest")}
			w := newFake()
			w.broken = broken
			run, err := carryOut(t, t.Context(), p, w)
			if err == nil {
				t.Fatalf("not broken at %d", broken)
			}
			again := newFake()
			if run, err = goOn(t, run.Dir, p, runner.Options{World: again}); err != nil {
				t.Fatal(err)
			}
			seen, judged := map[int]int{}, map[int]int{}
			for _, r := range run.Requests {
				seen[r.Pair]++
			}
			for _, r := range run.Replays {
				judged[r.Pair] += len(r.Options)
			}
			if diff := cmp.Diff(map[int]int{-1: 2, 0: 2, 1: 2, 2: 2}, seen); diff != "" {
				t.Errorf("broken at %d, pairs after resuming:\n%s", broken, diff)
			}
			if diff := cmp.Diff(map[int]int{0: 4, 2: 4}, judged); diff != "" {
				t.Errorf("broken at %d, replayed options after resuming:\n%s", broken, diff)
			}
			// Requests 1 and 2 are the warm-up's, then 2 and 4, 2, 2 and 4.
			want := []int{2 + 14, 2 + 8, 2 + 6}[whole(broken)]
			if again.requests != want {
				t.Errorf("broken at %d, %d requests after resuming, want %d", broken, again.requests, want)
			}
		})
	}
}

// whole is how many pairs are whole if the world breaks at a request.
func whole(broken int) int {
	switch {
	case broken <= 2+6:
		return 0
	case broken <= 2+8:
		return 1
	}
	return 2
}
