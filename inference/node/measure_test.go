package node_test

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/testbed/testbed/inference/node"
)

// TestMeasure: a visit makes what it is asked for, and leaves nothing.
func TestMeasure(t *testing.T) {
	w := open(t, "")
	name := w.models[1].Name
	measure := func(args node.MeasureArgs) node.Measured {
		t.Helper()
		args.Model, args.Image = name, image(t, 0)
		m, err := w.edge.Measure(t.Context(), args)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	m := measure(node.MeasureArgs{Loads: 3, Runs: 4})
	if len(m.Load) != 3 || len(m.Infer) != 4 || len(m.Preprocess) != 4 || m.Others < -1 || m.Others > 1 {
		t.Errorf("3 loads, 4 runs: %+v", m)
	}
	for _, times := range [][]time.Duration{m.Load, m.Infer, m.Preprocess} {
		for _, d := range times {
			if d <= 0 || d > time.Minute {
				t.Errorf("a time of %v in %+v", d, m)
			}
		}
	}
	if m.RSSBefore <= 0 || m.RSSLoaded <= 0 || m.RSSAfter <= 0 {
		t.Errorf("memory: %+v", m)
	}
	if m := measure(node.MeasureArgs{Runs: 1, Least: 50 * time.Millisecond, Warm: 20 * time.Millisecond}); len(m.Load) > 0 || len(m.Infer) < 1 {
		t.Errorf("no load, some time: %+v", m)
	} else {
		var sum time.Duration
		for i := range m.Infer {
			sum += m.Infer[i] + m.Preprocess[i]
		}
		if len(m.Infer) > 1 && sum < 25*time.Millisecond {
			t.Errorf("%d runs in %v: want those of 50 ms", len(m.Infer), sum)
		}
	}
	start := time.Now()
	if m := measure(node.MeasureArgs{Runs: 3, Pause: 30 * time.Millisecond}); len(m.Infer) != 3 || slices.Min(m.Preprocess) >= 30*time.Millisecond {
		t.Errorf("with pauses: %+v", m)
	}
	if took := time.Since(start); took < 4*30*time.Millisecond { // the one that does not count, too
		t.Errorf("three runs, each after 30 ms, took %v", took)
	}
	if m := measure(node.MeasureArgs{Loads: 1}); len(m.Load) != 1 || len(m.Infer) != 0 || m.Others != -1 {
		t.Errorf("a load alone: %+v", m)
	}
	if s := w.status(t, ""); len(s.Held)+len(s.Loaded) > 0 {
		t.Errorf("to measure left %+v", s)
	}
}

// TestMeasureKeeps: a session that is kept is run again, and one that is not is
// gone; with another number of threads it is another.
func TestMeasureKeeps(t *testing.T) {
	w := open(t, "")
	args := node.MeasureArgs{Model: w.models[0].Name, Image: image(t, 0), Runs: 1, Keep: true}
	for _, threads := range []int{1, 2, 1} {
		args.Threads = threads
		if m, err := w.edge.Measure(t.Context(), args); err != nil || m.RSSAfter != 0 || len(m.Infer) != 1 {
			t.Errorf("%d threads: %+v, %v", threads, m, err)
		}
	}
	args.Keep = false
	if m, err := w.edge.Measure(t.Context(), args); err != nil || m.RSSAfter == 0 {
		t.Errorf("not kept: %+v, %v", m, err)
	}
	// Another model ends what was kept of this one.
	args.Model = w.models[1].Name
	if _, err := w.edge.Measure(t.Context(), args); err != nil {
		t.Error(err)
	}
}

// TestMeasureCold: on a disk, files leave the cache; in memory they cannot, and
// the visit says so.
func TestMeasureCold(t *testing.T) {
	w := open(t, "")
	for _, cached := range []bool{false, true} {
		m, err := w.edge.Measure(t.Context(), node.MeasureArgs{Model: w.models[0].Name, Loads: 2, Cold: true, Cached: cached})
		if err != nil || len(m.Load) != 2 {
			t.Errorf("cached %v: %+v, %v", cached, m, err)
		}
		t.Logf("cached %v: %v, not cold: %q", cached, m.Load, m.NotCold)
	}
	const memory = "/dev/shm"
	if _, err := os.Stat(memory); err != nil {
		t.Skip(err)
	}
	t.Setenv("TMPDIR", memory)
	m, err := w.edge.Measure(t.Context(), node.MeasureArgs{Model: w.models[1].Name, Loads: 1, Cold: true})
	if err != nil || !strings.Contains(m.NotCold, "stays in the file cache") {
		t.Errorf("in memory: %+v, %v", m, err)
	}
	// What is not asked to be cold is not told that it is not.
	m, err = w.edge.Measure(t.Context(), node.MeasureArgs{Model: w.models[1].Name, Loads: 1})
	if err != nil || m.NotCold != "" {
		t.Errorf("warm: %+v, %v", m, err)
	}
}

func TestMeasureMistakes(t *testing.T) {
	w := open(t, "")
	good := node.MeasureArgs{Model: w.models[0].Name, Image: image(t, 0), Runs: 1}
	for _, tt := range []struct {
		change func(*node.MeasureArgs)
		want   string
	}{
		{func(a *node.MeasureArgs) { a.Model = "none" }, `no model "none"`},
		{func(a *node.MeasureArgs) { a.Loads = -1 }, "-1 loads: want 0 to 1000"},
		{func(a *node.MeasureArgs) { a.Runs = 1 << 30 }, "1073741824 runs: want 0 to 1000000"},
		{func(a *node.MeasureArgs) { a.Least = time.Hour }, "runs for 1h0m0s after 0s: want 0 to 10m0s each"},
		{func(a *node.MeasureArgs) { a.Pause = 2 * time.Second }, "pauses of 2s: want 0 to 1s"},
		{func(a *node.MeasureArgs) { a.Image = []byte("x") }, "measure " + good.Model},
		{func(a *node.MeasureArgs) { a.Provider = "abacus" }, `provider "abacus"`},
		{func(a *node.MeasureArgs) { a.Optimization = "some" }, `optimization "some"`},
	} {
		args := good
		tt.change(&args)
		if _, err := w.edge.Measure(t.Context(), args); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("error %v, want %q in it", err, tt.want)
		}
	}
	if _, err := w.edge.Measure(t.Context(), good); err != nil {
		t.Errorf("after mistakes: %v", err)
	}
	if _, err := w.control.Measure(t.Context(), good); err == nil || !strings.Contains(err.Error(), "not an inference node") {
		t.Errorf("control: %v", err)
	}
}
