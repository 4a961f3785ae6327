package profiling

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/testbed/testbed/inference/profile"
)

const milli = time.Millisecond

// measure runs in virtual time.
func measure(t *testing.T, f *fake, o Options) (r Result) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		var err error
		if r, err = Run(t.Context(), f, o, nil); err != nil {
			t.Fatal(err)
		}
	})
	return r
}

// TestRun is of one model of 10 ms. In each of 6 rounds a visit makes 30 runs
// idle with one thread (300 ms of 10 ms), 60 with two (5 ms), and so on: 1/(1 −
// 0.25) is 4/3, so 13.33 ms and ⌈300/13.33⌉ = 23 runs.
func TestRun(t *testing.T) {
	f := &fake{}
	at := time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)
	r := measure(t, f, Options{Models: named(10), Image: imageOf, HoldOut: true, Now: at})
	same := func(d time.Duration, runs int) profile.Sample {
		return profile.Sample{Mean: d, P50: d, P95: d, Runs: runs}
	}
	want := profile.Profile{
		Schema: 1, Name: "box", Measured: at.Truncate(time.Second),
		Device: profile.Device{Name: "box", OS: "linux", Arch: "amd64", CPU: "beads", CPUs: 2, Memory: 1 << 30, Provider: "cpu", Runtime: "abacus 2",
			Options: map[string]string{"spinning": "off"}},
		Models: []profile.Model{{
			Name: "m10", SHA256: "ab", Size: 10, Accuracy: 0.5, Dataset: "beads",
			Load:   profile.Load{Cold: 100 * milli, Warm: 60 * milli, CachedCold: 50 * milli, Cached: 30 * milli, Opens: 5},
			Memory: profile.Memory{Before: 10_000_000, Loaded: 50_000_000, Unloaded: 11_000_000},
			Threads: []profile.Timing{
				{Threads: 1, Sample: same(10*milli, 6*30), Preprocess: 2 * milli, Loaded: []profile.Loaded{
					{Utilization: 0.25, Achieved: 0.25, Sample: same(13_330*time.Microsecond, 6*23)},
					{Utilization: 0.5, Achieved: 0.5, Sample: same(20*milli, 6*15)},
					{Utilization: 0.75, Achieved: 0.5, Sample: same(20*milli, 6*15)},
					{Utilization: 1, Achieved: 0.5, Sample: same(20*milli, 6*15)},
				}},
				{Threads: 2, Sample: same(5*milli, 6*60), Preprocess: 2 * milli, Loaded: []profile.Loaded{
					{Utilization: 0.25, Achieved: 0.25, Sample: same(6_667*time.Microsecond, 6*46)},
					{Utilization: 0.5, Achieved: 0.5, Sample: same(10*milli, 6*30)},
					{Utilization: 0.75, Achieved: 0.5, Sample: same(10*milli, 6*30)},
					{Utilization: 1, Achieved: 0.5, Sample: same(10*milli, 6*30)},
				}},
			},
		}},
	}
	got := r.Profile
	notes, curves := got.Notes, got.Slowdown
	got.Notes, got.Slowdown = nil, nil
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("profile (-want +got):\n%s", diff)
	}
	if len(notes) != 1 || !strings.Contains(notes[0], "6 rounds") || !slices.Equal(r.Warnings, []string{"it is a fake"}) {
		t.Errorf("notes %q, warnings %q", notes, r.Warnings)
	}
	for _, c := range curves {
		if c.At(0.25) < 1.33 || c.At(0.25) > 1.34 || c.At(0.5) != 2 || c.At(1) != 2 {
			t.Errorf("curve %+v", c)
		}
	}
	if err := r.Profile.Check(); err != nil {
		t.Error(err)
	}
	if f.load != 0 {
		t.Errorf("the node is left with a load of %v", f.load)
	}
	// 1/(1 − 0.4) of 10 ms is 16.67, cut to a nanosecond: 18 of them are not quite
	// 300. At 0.6 it is 20.
	heldOut := []Prediction{
		{"m10", 1, 0.4, 16_670 * time.Microsecond, 16_670 * time.Microsecond, 6 * 19},
		{"m10", 1, 0.6, 20 * milli, 20 * milli, 6 * 15},
		{"m10", 2, 0.4, 8_333 * time.Microsecond, 8_333 * time.Microsecond, 6 * 37},
		{"m10", 2, 0.6, 10 * milli, 10 * milli, 6 * 30},
	}
	if diff := cmp.Diff(heldOut, r.HeldOut, cmp.Comparer(func(a, b time.Duration) bool { return (a - b).Abs() <= 10*time.Microsecond })); diff != "" {
		t.Errorf("held out (-want +got):\n%s", diff)
	}
	if len(r.Off()) != 0 {
		t.Errorf("off: %v", r.Off())
	}
}

