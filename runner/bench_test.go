package runner_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/testbed/testbed/runner"
	"github.com/testbed/testbed/runner/record"
	"github.com/testbed/testbed/scenarios"
	"github.com/testbed/testbed/selector"
)

// A nullWorld is a virtual world in which everything takes a ms and nothing
// costs anything.
type nullWorld struct {
	*virtualWorld
	devices []selector.Device
}

func (w *nullWorld) Fork() runner.Virtual {
	return &nullWorld{newVirtual(like{}), []selector.Device{{Name: "edge", Down: 5e6, Up: 5e6, Back: 5e6, RTT: 20 * ms, Cores: 2}}}
}

func (w *nullWorld) Observe(context.Context, []string, string) ([]selector.Device, error) {
	return w.devices, nil
}

func (w *nullWorld) Do(_ context.Context, r runner.Request) (runner.Result, error) {
	sent := w.now
	w.now += 7 * ms
	return runner.Result{Sent: sent, Done: w.now, Up: 3000, Down: 210, Prediction: r.Label, Confidence: .8731264587,
		Phases: selector.Phases{Upload: ms, Queue: ms, Fetch: ms, Load: ms, Preprocess: ms, Infer: ms, Download: ms}}, nil
}

func (w *nullWorld) Telemetry(context.Context) ([]record.Telemetry, error) { return nil, nil }

func (w *nullWorld) Profile(_ context.Context, node string, models []scenarios.Model, _ func(int)) (all []selector.Option, err error) {
	for i, m := range models {
		all = append(all, selector.Option{Model: m.Name, Node: node, Accuracy: .9 + .001*float64(i), Images: 1000, Size: 1000, Load: ms, Infer: ms})
	}
	return all, nil
}

// BenchmarkRun is what a request costs beside the world: the runner, its
// selectors, and the records.
func BenchmarkRun(b *testing.B) {
	for _, bb := range []struct {
		name      string
		models    int
		arms      []scenarios.Selector
		decisions int
	}{
		{"fixed", 1, []scenarios.Selector{static("m0")}, 1 << 30},
		{"5-options", 5, []scenarios.Selector{arm("greedy"), arm("advanced")}, 1},
		{"5-options-1-decision-in-100", 5, []scenarios.Selector{arm("greedy"), arm("advanced")}, 100},
		{"13-options", 13, []scenarios.Selector{arm("greedy"), arm("advanced")}, 1},
		{"13-options-1-decision-in-100", 13, []scenarios.Selector{arm("greedy"), arm("advanced")}, 100},
	} {
		b.Run(bb.name, func(b *testing.B) {
			b.ReportAllocs()
			p := plan("warm", max(1, b.N/len(bb.arms)), "infer")
			p.Scenario.Selectors, p.Scenario.Models, p.Scenario.Record.Decisions = bb.arms, nil, bb.decisions
			for i := range bb.models {
				p.Scenario.Models = append(p.Scenario.Models, scenarios.Model{Name: fmt.Sprintf("m%d", i)})
			}
			for i := range p.Trials[0].Samples {
				p.Trials[0].Samples[i] = i % 100
				p.Trials[0].First[i] = i % len(bb.arms)
			}
			out, err := record.Create(filepath.Join(b.TempDir(), "run"), record.Header{}, nil)
			if err != nil {
				b.Fatal(err)
			}
			defer out.Close()
			b.ResetTimer()
			before := cpuTime(b)
			if err := runner.Run(b.Context(), p, runner.Options{World: (&nullWorld{}).Fork(), Dataset: images(100), Writer: out}); err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(b.N)/(cpuTime(b)-before).Seconds(), "requests/CPU-s")
		})
	}
}

// cpuTime is what this process has used, whatever else the machine does.
func cpuTime(b *testing.B) time.Duration {
	var r unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &r); err != nil {
		b.Fatal(err)
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}
