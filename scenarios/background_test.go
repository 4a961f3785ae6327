package scenarios_test

import (
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/trace"
	"github.com/testbed/testbed/emulator/unit"
	"github.com/testbed/testbed/scenarios"
)

// loadedBy reads a scenario whose node edge has a link of 10 Mbit/s each way
// and this background.
func loadedBy(t *testing.T, background string) emulator.Load {
	t.Helper()
	files := fstest.MapFS{
		"s/x.yaml": {Data: []byte("links: {edge: {down: {rate: 10Mbps}, up: {rate: 4Mbps}}}\nbackground:\n  edge: " + background + "\n")},
		"s/u.csv":  {Data: []byte("t_s,cpu_pct\n0,10\n2,40\n3,40\n")},
	}
	p, err := scenarios.Read(files, "s/x.yaml", nil)
	if err != nil {
		t.Fatalf("%s: %v", background, err)
	}
	l := p.Conditions[0].Background["edge"]
	if err := l.Check(); err != nil {
		t.Errorf("%s: %v", background, err)
	}
	return l
}

func share(x float64) emulator.Level { return emulator.Level{Share: x} }

func TestBackground(t *testing.T) {
	steps := func(wrap trace.Wrap, period time.Duration, at []time.Duration, v []float64) emulator.Level {
		return emulator.Level{Over: &trace.Series{Name: "timeline", Wrap: wrap, Period: period, At: at, Value: v}}
	}
	const s = time.Second
	for _, tt := range []struct {
		yaml string
		want emulator.Load
	}{
		{"{}", emulator.Load{}},
		{"{cpu: 50%}", emulator.Load{CPU: emulator.CPULoad{Level: share(0.5)}}},
		{"{cpu: {level: 50%, per: node}}", emulator.Load{CPU: emulator.CPULoad{Level: share(0.5), Whole: true}}},
		{"{memory: 30%, resident: 512MB, gpu: 25%}", emulator.Load{Memory: share(0.3), Resident: 512 * unit.MB, GPU: share(0.25)}},
		{"{down: 30%}", emulator.Load{Down: emulator.Traffic{Level: share(0.3), Of: 10 * unit.Mbps}}},
		{"{up: 1Mbps}", emulator.Load{Up: emulator.Traffic{Level: share(1), Of: unit.Mbps}}},
		{"{up: {level: 25%, by: tcp}}", emulator.Load{Up: emulator.Traffic{Level: share(0.25), Of: 4 * unit.Mbps, TCP: true}}},
		{"{down: {level: 50%, of: 2Mbps}}", emulator.Load{Down: emulator.Traffic{Level: share(0.5), Of: 2 * unit.Mbps}}},
		{"{down: {by: bulk}}", emulator.Load{Down: emulator.Traffic{Of: 10 * unit.Mbps, TCP: true, Bulk: true}}},
		{"{cpu: {level: 20%, timeline: [{from: 2s, to: 4s, every: 10s, level: 90%}]}}",
			emulator.Load{CPU: emulator.CPULoad{Level: steps(trace.Loop, 10*s, []time.Duration{0, 2 * s, 4 * s}, []float64{0.2, 0.9, 0.2})}}},
		{"{gpu: {timeline: [{from: 1s, to: 2s, every: 5s, times: 2, level: 100%}]}}",
			emulator.Load{GPU: steps(trace.Hold, 8*s, []time.Duration{0, s, 2 * s, 6 * s, 7 * s}, []float64{0, 1, 0, 1, 0})}},
		{"{cpu: {timeline: [{at: 3s, level: 60%}]}}",
			emulator.Load{CPU: emulator.CPULoad{Level: steps(trace.Hold, 4*s, []time.Duration{0, 3 * s}, []float64{0, 0.6})}}},
		{"{cpu: {trace: {file: u.csv, wrap: hold}}}", emulator.Load{CPU: emulator.CPULoad{Level: emulator.Level{
			Over: &trace.Series{Name: "u.csv", Wrap: trace.Hold, Period: 4 * s, At: []time.Duration{0, 2 * s, 3 * s}, Value: []float64{0.1, 0.4, 0.4}}}}}},
	} {
		if diff := cmp.Diff(tt.want, loadedBy(t, tt.yaml)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.yaml, diff)
		}
	}
}

