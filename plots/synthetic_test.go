package plots

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"github.com/testbed/testbed/emulator/unit"
	"github.com/testbed/testbed/runner/record"
	"github.com/testbed/testbed/selector"
)

// options say what to make. The zero options are the smallest run: one model
// for each arm, one repetition of one pair.
type options struct {
	Seed        uint64
	Pairs       int  // in a trial; 0: one
	Repetitions int  // 0: one
	Mixed       bool // the second arm chooses among two models
	Arms        int  // 0: two
	Judged      bool // every fourth pair is replayed, and shadows are asked
	Cloud       bool // a second node, five times as fast, behind a round trip of 40 ms more
}

const ms = time.Millisecond

// The models: the baseline's, and two within its budget of ten points.
var testModels = []record.Model{
	{Name: "signs-mlp", Bytes: 60 * unit.KB, MACs: 40_000, Accuracy: 0.74, Images: 1000},
	{Name: "signs-cnn", Bytes: 180 * unit.KB, MACs: 1_900_000, Accuracy: 0.921, Images: 1000},
	{Name: "signs-resnet20", Bytes: 1100 * unit.KB, MACs: 41_000_000, Accuracy: 0.954, Images: 1000},
	{Name: "signs-resnet56", Bytes: 3400 * unit.KB, MACs: 126_000_000, Accuracy: 0.971, Images: 1000},
}

// profile is what each model takes on the idle device.
var profile = []selector.Option{
	{Model: "signs-mlp", Node: "edge", Accuracy: 0.74, Size: 60 * unit.KB, Load: 2 * ms, Preprocess: 400 * time.Microsecond, Infer: 100 * time.Microsecond},
	{Model: "signs-cnn", Node: "edge", Accuracy: 0.921, Size: 180 * unit.KB, Load: 5 * ms, Preprocess: 400 * time.Microsecond, Infer: 1500 * time.Microsecond},
	{Model: "signs-resnet20", Node: "edge", Accuracy: 0.954, Size: 1100 * unit.KB, Load: 24 * ms, Preprocess: 400 * time.Microsecond, Infer: 9 * ms},
	{Model: "signs-resnet56", Node: "edge", Accuracy: 0.971, Size: 3400 * unit.KB, Load: 61 * ms, Preprocess: 400 * time.Microsecond, Infer: 26 * ms},
}

// synthetic makes a run that nobody ran, the same for the same options: three
// bandwidths, two loads, cold and warm, with times that a small edge device
// would show.
func synthetic(o options) record.Run {
	o.Pairs, o.Repetitions = max(o.Pairs, 1), max(o.Repetitions, 1)
	m := &maker{o: o, rng: rand.New(rand.NewPCG(o.Seed, 7)), run: record.Run{Dir: "runs/lowbw", Header: header(o)}}
	for i := 2; i < o.Arms; i++ {
		m.run.Header.Arms = append(m.run.Header.Arms, fmt.Sprintf("static:%d", i))
	}
	for i, name := range m.run.Header.Arms {
		m.run.Header.Selectors = append(m.run.Header.Selectors, record.Selector{Name: name, Policy: []string{"greedy", "advanced", "static"}[min(i, 2)]})
	}
	if o.Judged {
		m.run.Header.Shadows = []record.Selector{{Name: "advanced-clean", Policy: "advanced"}, {Name: "no-network", Policy: "advanced", Settings: []string{"without network"}},
			{Name: "no-load", Policy: "advanced", Settings: []string{"without load"}}, {Name: "fastest", Policy: "fastest"}}
	}
	if o.Cloud {
		m.run.Header.Placements = []string{"edge", "cloud"}
		for _, p := range profile {
			p.Node, p.Infer = "cloud", p.Infer/5
			m.run.Header.Profile = append(m.run.Header.Profile[:len(m.run.Header.Profile):len(m.run.Header.Profile)], p)
		}
		cascade := profile[1]
		cascade.Placement, cascade.Second, cascade.Accuracy = selector.Cascade, &m.run.Header.Profile[7], 0.95
		m.run.Header.Profile = append(m.run.Header.Profile, cascade)
	}
	for rep := range o.Repetitions {
		for _, i := range m.rng.Perm(len(m.run.Header.Conditions)) {
			m.trial(m.run.Header.Conditions[i], rep)
		}
	}
	m.run.Header.Took = m.now
	m.run.Header.Finished = m.run.Header.Started.Add(m.now)
	return m.run
}

