package replay_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/trace"
	"github.com/testbed/testbed/emulator/unit"
	"github.com/testbed/testbed/runner/record"
	"github.com/testbed/testbed/runner/replay"
	"github.com/testbed/testbed/scenarios"
	"github.com/testbed/testbed/selector"
)

const ms = time.Millisecond

// A world is what a test's record says of a trial in which one arm's requests
// follow each other for 6 s, so that both clocks are one, 100 s apart.
type world struct {
	links     scenarios.Links
	load      emulator.Load
	check     record.Check
	telemetry []record.Telemetry
}

const zero = 100 * time.Second // of the trial, by the run's clock

func (w world) plan() *scenarios.Plan {
	return &scenarios.Plan{
		Scenario: scenarios.Scenario{Nodes: []scenarios.Node{{Name: "edge"}}, Tolerance: scenarios.Tolerance{Rate: .1},
			Selectors: []scenarios.Selector{{Config: selector.Config{Name: "greedy", Policy: "greedy"}}}},
		Conditions: []scenarios.Condition{{ID: "c", Requests: 6, Links: map[string]scenarios.Links{"edge": w.links}, Background: map[string]emulator.Load{"edge": w.load}}},
		Trials:     []scenarios.Trial{{Samples: make([]int, 6), First: make([]int, 6)}},
	}
}

func (w world) run() record.Run {
	run := record.Run{Header: record.Header{Arms: []string{"greedy"}}, Telemetry: w.telemetry}
	if w.check.Node != "" {
		w.check.Condition = "c"
		run.Checks = []record.Check{w.check}
	}
	for i := range 6 {
		due := zero + time.Duration(i)*time.Second
		run.Requests = append(run.Requests, record.Request{Condition: "c", Arm: "greedy", Pair: i, Due: due, Sent: due, Done: due + time.Second})
	}
	return run
}

// lines is a line of telemetry a second.
func lines(line func(second int) record.Telemetry) (all []record.Telemetry) {
	for i := range 6 {
		t := line(i)
		t.Condition, t.Node = "c", "edge"
		t.From = zero + time.Duration(i)*time.Second
		t.At = t.From + time.Second
		all = append(all, t)
	}
	return all
}

func both(l emulator.Link) scenarios.Links { return scenarios.Links{Down: l, Up: l} }

// probed is a check that found these shares of the rates, and a round trip.
func probed(down, up float64, asked, rtt time.Duration) record.Check {
	at := func(r float64) unit.BitRate { return unit.BitRate(r * 10e6) }
	return record.Check{Node: "edge", Engine: "relay", AskedRTT: asked, RTT: rtt, Links: []record.LinkCheck{
		{Direction: "down", AskedRate: 10 * unit.Mbps, Rate: at(down)}, {Direction: "up", AskedRate: 10 * unit.Mbps, Rate: at(up)}}}
}

func link(edit func(*emulator.Link)) emulator.Link {
	l := emulator.Link{Rate: 10 * unit.Mbps, Delay: 5 * ms}
	edit(&l)
	return l
}