// TestRamp: a hundredth of the way at a time, from its begin to its end.
func TestRamp(t *testing.T) {
	l := loadedBy(t, "{cpu: {ramp: {from: 10%, to: 60%, over: 100s, after: 5s}}}").CPU
	for _, tt := range []struct {
		at   time.Duration
		want float64
	}{
		{0, 0.1}, {5999 * time.Millisecond, 0.1}, {6 * time.Second, 0.105}, {55 * time.Second, 0.35}, {105 * time.Second, 0.6}, {time.Hour, 0.6},
	} {
		if got, _ := l.Step(tt.at); got < tt.want-1e-9 || got > tt.want+1e-9 {
			t.Errorf("after %v: %v, want %v", tt.at, got, tt.want)
		}
	}
}

func TestBackgroundMistakes(t *testing.T) {
	for _, tt := range []struct{ yaml, want string }{
		{"{cpu: 120%}", `2:26: background.edge.cpu: "120%": want a share from 0% to 100%, such as 50%`},
		{"{cpu: {level: 50%, per: thread}}", `2:44: background.edge.cpu.per: "thread": want core or node`},
		{"{cpu: {level: 50%, ramp: {to: 90%, over: 10s}}}", `2:26: background.edge.cpu: want one of level, trace, ramp, and timeline (with the level beside it)`},
		{"{cpu: {ramp: {to: 90%}}}", `2:33: background.edge.cpu.ramp: missing key "over"`},
		{"{cpu: {timeline: [{from: 2s, to: 1s, level: 10%}]}}", `2:53: background.edge.cpu.timeline[0].to: "1s": want a time after from, 2s`},
		{"{cpu: {timeline: [{from: 8s, to: 12s, every: 10s, level: 10%}]}}", `2:38: background.edge.cpu.timeline[0]: want to within every, as each change is repeated for ever; times says how often instead`},
		{"{cpu: {trace: {file: none.csv}}}", `2:41: background.edge.cpu.trace.file: "none.csv": no such file: want a trace, its name relative to s`},
		{"{cpu: {trace: {file: u.csv, scale: 3x}}}", `2:34: background.edge.cpu.trace: a mapping: column cpu: scale by 3 gives up to 1.2000000000000002: want less`},
		{"{resident: 5}", `2:31: background.edge.resident: "5": want an amount of memory, such as 512MB`},
		{"{down: fast}", `2:27: background.edge.down: "fast": want a share of the link's rate, such as 30%, or a rate, such as 2Mbps`},
		{"{down: {by: bulk, level: 50%}}", `2:27: background.edge.down: by: bulk is as fast as it can be: want no level beside it`},
		{"{disk: 50%}", `2:21: background.edge: unknown key "disk"`},
	} {
		files := fstest.MapFS{
			"s/x.yaml": {Data: []byte("links: {edge: {down: {rate: 10Mbps}, up: {rate: 4Mbps}}}\nbackground: {edge: " + tt.yaml + "}\n")},
			"s/u.csv":  {Data: []byte("t_s,cpu_pct\n0,10\n2,40\n3,40\n")},
		}
		_, err := scenarios.Read(files, "s/x.yaml", nil)
		if err == nil || err.Error() != "s/x.yaml:"+tt.want {
			t.Errorf("%s:\n got %v\nwant s/x.yaml:%s", tt.yaml, err, tt.want)
		}
	}
	for yaml, want := range map[string]string{
		"nodes: [{name: edge, quota: 40%}]\nbackground: {edge: {cpu: 70%}}\n":     `x.yaml:2:26: background.edge.cpu: 70 % of its CPUs is more than the quota of node edge leaves: want at most 40%`,
		"links: {edge: {up: {rate: 10Mbps}}}\nbackground: {edge: {up: 20Mbps}}\n": `x.yaml:2:25: background.edge.up: 20Mbps is more than the link's 10Mbps`,
	} {
		if _, err := scenarios.Read(fstest.MapFS{"x.yaml": {Data: []byte(yaml)}}, "x.yaml", nil); err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
	// A share needs something that it is of.
	_, err := scenarios.Read(fstest.MapFS{"x.yaml": {Data: []byte("background: {edge: {up: 30%}}\n")}}, "x.yaml", nil)
	const want = `x.yaml:1:25: background.edge.up: "30%": want a rate, such as 2Mbps, or of: 10Mbps: the link has none that this could be a share of`
	if err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}
