package runner_test

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/trace"
	"github.com/testbed/testbed/runner"
	"github.com/testbed/testbed/runner/record"
	"github.com/testbed/testbed/scenarios"
)

// infers are those of a pair's requests, in ms, by arm.
func infersOf(run record.Run) map[string][]time.Duration {
	all := map[string][]time.Duration{}
	for _, r := range run.Requests {
		all[r.Arm] = append(all[r.Arm], r.Phases.Infer/ms)
	}
	return all
}

// nows are the trial's times at which selectors were asked, by pair.
func nows(run record.Run) map[int][]time.Duration {
	all := map[int][]time.Duration{}
	for _, d := range run.Decisions {
		all[d.Pair] = append(all[d.Pair], d.Observed.Now/ms)
	}
	return all
}

// TestSameInstant: load is 0 for 50 ms and 1 for 50 ms, in which inference takes
// twice as long. Both arms always take big on edge. Its requests begin at
//
//	0 (41 ms), 41 (41 ms), 82 (71 ms), 153 (71 ms)   Note: inference asks for the load when it is sent
//
// in both arms, and so do all options where the pair is judged. The trial's time
// goes on as if there were but one arm, and no judge.
func TestSameInstant(t *testing.T) {
	for _, every := range []int{0, 1, 2} {
		synctest.Test(t, func(t *testing.T) {
			p := plan("warm", 3, "infer")
			over(p)
			a, b := static("big"), static("big")
			a.Name, b.Name = "a", "b"
			p.Scenario.Selectors = []scenarios.Selector{a, b}
			p.Scenario.Judge.Every = every
			p.Scenario.Judge.Shadows = []scenarios.Selector{arm("fastest")}
			w := newFake()
			run, err := carryOut(t, t.Context(), p, w)
			if err != nil {
				t.Fatal(err)
			}
			want := []time.Duration{30, 30, 60, 60}
			if diff := cmp.Diff(map[string][]time.Duration{"a": want, "b": want}, infersOf(run)); diff != "" {
				t.Errorf("judged every %d: inference (-want +got):\n%s", every, diff)
			}
			at := map[int][]time.Duration{-1: {0, 0}, 0: {41, 41}, 1: {82, 82}, 2: {153, 153}}
			if diff := cmp.Diff(at, nows(run)); diff != "" {
				t.Errorf("judged every %d: trial time (-want +got):\n%s", every, diff)
			}
			for _, r := range run.Replays {
				slow := map[int]time.Duration{0: 1, 1: 2, 2: 2}[r.Pair]
				if !r.Rewound || r.Options[0].Phases.Infer != 5*ms*slow || r.Options[1].Phases.Infer != 30*ms*slow {
					t.Errorf("replays of pair %d: %+v", r.Pair, r)
				}
			}
			if every == 1 && len(run.Replays) != 3 {
				t.Errorf("%d replays, want 3", len(run.Replays))
			}
		})
	}
}

// TestJudgeLeavesNoMark: replays that last longer than the arms' requests do not
// move the trial's time.
func TestJudgeLeavesNoMark(t *testing.T) {
	var all [2]map[int][]time.Duration
	for every := range all {
		synctest.Test(t, func(t *testing.T) {
			p := plan("warm", 6, "infer")
			over(p)
			p.Scenario.Judge.Every = every
			a, b := static("small"), static("small")
			a.Name, b.Name = "a", "b"
			p.Scenario.Selectors = []scenarios.Selector{a, b}
			run, err := carryOut(t, t.Context(), p, newFake())
			if err != nil {
				t.Fatal(err)
			}
			all[every] = nows(run)
		})
	}
	if diff := cmp.Diff(all[0], all[1]); diff != "" {
		t.Errorf("trial time (-not judged +judged):\n%s", diff)
	}
}

// TestVaries: time is turned back for whatever varies, wherever it is.
func TestVaries(t *testing.T) {
	s := &trace.Series{Name: "x", At: []time.Duration{0}, Value: []float64{1}, Period: ms}
	level, traffic := emulator.Level{Over: s}, emulator.Traffic{Level: emulator.Level{Over: s}}
	for name, c := range map[string]scenarios.Condition{
		"down":         {Links: map[string]scenarios.Links{"edge": {Down: emulator.Link{Rates: s}}}},
		"up":           {Links: map[string]scenarios.Links{"cloud": {Up: emulator.Link{Outages: []emulator.Outage{{To: 1}}}}}},
		"cpu":          {Background: map[string]emulator.Load{"edge": {CPU: emulator.CPULoad{Level: level}}}},
		"memory":       {Background: map[string]emulator.Load{"edge": {Memory: level}}},
		"gpu":          {Background: map[string]emulator.Load{"edge": {GPU: level}}},
		"traffic down": {Background: map[string]emulator.Load{"edge": {Down: traffic}}},
		"traffic up":   {Background: map[string]emulator.Load{"edge": {Up: traffic}}},
		"nothing": {Links: map[string]scenarios.Links{"edge": {Down: emulator.Link{Rate: 5, Loss: .1}}},
			Background: map[string]emulator.Load{"edge": {CPU: emulator.CPULoad{Level: emulator.Level{Share: .5}}}}},
	} {
		synctest.Test(t, func(t *testing.T) {
			p := plan("warm", 1, "infer")
			p.Conditions[0].Links, p.Conditions[0].Background = c.Links, c.Background
			w := newFake()
			if _, err := carryOut(t, t.Context(), p, w); err != nil {
				t.Fatal(err)
			}
			if (len(w.rewound) > 0) != (name != "nothing") {
				t.Errorf("%s: rewound %v", name, w.rewound)
			}
		})
	}
}

