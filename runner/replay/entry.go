package replay

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/testbed/testbed/runner"
	"github.com/testbed/testbed/runner/record"
	"github.com/testbed/testbed/scenarios"
	"github.com/testbed/testbed/selector"
)

// An entry is a trial that is looked at.
type entry struct {
	*Look
	scenarios.Trial
	*recorded
	condition scenarios.Condition
	entered   bool // the World is that of the trial
	found     *Found
}

// A chooser is a selector that is asked about a trial.
type chooser struct {
	selector.Selector
	name    string
	ends    bool // a decision that failed ends it all
	options []selector.Option
	index   []int // where these are in Header.Profile
	seq     uint64
	held    map[[2]string]bool // node and model
}

// ask asks a selector about every pair of the trial.
func (e *entry) ask(ctx context.Context, s scenarios.Selector) error {
	a, err := e.chooser(s)
	if err != nil {
		return err
	}
	for i := range e.First {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := e.pair(ctx, a, i); err != nil {
			return err
		}
	}
	return nil
}

// chooser makes a selector as a run would for this trial.
func (e *entry) chooser(s scenarios.Selector) (*chooser, error) {
	a := &chooser{name: s.Name, ends: s.Fallback == scenarios.EndRun, held: map[[2]string]bool{}}
	a.index, a.options = runner.Allowed(s, e.condition, e.Run.Header.Profile)
	if e.condition.Residency == "warm" {
		for _, o := range a.options {
			a.hold(o)
		}
	}
	c := s.Config
	c.Curves = e.Run.Header.Slowdown
	c.Seed = rand.New(rand.NewPCG(s.Seed, e.Seeds.Order)).Uint64()
	var err error
	if e.Selector != nil {
		a.Selector, err = e.Selector(s, c, runner.Trial{Condition: e.condition.ID, Repetition: e.Repetition}, a.options)
	} else {
		a.Selector, err = selector.New(c)
	}
	return a, err
}

// pair asks about one pair: number i of the trial, warm-ups included.
func (e *entry) pair(ctx context.Context, a *chooser, i int) error {
	pair := i - e.condition.Warmup
	base, ok := e.anyones(pair)
	if !ok {
		return nil // the run had ended
	}
	obs, ok := e.observed(a, pair)
	if !ok {
		e.count(pair, "")
		return nil
	}
	d := a.Select(obs, a.options)
	switch {
	case d.Failed != "" && a.ends:
		return fmt.Errorf("%s; its fallback is to %s the run", d.Failed, scenarios.EndRun)
	case d.Choice < 0 || d.Choice >= len(a.options):
		return fmt.Errorf("chose option %d of %d", d.Choice, len(a.options))
	}
	chosen := a.options[d.Choice]
	req, out, from, err := e.outcome(ctx, a, i, d.Choice, obs, base)
	if err != nil {
		return err
	}
	e.count(pair, from)
	if e.condition.Residency != "cold" {
		a.hold(chosen)
	}
	if from == "" {
		return nil
	}
	out.Seq, out.Option = obs.Seq, chosen
	a.Learn(out)
	req.Condition, req.Arm, req.Repetition, req.Pair, req.Warmup, req.First = e.condition.ID, a.name, e.Repetition, pair, pair < 0, false
	if err := e.Writer.Decision(record.Decision{Condition: req.Condition, Arm: a.name, Repetition: req.Repetition, Pair: pair,
		Observed: obs, Decision: d, Outcome: req.Phases, From: from}); err != nil {
		return err
	}
	return e.Writer.Request(req)
}

// count counts a decision by where its outcome is from; empty: nowhere.
func (e *entry) count(pair int, from string) {
	switch {
	case pair < 0:
	case from == record.FromRecord:
		e.found.Recorded++
	case from == record.FromSim:
		e.found.Simulated++
	default:
		e.found.Missing++
		e.found.Where[e.condition.ID]++
	}
}

// anyones is a request of the pair: that of the first arm that has one.
func (e *entry) anyones(pair int) (record.Request, bool) {
	for _, arm := range e.Run.Header.Arms {
		if i, ok := e.at[armPair{arm, pair}]; ok {
			return e.requests[i], true
		}
	}
	return record.Request{}, false
}

// observed is what a selector sees before a pair: of each node of its options
// what the first arm saw that knew it, and the models that the node would hold
// for it. ok is false if nobody's decision tells all of that.
func (e *entry) observed(a *chooser, pair int) (obs selector.Observation, ok bool) {
	seen := map[string]selector.Device{}
	for _, arm := range e.Run.Header.Arms {
		d, known := e.decisions[armPair{arm, pair}]
		if known && !ok {
			obs, ok = d.Observed, true
		}
		for _, device := range d.Observed.Devices {
			if _, twice := seen[device.Name]; !twice {
				seen[device.Name] = device
			}
		}
	}
	obs.Seq, obs.Devices = a.seq, nil
	a.seq++
	for _, name := range a.nodes() {
		d, known := seen[name]
		ok = ok && known
		if e.condition.Residency == "first" {
			d.Held = a.models(name)
			d.Loaded = d.Held
		}
		obs.Devices = append(obs.Devices, d)
	}
	return obs, ok
}

// nodes are those that the options use, in their order.
func (a *chooser) nodes() (names []string) {
	for _, o := range a.options {
		for _, p := range parts(o) {
			if !slices.Contains(names, p.Node) {
				names = append(names, p.Node)
			}
		}
	}
	return names
}

// parts are the options of one model that o is made of.
func parts(o selector.Option) []selector.Option {
	if o.Second == nil {
		return []selector.Option{o}
	}
	return []selector.Option{o, *o.Second}
}

// hold has the nodes of an option hold its models.
func (a *chooser) hold(o selector.Option) {
	for _, p := range parts(o) {
		a.held[[2]string{p.Node, p.Model}] = true
	}
}

// holds says whether the nodes of an option hold its models.
func (a *chooser) holds(o selector.Option) bool {
	return !slices.ContainsFunc(parts(o), func(p selector.Option) bool { return !a.held[[2]string{p.Node, p.Model}] })
}

// models are those that a node holds, in the order of the options.
func (a *chooser) models(node string) (models []string) {
	for _, o := range a.options {
		for _, p := range parts(o) {
			if p.Node == node && a.held[[2]string{node, p.Model}] && !slices.Contains(models, p.Model) {
				models = append(models, p.Model)
			}
		}
	}
	return models
}