func header(o options) record.Header {
	h := record.Header{
		Schema: record.Schema, Testbed: "0.1.0", Status: "done",
		Started: time.Date(2025, 3, 14, 9, 26, 53, 0, time.UTC),
		Command: []string{"testbed", "run", "scenarios/lowbw.yaml", "--out", "runs/lowbw"},
		Name:    "lowbw", Title: "Low and changing bandwidth, idle and busy edge",
		Description: "Does a selector that knows the network save 20 % of the time of one that does not?",
		File:        "scenarios/lowbw.yaml", Hash: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
		World: "netns", Seed: o.Seed, Arms: []string{"greedy", "advanced"}, Node: "edge",
		Budget:    selector.Budget{Absolute: 0.1, Relative: 1},
		Require:   record.Require{Saving: 0.2, AccuracyDrop: 0.1, Confidence: 0.95},
		Tolerance: record.Tolerance{Rate: 0.05, Delay: 2 * ms, CPU: 0.05},
		Axes: []record.Axis{{Name: "bandwidth", Values: []string{"2Mbps", "10Mbps", "50Mbps"}},
			{Name: "load", Values: []string{"idle", "busy"}}, {Name: "residency", Values: []string{"cold", "warm"}}},
		Repetitions: o.Repetitions, Models: testModels, Profile: profile, Classes: 43, Dataset: "signs",
		Host: record.Host{OS: "linux", Kernel: "6.12.0", CPU: "Intel Xeon", CPUs: 2, Memory: 8 << 30, Go: "go1.26.0", User: "unprivileged"},
		Nodes: []byte(`{"edge":{"cpus":1,"threads":1,"runtime":"onnxruntime 1.22.0","provider":"CPU","congestion_control":"cubic"},
			"control":{"congestion_control":"cubic","tcp_no_metrics_save":true}}`),
	}
	for _, rate := range []int{2, 10, 50} {
		for _, load := range []string{"idle", "busy"} {
			for _, residency := range []string{"cold", "warm"} {
				h.Conditions = append(h.Conditions, askedCondition(rate, load, residency, o.Pairs))
			}
		}
	}
	return h
}

func askedCondition(rate int, load, residency string, pairs int) record.Condition {
	r := fmt.Sprintf("%dMbps", rate)
	c := record.Condition{
		ID:    r + "/" + load + "/" + residency,
		Set:   map[string]string{"links.edge.down.rate": r, "background.edge.cpu": map[string]string{"idle": "0", "busy": "50%"}[load], "residency": residency},
		Names: map[string]string{"bandwidth": r, "load": load, "residency": residency}, Residency: residency,
		Measure:  []string{"fetch", "load", "upload", "queue", "preprocess", "infer", "download"},
		Requests: pairs,
		Links: []record.Link{
			{Node: "edge", Direction: "down", Rate: unit.BitRate(rate) * unit.Mbps, Delay: 10 * ms},
			{Node: "edge", Direction: "up", Rate: unit.BitRate(rate) * unit.Mbps, Delay: 10 * ms},
		},
	}
	if load == "busy" {
		c.Background = []record.Background{{Node: "edge", Resource: "cpu", Asked: 0.5}}
	}
	return c
}

// A maker makes a run, trial by trial.
type maker struct {
	o   options
	rng *rand.Rand
	run record.Run
	now time.Duration
	sec time.Duration // next telemetry
}