// TestOrder: every round visits every setting once, in an order of its own that
// is the seed's; the load changes once for all numbers of threads.
func TestOrder(t *testing.T) {
	visits := func(seed uint64) [][]setting {
		f := &fake{}
		measure(t, f, Options{Models: named(10, 20), Image: imageOf, Rounds: 3, Seed: seed, HoldOut: true})
		if len(f.loads) > 2*(1+3*7)+1 {
			t.Errorf("the load was set %d times", len(f.loads))
		}
		return slices.Collect(slices.Chunk(f.visits, 2*7))
	}
	rounds := visits(1)
	if len(rounds) != 2*3 {
		t.Fatalf("%d rounds, want 3 for each of two models", len(rounds))
	}
	for i, round := range rounds {
		seen := map[setting]bool{}
		for _, s := range round {
			seen[s] = true
		}
		if len(seen) != len(round) {
			t.Errorf("round %d: %d settings in %d visits", i, len(seen), len(round))
		}
		if i > 0 && slices.Equal(loadsOf(round), loadsOf(rounds[i-1])) {
			t.Errorf("the loads of rounds %d and %d are in one order: %v", i-1, i, loadsOf(round))
		}
	}
	if diff := cmp.Diff(rounds, visits(1), cmp.AllowUnexported(setting{})); diff != "" {
		t.Errorf("the same seed gives another order:\n%s", diff)
	}
	if cmp.Equal(rounds, visits(2), cmp.AllowUnexported(setting{})) {
		t.Error("another seed gives the same order")
	}
}

// loadsOf are the loads of a round, in order.
func loadsOf(round []setting) (loads []float64) {
	for _, s := range round {
		loads = append(loads, s.load)
	}
	return slices.Compact(loads)
}

// TestDisturbed: visits in which others took half of the CPUs do not count,
// where enough calm ones could be had; how often is bounded.
func TestDisturbed(t *testing.T) {
	o := Options{Models: named(10), Image: imageOf, Loads: []float64{0, 0.5}, Rounds: 4, Now: time.Unix(0, 0)}
	calm := measure(t, &fake{}, o)
	for _, tt := range []struct {
		name      string
		disturbed func(n int, s setting) bool
		visits    int
		same      bool
		warning   string
	}{
		{"every third", func(n int, _ setting) bool { return n%3 == 0 }, 4 * 4, true, "disturbed 6 of 16 visits"},
		// The rounds that are made again are calm: two of them are enough.
		{"all of the first four rounds", func(n int, _ setting) bool { return n < 16 }, 16 + 2*4, true, "disturbed 16 of 24 visits"},
		// Beside a load, a calm visit is not known from one that was always so.
		{"all", func(int, setting) bool { return true }, 16 + 2*4, false, "disturbed 24 of 24 visits"},
	} {
		f := &fake{disturbed: tt.disturbed}
		r := measure(t, f, o)
		if len(f.visits) != tt.visits {
			t.Errorf("%s: %d visits, want %d", tt.name, len(f.visits), tt.visits)
		}
		for i, at := range r.Profile.Models[0].Threads {
			want := calm.Profile.Models[0].Threads[i]
			if same := at.Mean == want.Mean && at.Loaded[0].Mean == want.Loaded[0].Mean; same != tt.same {
				t.Errorf("%s: %v and %v beside the load, want %v and %v: %v", tt.name, at.Mean, at.Loaded[0].Mean, want.Mean, want.Loaded[0].Mean, tt.same)
			}
		}
		if !slices.ContainsFunc(r.Warnings, func(w string) bool { return strings.Contains(w, tt.warning) }) {
			t.Errorf("%s: warnings %q, want %q among them", tt.name, r.Warnings, tt.warning)
		}
	}
}