// TestLatestEnd: small ends before big; the next pair begins where big ended,
// whichever went last: time is turned forward, too.
func TestLatestEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := plan("warm", 3, "infer")
		over(p)
		p.Conditions[0].Think = 20 * ms
		p.Scenario.Selectors = []scenarios.Selector{static("big"), static("small")}
		w := newFake()
		run, err := carryOut(t, t.Context(), p, w)
		if err != nil {
			t.Fatal(err)
		}
		// big: 20+41 = 61; 61+20+71 = 152 (at 81 the load is 1); 152+20+71 = 243; …
		want := map[int][]time.Duration{-1: {20, 20}, 0: {81, 81}, 1: {172, 172}, 2: {263, 263}}
		if diff := cmp.Diff(want, nows(run)); diff != "" {
			t.Errorf("trial time (-want +got):\n%s", diff)
		}
		// At the begin, to the same instant, and forward where small was last: in
		// pairs -1 and 1, big went first.
		if diff := cmp.Diff([]time.Duration{0, 0, 61, 61, 152, 243, 243}, inMs(w.rewound)); diff != "" {
			t.Errorf("rewound (-want +got):\n%s", diff)
		}
	})
}

func inMs(all []time.Duration) (ms []time.Duration) {
	for _, d := range all {
		ms = append(ms, d/time.Millisecond)
	}
	return ms
}

// TestCannotRewind: where the world cannot, it is asked once a trial, and time
// goes on; and where nothing varies it is not asked.
func TestCannotRewind(t *testing.T) {
	for _, tt := range []struct {
		varies, fixed bool
		asked         int
	}{{true, true, 1}, {false, false, 0}} {
		synctest.Test(t, func(t *testing.T) {
			p := plan("warm", 2, "infer")
			if tt.varies {
				over(p)
			}
			p.Scenario.Judge.Every = 1
			w := newFake()
			w.fixed = tt.fixed
			run, err := carryOut(t, t.Context(), p, w)
			if err != nil {
				t.Fatal(err)
			}
			if len(w.rewound) != tt.asked {
				t.Errorf("varies %v: rewound %v, want %d times", tt.varies, w.rewound, tt.asked)
			}
			last := time.Duration(-1)
			for _, d := range run.Decisions {
				if d.Observed.Now <= last {
					t.Errorf("trial time %v after %v", d.Observed.Now, last)
				}
				last = d.Observed.Now
			}
			for _, r := range run.Replays {
				if r.Rewound {
					t.Error("a replay says that time was turned back")
				}
			}
		})
	}
}

// TestSeesThatInstant: what a machine measured of the last second is, for the
// second arm, that of the instant to which time was turned back. Where time goes
// on, it is what is measured now.
func TestSeesThatInstant(t *testing.T) {
	for _, varies := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			p := plan("warm", 2, "infer")
			if varies {
				over(p)
			}
			p.Scenario.Judge.Every = 1
			p.Scenario.Judge.Shadows = []scenarios.Selector{arm("fastest")}
			w := newFake()
			w.utilized = func(now time.Duration) float64 { return float64(now) / float64(time.Hour) }
			spies := map[string]*spy{}
			run, err := carryOutBy(t, t.Context(), p, runner.Options{World: w, Selector: spying(spies)})
			if err != nil {
				t.Fatal(err)
			}
			saw := map[int][]float64{}
			for _, d := range run.Decisions {
				saw[d.Pair] = append(saw[d.Pair], d.Observed.Devices[0].Utilization)
			}
			for i, o := range spies["fastest"].saw {
				saw[i] = append(saw[i], o.Devices[0].Utilization)
			}
			for pair, u := range saw {
				slices.Sort(u)
				if same := len(slices.Compact(u)) == 1; same != varies {
					t.Errorf("varies %v: pair %d saw utilizations %v", varies, pair, u)
				}
			}
		})
	}
}

// TestResumeGoesOnInTime: pairs of a trial that is resumed meet the instants that
// they would have met.
func TestResumeGoesOnInTime(t *testing.T) {
	for _, broken := range []int{7, 8} { // in pair 2, before and after its first request
		resumeInTime(t, broken)
	}
}

func resumeInTime(t *testing.T, broken int) {
	synctest.Test(t, func(t *testing.T) {
		p := plan("warm", 4, "infer")
		over(p)
		whole, err := carryOut(t, t.Context(), p, newFake())
		if err != nil {
			t.Fatal(err)
		}
		w := newFake()
		w.broken = broken
		run, err := carryOut(t, t.Context(), p, w)
		if err == nil {
			t.Fatal("not broken")
		}
		if run, err = goOn(t, run.Dir, p, runner.Options{World: newFake()}); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(nows(whole), nows(run)); diff != "" {
			t.Errorf("trial time (-whole +resumed):\n%s", diff)
		}
		if fmt.Sprint(infersOf(whole)) != fmt.Sprint(infersOf(run)) {
			t.Errorf("inference of %v, resumed %v", infersOf(whole), infersOf(run))
		}
	})
}