func (m *maker) trial(c record.Condition, rep int) {
	rate := c.Links[0].Rate
	m.now += 300 * ms
	m.run.Checks = append(m.run.Checks, record.Check{
		Condition: c.ID, Repetition: rep, Node: "edge", Engine: "relay", Reason: "the kernel has no netem",
		AskedRTT: 20 * ms, RTT: 20*ms + m.jitter(0.2*float64(ms)),
		Links: []record.LinkCheck{
			{Direction: "down", AskedRate: rate, Rate: rate - unit.BitRate(m.jitter(0.004*float64(rate)))},
			{Direction: "up", AskedRate: rate, Rate: rate - unit.BitRate(m.jitter(0.004*float64(rate)))},
		},
	})
	slow := 1 + 0.05*m.rng.NormFloat64() // of the whole trial
	for pair := range m.o.Pairs {
		arms := len(m.run.Header.Arms)
		first := m.rng.IntN(arms)
		for k := range arms {
			m.request(c, rep, pair, (first+k)%arms, k == 0, slow)
		}
		if m.o.Judged && pair%4 == 0 {
			m.replay(c, rep, pair, slow)
		}
	}
}

// replay makes every option answer the image of a pair.
func (m *maker) replay(c record.Condition, rep, pair int, slow float64) {
	r := record.Replay{Condition: c.ID, Repetition: rep, Pair: pair, Rewound: true}
	for _, o := range m.run.Header.Profile {
		p := m.phases(c, o, slow)
		if o.Node == "cloud" {
			p.Upload += 20 * ms
		}
		r.Options = append(r.Options, record.ReplayOption{Phases: p, Measured: p.Total()})
		m.now += p.Total()
	}
	for i, s := range m.run.Header.Shadows {
		r.Shadows = append(r.Shadows, record.ReplayShadow{Selector: s.Name, Option: []int{1, 1 + pair/4%2, 1, 0}[i]})
	}
	m.run.Replays = append(m.run.Replays, r)
}

// jitter is a time of an exponential distribution.
func (m *maker) jitter(mean float64) time.Duration { return time.Duration(m.rng.ExpFloat64() * mean) }

// request makes one request with its decision and, once a second, telemetry.
func (m *maker) request(c record.Condition, rep, pair, arm int, first bool, slow float64) {
	k := m.choose(c, arm)
	p := m.phases(c, profile[k], slow)
	sample := fmt.Sprintf("signs/%03d", (rep*m.o.Pairs+pair)%500)
	prediction := m.answer(sample, k)
	m.now += 4 * ms
	r := record.Request{Condition: c.ID, Arm: m.run.Header.Arms[arm], Repetition: rep, Pair: pair, First: first,
		Sample: sample, Model: profile[k].Model, Node: "edge", Due: m.now, Sent: m.now, Done: m.now + p.Total(),
		Phases: p, Measured: p.Total(), Up: 3 * unit.KB, Down: 200, Label: 7, Prediction: prediction}
	if m.o.Cloud && arm > 0 && pair%3 == 1 {
		r.Node, r.Phases.Infer, r.Phases.Upload = "cloud", p.Infer/5, p.Upload+20*ms
		r.Measured = r.Phases.Total()
		r.Done = r.Sent + r.Measured
	}
	r.Option = r.Model + "@" + r.Node
	if m.o.Cloud && arm == 1 && pair%6 == 2 {
		r.Option, r.Model, r.By, r.Wasted = m.run.Header.Profile[8].Label(), profile[1].Model, "cloud", p.Infer
	}
	m.run.Requests = append(m.run.Requests, r)
	m.run.Decisions = append(m.run.Decisions, m.decision(c, r, k))
	m.now = r.Done
	for m.sec < m.now {
		m.sec += time.Second
		m.telemetry(c, rep)
	}
}

// choose is the model of an arm: the baseline's is the most accurate.
func (m *maker) choose(c record.Condition, arm int) int {
	switch {
	case arm == 0:
		return 3
	case arm > 1:
		return arm % 4
	case m.o.Mixed && c.Names["bandwidth"] == "50Mbps" && c.Residency == "warm":
		return 2
	}
	return 1
}