// TestNotCold: what may not have been cold is no cold opening.
func TestNotCold(t *testing.T) {
	r := measure(t, &fake{notCold: "the disk is a lie"}, Options{Models: named(10, 20), Image: imageOf})
	for _, m := range r.Profile.Models {
		if m.Load.Cold != 0 || m.Load.CachedCold != 0 || m.Load.Warm != 60*milli || m.Load.Cached != 30*milli {
			t.Errorf("%s: %+v", m.Name, m.Load)
		}
	}
	if n := len(r.Warnings); n != 2 || !strings.Contains(r.Warnings[1], "the disk is a lie") {
		t.Errorf("warnings %q", r.Warnings)
	}
}

// TestFailure: whatever goes wrong, the node has no load afterwards.
func TestFailure(t *testing.T) {
	for _, tt := range []struct {
		name string
		fail func(cancel func(), s setting) error
		want string
	}{
		{"a visit fails", func(_ func(), s setting) error {
			if s == (setting{2, 0.5}) {
				return errors.New("it is broken")
			}
			return nil
		}, "profile: model m10: 2 threads, background CPU 50 %: it is broken"},
		{"the user has enough", func(cancel func(), s setting) error {
			if s.load == 1 {
				cancel()
			}
			return nil
		}, "context canceled"},
	} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			f := &fake{}
			f.fail = func(s setting) error { return tt.fail(cancel, s) }
			_, err := Run(ctx, f, Options{Models: named(10), Image: imageOf}, nil)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%s: error %v, want %q", tt.name, err, tt.want)
			}
			if f.load != 0 {
				t.Errorf("%s: the node is left with a load of %v", tt.name, f.load)
			}
		})
	}
}

// TestProgress: work is done piece by piece, never more than all, which grows as
// visits are made again, and all in the end; nearly that, for what is reckoned in parts of milliseconds.
func TestProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		last, all, calls := 0, 0, 0
		_, err := Run(t.Context(), &fake{disturbed: func(n int, _ setting) bool { return n < 100 }}, Options{Models: named(10, 300), Image: imageOf, HoldOut: true}, func(done, total int, what string) {
			if done < last || done > total || total < all || !strings.HasPrefix(what, "m") {
				t.Errorf("%d of %d after %d of %d: %s", done, total, last, all, what)
			}
			last, all, calls = done, total, calls+1
		})
		if err != nil || last < all-1 || calls < 100 {
			t.Errorf("%v; at last %d of %d in %d calls", err, last, all, calls)
		}
	})
}

func TestMistakes(t *testing.T) {
	good := Options{Models: named(10), Image: imageOf}
	for _, tt := range []struct {
		change func(*Options)
		want   string
	}{
		{func(o *Options) { o.Models = nil }, "profile: no model: want at least one"},
		{func(o *Options) { o.Models = named(10, 10) }, "profile: model m10: it is asked for twice"},
		{func(o *Options) { o.Threads = []int{2, 1} }, "profile: threads [2 1]: want ascending numbers from 1"},
		{func(o *Options) { o.Threads = []int{0, 1} }, "profile: threads [0 1]: want ascending numbers from 1"},
		{func(o *Options) { o.Loads = []float64{0.5} }, "profile: loads [0.5]: want ascending shares from 0 to at most 1, and 0 among them"},
		{func(o *Options) { o.Loads = []float64{0, 25} }, "profile: loads [0 25]: want ascending shares from 0 to at most 1, and 0 among them"},
		{func(o *Options) { o.Loads, o.HoldOut = []float64{0}, true }, "profile: hold out: want other loads than 0, which they could be predicted by"},
		{func(o *Options) { o.Runs = -1 }, "profile: -1 runs in 6 rounds, 5 openings: want at least 1 each"},
	} {
		o := good
		tt.change(&o)
		f := &fake{}
		if _, err := Run(t.Context(), f, o, nil); err == nil || err.Error() != tt.want {
			t.Errorf("got  %v\nwant %s", err, tt.want)
		}
		if len(f.visits)+len(f.loads) > 0 {
			t.Errorf("%s: it was measured all the same", tt.want)
		}
	}
}
