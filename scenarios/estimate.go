package scenarios

import (
	"slices"
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/unit"
	"github.com/testbed/testbed/inference/model"
	"github.com/testbed/testbed/selector"
)

// An Estimate is what a plan will cost, roughly: before anything was measured.
type Estimate struct {
	Conditions int           `json:"conditions"`
	Trials     int           `json:"trials"`
	Requests   int           `json:"requests"`    // of all arms, warm-ups included
	Up         unit.Bytes    `json:"up_bytes"`    // images sent
	Down       unit.Bytes    `json:"fetch_bytes"` // models fetched
	Duration   time.Duration `json:"duration_ns"`
}

// imageSizes are about what an image of each dataset weighs.
var imageSizes = map[string]unit.Bytes{"signs": 2800, "cifar10": 2500, "synthetic": 104_000, "folder": 110_000}

// imageSize is about what an image of the plan's weighs.
func (p *Plan) imageSize() unit.Bytes {
	if p.Scenario.Dataset.Name == blank {
		return p.Scenario.Dataset.Size
	}
	return imageSizes[p.Scenario.Dataset.Name]
}

// What an Estimate assumes of a machine and of the work: about that of a core
// of a small server.
const (
	answerSize    = 1000 * unit.Byte
	macsPerSecond = 10e9
	overhead      = 300 * time.Microsecond  // of one inference, whatever the model
	opening       = 15 * time.Millisecond   // of a session
	perRequest    = 5 * time.Millisecond    // to observe, decide and record
	perTrial      = 1500 * time.Millisecond // to make the world, probe it and let it settle
	perModel      = 200 * time.Millisecond  // to profile, beside
	profileRuns   = 16                      // inferences, and
	profileLoads  = 3                       // openings,
	loading       = 1600 * unit.Mbps        // at which a file is read and opened
	start         = 500 * time.Millisecond
	simulating    = 20 * time.Microsecond // a request, with its decision and lines, on one of two cores
)

// Estimate works out what the plan will cost by asking its selectors what they
// would choose, and how long that would take, if every link gave what it is
// asked for.
func (p *Plan) Estimate() Estimate {
	e := Estimate{
		Conditions: len(p.Conditions),
		Trials:     len(p.Trials),
		Duration:   start,
	}
	opts := p.options()
	for _, opt := range opts {
		e.Duration += perModel + profileRuns*opt.Infer + profileLoads*(opt.Load+loading.TimeToSend(opt.Size))
	}
	e.Duration += p.calibrating(opts)
	for _, c := range p.Conditions {
		one := p.trial(c, opts)
		n := p.Scenario.Repetitions
		e.Requests += n * one.Requests
		e.Up += unit.Bytes(n) * one.Up
		e.Down += unit.Bytes(n) * one.Down
		e.Duration += time.Duration(n) * one.Duration
	}
	if p.Scenario.World == inSim {
		e.Duration = start + time.Duration(e.Requests)*simulating
	}
	return e
}

// trial estimates one trial of a condition.
func (p *Plan) trial(c Condition, opts []selector.Option) Estimate {
	e := Estimate{Duration: perTrial}
	pairs := c.Warmup + c.Requests
	var held []string
	if c.Residency == "warm" {
		for _, opt := range opts {
			held = append(held, opt.Model)
		}
	}
	for _, arm := range p.Scenario.Selectors {
		s := guessed(arm)
		first := p.request(s, c, opts, held)
		then := first
		if c.Residency == "first" {
			then = p.request(s, c, opts, []string{first.model})
		}
		e.Requests += pairs
		e.Up += unit.Bytes(pairs*c.Batch) * p.imageSize()
		e.Down += first.fetched + unit.Bytes(pairs-1)*then.fetched
		e.Duration += first.took + time.Duration(pairs-1)*then.took
	}
	p.judging(&e, c, opts, held)
	return e
}

// judging adds what the oracle costs: every option, every so many pairs.
func (p *Plan) judging(e *Estimate, c Condition, opts []selector.Option, held []string) {
	if p.Scenario.Judge.Every == 0 {
		return
	}
	n := (c.Requests + p.Scenario.Judge.Every - 1) / p.Scenario.Judge.Every
	n *= max(1, p.optionCount()/len(opts)) // those of other nodes count as those of the first
	for _, opt := range opts {
		first := p.request(only{}, c, []selector.Option{opt}, held)
		then := first
		if c.Residency == "first" {
			then = p.request(only{}, c, []selector.Option{opt}, []string{opt.Model})
		}
		e.Up += unit.Bytes(n*c.Batch) * p.imageSize()
		e.Down += first.fetched + unit.Bytes(n-1)*then.fetched
		e.Duration += first.took + time.Duration(n-1)*then.took
	}
}