func (m *maker) phases(c record.Condition, o selector.Option, slow float64) selector.Phases {
	rate := c.Links[0].Rate
	cpu := slow * math.Exp(0.08*m.rng.NormFloat64())
	if c.Names["load"] == "busy" {
		cpu *= 1.7
	}
	times := func(d time.Duration) time.Duration { return time.Duration(float64(d) * cpu) }
	p := selector.Phases{
		Upload: rate.TimeToSend(3*unit.KB) + 10*ms + m.jitter(0.3*float64(ms)), Queue: m.jitter(0.05 * float64(ms)),
		Preprocess: times(o.Preprocess), Infer: times(o.Infer), Download: rate.TimeToSend(300) + 10*ms + m.jitter(0.2*float64(ms)),
	}
	if c.Residency == "cold" {
		p.Fetch = rate.TimeToSend(o.Size)*1514/1448 + 40*ms + m.jitter(2*float64(ms))
		p.Load = times(o.Load)
	}
	return p
}

// answer depends on the image and the model alone: the harder an image, the
// fewer models know it.
func (m *maker) answer(sample string, k int) int {
	var h uint64 = 14695981039346656037
	for _, b := range []byte(sample) {
		h = (h ^ uint64(b)) * 1099511628211
	}
	if hard := rand.New(rand.NewPCG(h, m.o.Seed)).Float64(); hard > profile[k].Accuracy {
		return 3
	}
	return 7
}

func (m *maker) decision(c record.Condition, r record.Request, k int) record.Decision {
	d := record.Decision{Condition: c.ID, Arm: r.Arm, Repetition: r.Repetition, Pair: r.Pair,
		Took: 3*time.Microsecond + m.jitter(float64(time.Microsecond)), Outcome: r.Phases}
	for _, o := range profile {
		p := selector.Phases{Upload: 12 * ms, Preprocess: o.Preprocess, Infer: o.Infer, Download: 10 * ms}
		if c.Residency == "cold" {
			p.Fetch, p.Load = c.Links[0].Rate.TimeToSend(o.Size), o.Load
		}
		d.Decision.Candidates = append(d.Decision.Candidates, selector.Candidate{Option: o.Label(), Predicted: p, Total: p.Total(), Bound: p.Total() * 5 / 4})
	}
	d.Decision.Choice = k
	if k == 3 {
		d.Decision.Reason = "signs-resnet56 is the most accurate (0.971)"
		return d
	}
	d.Decision.Candidates[0].Excluded = "accuracy 0.740 is below the floor 0.871"
	d.Decision.Reason = fmt.Sprintf("%s is predicted fastest of 3 within the budget: %.1f ms", profile[k].Model,
		float64(d.Decision.Candidates[k].Total)/float64(ms))
	return d
}

func (m *maker) telemetry(c record.Condition, rep int) {
	rate := c.Links[0].Rate
	t := record.Telemetry{From: m.sec - time.Second, At: m.sec, Condition: c.ID, Repetition: rep, Node: "edge", CPUBusy: 0.35 + 0.1*m.rng.Float64(), RSS: 90 * unit.MB}
	if c.Names["load"] == "busy" {
		t.CPUAsked, t.CPUAchieved, t.CPUBusy, t.CPUOthers = 0.5, 0.5+0.01*m.rng.NormFloat64(), 0.8+0.1*m.rng.Float64(), 0.55
	}
	use := 0.1
	if c.Residency == "cold" {
		use = 0.85
	}
	for _, direction := range []string{"down", "up"} {
		t.Links = append(t.Links, record.LinkSample{Direction: direction, Asked: rate, Delay: 10 * ms,
			Rate: unit.BitRate(float64(rate) * use * (0.9 + 0.1*m.rng.Float64()))})
		use = 0.04
	}
	m.run.Telemetry = append(m.run.Telemetry, t)
}