func TestMeasuredLinks(t *testing.T) {
	asAsked := func(*emulator.Link) {}
	steps := func(values ...float64) *trace.Series {
		return &trace.Series{Name: "steps", At: []time.Duration{0, time.Second}[:len(values)], Value: values, Period: 2 * time.Second}
	}
	offered := func(rate func(second int) unit.BitRate) []record.Telemetry {
		return lines(func(i int) record.Telemetry {
			return record.Telemetry{Links: []record.LinkSample{{Direction: "down", Asked: rate(i)}, {Direction: "up", Asked: 10 * unit.Mbps}}}
		})
	}
	lost := func(packets, lost int64) []record.Telemetry {
		return []record.Telemetry{{Condition: "c", Node: "edge", At: 1, Links: []record.LinkSample{{Direction: "down", Packets: packets - lost - 1, Lost: lost, Dropped: 1}}}}
	}
	for name, tt := range map[string]struct {
		world
		down, up func(*emulator.Link) // what becomes of the links
		kept     []string
	}{
		"as asked":   {world{check: probed(1, 1, 10*ms, 10*ms)}, asAsked, asAsked, nil},
		"rate found": {world{check: probed(.98, 1.01, 10*ms, 10*ms)}, func(l *emulator.Link) { l.Rate = 9_800_000 }, func(l *emulator.Link) { l.Rate = 10_100_000 }, nil},
		// 1 ms more, of which 2/(2+8) is down's
		"delay found": {world{links: scenarios.Links{Down: link(func(l *emulator.Link) { l.Delay = 2 * ms }), Up: link(func(l *emulator.Link) { l.Delay = 8 * ms })},
			check: probed(1, 1, 10*ms, 11*ms)},
			func(l *emulator.Link) { l.Delay = 2200 * time.Microsecond }, func(l *emulator.Link) { l.Delay = 8800 * time.Microsecond }, nil},
		// 8 ms less than 10: 1 ms each is left, and jitter was 3 ms
		"less delay than jitter": {world{links: both(link(func(l *emulator.Link) { l.Jitter = 3 * ms })), check: probed(1, 1, 10*ms, 2*ms)},
			func(l *emulator.Link) { l.Delay, l.Jitter = ms, ms }, func(l *emulator.Link) { l.Delay, l.Jitter = ms, ms }, nil},
		"delays vary": {world{links: both(link(func(l *emulator.Link) { l.Delay, l.Delays = 0, steps(.004, .020) })), check: probed(1, 1, 8*ms, 9*ms)},
			func(l *emulator.Link) { l.Delays = steps(.0045, .0205) }, func(l *emulator.Link) { l.Delays = steps(.0045, .0205) }, nil},
		"rates vary": {world{links: both(link(func(l *emulator.Link) { l.Rate, l.Rates = 0, steps(8e6, 12e6) })), check: probed(.5, 1, 10*ms, 10*ms)},
			func(l *emulator.Link) { l.Rates = steps(4e6, 6e6); l.Rates.Name = "steps × 0.5" },
			asAsked, nil},
		"trace stays": {world{links: both(link(func(l *emulator.Link) {
			l.Rate, l.Trace = 0, &trace.Trace{At: []time.Duration{0}, Period: ms, Quantum: 1514}
		})), check: probed(.8, 1, 10*ms, 10*ms)}, asAsked, asAsked,
			[]string{"rate of link edge down: it is a trace of single opportunities, of which probes found another share, in 1 of 1 trials: as asked there"}},
		// from second 3 on half, of which probes found 98 %
		"offered half from second 3": {world{check: probed(.98, 1, 10*ms, 10*ms),
			telemetry: offered(func(i int) unit.BitRate { return 10 * unit.Mbps / unit.BitRate(1+i/3) })},
			func(l *emulator.Link) {
				l.Rate, l.Rates = 0, &trace.Series{Name: "telemetry", At: []time.Duration{0, 3 * time.Second}, Value: []float64{9.8e6, 4.9e6}, Period: 6 * time.Second, Wrap: trace.Hold}
			}, asAsked, nil},
		"an outage is not told apart from half a rate": {world{links: both(link(func(l *emulator.Link) { l.Outages = []emulator.Outage{{From: 0, To: time.Second}} })), check: probed(1, 1, 10*ms, 10*ms),
			telemetry: offered(func(i int) unit.BitRate { return 10 * unit.Mbps * unit.BitRate(min(i, 1)) })}, asAsked, asAsked, nil},
		"nothing probed":            {world{}, asAsked, asAsked, []string{"rate and delay of link edge: no probe went over it, in 1 of 1 trials: as asked there"}},
		"nothing probed of a delay": {world{links: both(emulator.Link{Delay: ms})}, func(*emulator.Link) {}, func(*emulator.Link) {}, []string{"rate and delay of link edge: no probe went over it, in 1 of 1 trials: as asked there"}},
		"real": {world{links: both(emulator.Link{}), check: record.Check{Node: "edge", Engine: record.Real, RTT: 7 * ms, Links: probed(2, 1, 0, 0).Links}},
			func(l *emulator.Link) { l.Rate, l.Delay = 20*unit.Mbps, 3500*time.Microsecond }, func(l *emulator.Link) { l.Rate, l.Delay = 10*unit.Mbps, 3500*time.Microsecond }, nil},
		// of 10 000 packets 1 % ± 3·√(.01·.99/10 000) = ± 0.298 %
		"lost as chance has it": {world{links: both(link(func(l *emulator.Link) { l.Loss = .01 })), check: probed(1, 1, 10*ms, 10*ms), telemetry: lost(10_000, 129)}, asAsked, asAsked,
			[]string{"loss of link edge up: fewer than 1000 packets met it, in 1 of 1 trials: as asked there"}},
		"lost more": {world{links: both(link(func(l *emulator.Link) { l.Loss = .01 })), check: probed(1, 1, 10*ms, 10*ms), telemetry: lost(10_000, 130)},
			func(l *emulator.Link) { l.Loss = .013 }, asAsked,
			[]string{"loss of link edge up: fewer than 1000 packets met it, in 1 of 1 trials: as asked there"}},
		// bursts of 5: ρ = 1 − .01/(5·.99) − 1/5 = .798, √(1.798/.202) = 2.98: ± 0.89 %
		"lost in bursts": {world{links: both(link(func(l *emulator.Link) { l.Loss, l.LossBurst = .01, 5 })), check: probed(1, 1, 10*ms, 10*ms), telemetry: lost(10_000, 188)}, asAsked, asAsked,
			[]string{"loss of link edge up: fewer than 1000 packets met it, in 1 of 1 trials: as asked there"}},
	} {
		t.Run(name, func(t *testing.T) {
			if tt.links.Down.Delay == 0 && tt.links.Down.Delays == nil && tt.check.Engine != record.Real {
				tt.links = both(link(asAsked))
			}
			want := tt.links
			tt.down(&want.Down)
			tt.up(&want.Up)
			plan := tt.plan()
			kept := replay.Measured(plan, tt.run())
			if diff := cmp.Diff(want, plan.Trials[0].As.Links["edge"], near); diff != "" {
				t.Errorf("links (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.kept, kept); diff != "" {
				t.Errorf("kept (-want +got):\n%s", diff)
			}
		})
	}
}

func TestMeasuredLoad(t *testing.T) {
	cpu := func(share float64) emulator.Load {
		return emulator.Load{CPU: emulator.CPULoad{Level: emulator.Level{Share: share}}}
	}
	half := &trace.Series{Name: "half", At: []time.Duration{0, 500 * ms}, Value: []float64{.2, .6}, Period: time.Second}
	for name, tt := range map[string]struct {
		world
		want emulator.Load
		kept []string
	}{
		"steady": {world{load: cpu(.7), telemetry: lines(func(i int) record.Telemetry {
			return record.Telemetry{CPUAsked: .7, CPUAchieved: .66 + .02*float64(i%2)} // mean .67
		})}, cpu(.67), nil},
		"less from second 3": {world{load: cpu(.7), telemetry: lines(func(i int) record.Telemetry {
			return record.Telemetry{CPUAsked: .7, CPUAchieved: .7 - .3*float64(i/3)}
		})}, emulator.Load{CPU: emulator.CPULoad{Level: emulator.Level{Over: &trace.Series{Name: "telemetry", At: []time.Duration{0, 3 * time.Second}, Value: []float64{.7, .4}, Period: 6 * time.Second, Wrap: trace.Hold}}}}, nil},
		"more than there is": {world{load: cpu(.9), telemetry: lines(func(i int) record.Telemetry {
			return record.Telemetry{CPUAsked: .9, CPUAchieved: 1.02 - .5*float64(i/3)}
		})}, emulator.Load{CPU: emulator.CPULoad{Level: emulator.Level{Over: &trace.Series{Name: "telemetry", At: []time.Duration{0, 3 * time.Second}, Value: []float64{1, .52}, Period: 6 * time.Second, Wrap: trace.Hold}}}}, nil},
		// .3 of the mean .4 asked: three quarters of each step
		"varies faster than telemetry": {world{load: emulator.Load{Memory: emulator.Level{Over: half}}, telemetry: lines(func(int) record.Telemetry {
			return record.Telemetry{Loads: []record.LoadSample{{Resource: record.Memory, Asked: .4, Achieved: .3}}}
		})}, emulator.Load{Memory: emulator.Level{Over: &trace.Series{Name: "half × 0.75", At: half.At, Value: []float64{.15, .45}, Period: time.Second}}}, nil},
		"paced traffic, and TCP, which gives way": {world{load: emulator.Load{Down: emulator.Traffic{Level: emulator.Level{Share: .5}, Of: 1e6}, Up: emulator.Traffic{Level: emulator.Level{Share: .5}, Of: 1e6, TCP: true}},
			telemetry: lines(func(int) record.Telemetry {
				return record.Telemetry{Loads: []record.LoadSample{{Resource: record.TrafficUp, Asked: .5, Achieved: .25}, {Resource: record.TrafficDown, Asked: .5, Achieved: .25}}}
			})}, emulator.Load{Down: emulator.Traffic{Level: emulator.Level{Share: .25}, Of: 1e6}, Up: emulator.Traffic{Level: emulator.Level{Share: .5}, Of: 1e6, TCP: true}}, nil},
		"no telemetry": {world{load: cpu(.7)}, cpu(.7), []string{"background of node edge, cpu: there is no telemetry of it, in 1 of 1 trials: as asked there"}},
	} {
		t.Run(name, func(t *testing.T) {
			plan := tt.plan()
			kept := replay.Measured(plan, tt.run())
			if diff := cmp.Diff(tt.want, plan.Trials[0].As.Background["edge"], near); diff != "" {
				t.Errorf("load (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.kept, kept); diff != "" {
				t.Errorf("kept (-want +got):\n%s", diff)
			}
		})
	}
}

var near = cmp.Comparer(func(a, b float64) bool { return a-b < 1e-9 && b-a < 1e-9 })

// TestInstants: two arms that follow each other are at one instant of a trial
// that varies, so 12 s of the run are 6 s of the trial; what was measured between
// requests counts nowhere. Where the recorded trial varied, its decisions tell.
func TestInstants(t *testing.T) {
	w := world{load: emulator.Load{CPU: emulator.CPULoad{Level: emulator.Level{Share: .5}}}}
	plan, run := w.plan(), w.run()
	run.Header.Arms = append(run.Header.Arms, "advanced")
	// pair i: greedy from 3i to 3i+1, advanced from 3i+1 to 3i+2, the oracle until 3i+3
	run.Requests = nil
	for i := range 6 {
		for k, arm := range run.Header.Arms {
			due := zero + time.Duration(3*i+k)*time.Second
			run.Requests = append(run.Requests, record.Request{Condition: "c", Arm: arm, Pair: i, Due: due, Done: due + time.Second})
		}
	}
	for i := range 18 { // pairs 0 to 2 at .5, then at .1; the oracle's time at 1
		line := record.Telemetry{Condition: "c", Node: "edge", From: zero + time.Duration(i)*time.Second, At: zero + time.Duration(i+1)*time.Second, CPUAsked: .5, CPUAchieved: .5}
		switch {
		case i%3 == 2:
			line.CPUAchieved = 1
		case i >= 9:
			line.CPUAchieved = .1
		}
		run.Telemetry = append(run.Telemetry, line)
	}
	replay.Measured(plan, run)
	want := &trace.Series{Name: "telemetry", At: []time.Duration{0, 3 * time.Second}, Value: []float64{.5, .1}, Period: 6 * time.Second, Wrap: trace.Hold}
	if diff := cmp.Diff(want, plan.Trials[0].As.Background["edge"].CPU.Over); diff != "" {
		t.Errorf("by pairs (-want +got):\n%s", diff)
	}

	// It varied: by its decisions each pair began two seconds after the one before.
	w.load.CPU.Level = emulator.Level{Over: &trace.Series{Name: "x", At: []time.Duration{0}, Value: []float64{.5}, Period: time.Second}}
	plan = w.plan()
	for i := range 6 {
		for _, arm := range run.Header.Arms {
			run.Decisions = append(run.Decisions, record.Decision{Condition: "c", Arm: arm, Pair: i, Observed: selector.Observation{Now: time.Duration(2*i) * time.Second}})
		}
	}
	slices.Reverse(run.Decisions)
	replay.Measured(plan, run)
	want.At[1], want.Period = 6*time.Second, 11*time.Second
	if diff := cmp.Diff(want, plan.Trials[0].As.Background["edge"].CPU.Over); diff != "" {
		t.Errorf("by decisions (-want +got):\n%s", diff)
	}
}

// TestNotRecorded: of a trial that a run did not come to nothing is known.
func TestNotRecorded(t *testing.T) {
	w := world{links: both(emulator.Link{Rate: unit.Mbps}), check: probed(1, 1, 0, 0)}
	plan := w.plan()
	plan.Trials = append(plan.Trials, plan.Trials[0])
	plan.Trials[1].Repetition = 1
	kept := replay.Measured(plan, w.run())
	if diff := cmp.Diff([]string{"nothing was recorded, in 1 of 2 trials: as asked there"}, kept); diff != "" || plan.Trials[1].As != nil {
		t.Errorf("As %v, kept (-want +got):\n%s", plan.Trials[1].As, diff)
	}
}

// TestProbes: a check is of the path to the repository, which begins with the
// node's own link or is a link of its own; what is narrower at its other end is
// what was probed.
func TestProbes(t *testing.T) {
	rate := func(r unit.BitRate) scenarios.Links { return both(emulator.Link{Rate: r}) }
	rates := func(down, up unit.BitRate) scenarios.Links {
		return scenarios.Links{Down: emulator.Link{Rate: down}, Up: emulator.Link{Rate: up}}
	}
	m := unit.Mbps
	for name, tt := range map[string]struct {
		links  map[string]scenarios.Links
		beside scenarios.Repository
		want   map[string]scenarios.Links // of those that change
	}{
		"own":                           {map[string]scenarios.Links{"edge": rate(10 * m)}, scenarios.Repository{}, map[string]scenarios.Links{"edge": rates(5*m, 20*m)}},
		"pair":                          {map[string]scenarios.Links{"edge": rate(10 * m), "edge/repository": rate(10 * m)}, scenarios.Repository{}, map[string]scenarios.Links{"edge/repository": rates(5*m, 20*m)}},
		"pair, from the other side":     {map[string]scenarios.Links{"edge": rate(10 * m), "repository/edge": rate(10 * m)}, scenarios.Repository{}, map[string]scenarios.Links{"repository/edge": rates(20*m, 5*m)}},
		"another pair":                  {map[string]scenarios.Links{"edge/cloud": rate(10 * m)}, scenarios.Repository{}, nil},
		"a narrower one at the end":     {map[string]scenarios.Links{"edge": rate(10 * m), "repository": rates(0, 4*m)}, scenarios.Repository{}, map[string]scenarios.Links{"edge": rates(10*m, 20*m)}},
		"a wider one":                   {map[string]scenarios.Links{"edge": rate(10 * m), "repository": rate(90 * m)}, scenarios.Repository{}, map[string]scenarios.Links{"edge": rates(5*m, 20*m)}},
		"at the site of the repository": {map[string]scenarios.Links{"edge": rate(10 * m), "cloud": rates(0, 4*m)}, scenarios.Repository{Beside: "cloud"}, map[string]scenarios.Links{"edge": rates(10*m, 20*m)}},
	} {
		t.Run(name, func(t *testing.T) {
			w := world{check: probed(.5, 2, 0, 0)}
			plan, run := w.plan(), w.run()
			plan.Scenario.Repository, plan.Conditions[0].Links = tt.beside, tt.links
			replay.Measured(plan, run)
			want := map[string]scenarios.Links{}
			for name, l := range tt.links {
				want[name] = l
			}
			for name, l := range tt.want {
				want[name] = l
			}
			if diff := cmp.Diff(want, plan.Trials[0].As.Links); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestAgain: what the machine adds to a round trip, it adds to the next one; not
// so what is not tolerated, nor in another world.
func TestAgain(t *testing.T) {
	for _, tt := range []struct {
		from, to string
		rtt      time.Duration
		want     time.Duration
	}{
		{"netns", "netns", 11 * ms, 5 * ms}, {"netns", "netns", 9 * ms, 5 * ms}, {"netns", "netns", 12 * ms, 6 * ms},
		{"netns", "sim", 11 * ms, 5500 * time.Microsecond}, {"sim", "netns", 11 * ms, 5500 * time.Microsecond}, {"sim", "sim", 11 * ms, 5500 * time.Microsecond},
	} {
		w := world{links: both(link(func(*emulator.Link) {})), check: probed(1, 1, 10*ms, tt.rtt)}
		plan, run := w.plan(), w.run()
		plan.Scenario.World, run.Header.World, plan.Scenario.Tolerance.Delay = tt.to, tt.from, ms
		replay.Measured(plan, run)
		if got := plan.Trials[0].As.Links["edge"]; got.Down.Delay != tt.want || got.Up.Delay != tt.want {
			t.Errorf("%s in %s: %v of a round trip of %v, want %v", tt.from, tt.to, got.Down.Delay, tt.rtt, tt.want)
		}
	}
}

// TestTwice: the replay of a replay is of the world that was replayed.
func TestTwice(t *testing.T) {
	w := world{links: both(link(func(*emulator.Link) {})), check: probed(.5, 1, 10*ms, 10*ms)}
	plan := w.plan()
	for range 2 {
		replay.Measured(plan, w.run())
	}
	if got := plan.Trials[0].As.Links["edge"].Down.Rate; got != 2500*unit.Kbps {
		t.Errorf("half of half of 10 Mbps is %v", got)
	}
}