// optionCount is how many options a run makes.
func (p *Plan) optionCount() (n int) {
	for _, place := range p.Scenario.Placements {
		n += len(p.Scenario.Models)
		if place == string(selector.Cascade) {
			n-- // the most accurate model is asked last
		}
	}
	return n
}

// calibrating is how long it takes to measure what two models answer together.
func (p *Plan) calibrating(opts []selector.Option) (t time.Duration) {
	if !slices.ContainsFunc(p.Scenario.Placements, func(place string) bool { return place == string(selector.Cascade) || place == string(selector.Hedged) }) {
		return 0
	}
	for _, opt := range opts {
		t += time.Duration(p.Scenario.Cascade.Images) * (opt.Infer + perRequest/5)
	}
	return t
}

// guessed is a selector that chooses as an arm would, roughly: somebody else's
// as the policy that stands in for it.
func guessed(arm Selector) selector.Selector {
	c := arm.Config
	if arm.Policy == ExecPolicy || arm.Policy == HTTPPolicy {
		c.Policy = "advanced"
	}
	s, err := selector.New(c)
	if err != nil {
		return only{}
	}
	return s
}

// only is a selector that takes the first option, and predicts.
type only struct{}

func (only) Name() string           { return "only" }
func (only) Learn(selector.Outcome) {}
func (only) Select(o selector.Observation, opts []selector.Option) selector.Decision {
	s, _ := selector.New(selector.Config{Policy: "greedy"})
	return s.Select(o, opts[:1])
}

// A guess is how one request would go.
type guess struct {
	model   string
	fetched unit.Bytes
	took    time.Duration
}

// request guesses how a request of a selector would go on a node that holds
// the models of held, opened.
func (p *Plan) request(s selector.Selector, c Condition, opts []selector.Option, held []string) guess {
	node := p.Scenario.Nodes[0].Name // the one that is judged
	l := c.Links[p.Scenario.LinkOf(node)]
	rtt := l.Down.Delay + l.Up.Delay
	up, back, near := goodput(l.Down), goodput(l.Up), rtt
	if p.Scenario.Control.Beside != "" && p.Scenario.LinkOf(p.Scenario.Control.Beside) == p.Scenario.LinkOf(node) {
		up, back, near = 0, 0, 0
	}
	d := s.Select(selector.Observation{
		Upload: p.imageSize(), Download: answerSize, Batch: c.Batch,
		Devices: []selector.Device{{
			Name: node, Down: goodput(l.Down), Up: up, Back: back, RTT: near, FetchRTT: rtt,
			Utilization: c.Background[node].CPU.Mean(), Held: held, Loaded: held,
		}},
	}, opts)
	g := guess{model: opts[d.Choice].Model, took: d.Candidates[d.Choice].Total + c.Think + perRequest}
	if !slices.Contains(held, g.model) {
		g.fetched = opts[d.Choice].Size
	}
	return g
}

// goodput is what TCP makes of a link: 1448 bytes of payload in frames of
// 1514. It is 0 for a link without limit.
func goodput(l emulator.Link) unit.BitRate {
	return unit.BitRate(float64(l.MeanRate()) * 1448 / 1514)
}

// options are the models as a profile on the assumed machine would have them.
// A model of which nothing is known here, from a file or of the store, counts
// as the largest built-in one.
func (p *Plan) options() []selector.Option {
	all := model.Builtin()
	largest := all[len(all)-1]
	var opts []selector.Option
	for _, m := range p.Scenario.Models {
		known, err := model.Lookup(m.Name)
		if e, ok := model.Known(m.Name); ok && err != nil {
			known, err = e.Model(e.Default()), nil
			known.Bytes = e.WeightBytes
		}
		if m.File != "" || err != nil {
			known = largest
			known.Accuracy = m.Accuracy
		}
		opts = append(opts, selector.Option{
			Model: m.Name, Node: p.Scenario.Nodes[0].Name, Accuracy: known.Accuracy, Size: unit.Bytes(known.Bytes),
			Load: opening, Infer: overhead + time.Duration(float64(known.MACs)/macsPerSecond*float64(time.Second)),
		})
	}
	return opts
}
