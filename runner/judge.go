package runner

import (
	"context"
	"math/rand/v2"
	"slices"

	"github.com/testbed/testbed/inference/dataset"
	"github.com/testbed/testbed/runner/record"
	"github.com/testbed/testbed/selector"
)

// judge has every option answer the images of a pair, as the arms met them, in
// an order of its own, and writes down how each did and what the shadows would
// have chosen. The best of the options is the oracle.
func (t *trial) judge(ctx context.Context, pair int, samples []dataset.Sample) error {
	t.moment.judged = true
	line := record.Replay{Condition: t.condition.ID, Repetition: t.Repetition, Pair: pair, Sample: samples[0].ID}
	seqs, err := t.consult(ctx, samples, &line)
	if err != nil {
		return err
	}
	line.Options = make([]record.ReplayOption, len(t.options))
	answers := make([]answer, len(t.options))
	for _, i := range t.replayOrder(pair) {
		if !slices.Contains(t.oracle.index, i) {
			line.Options[i].Error = record.NotHere
			continue
		}
		a, err := t.replay(ctx, pair, t.options[i], samples)
		if err != nil {
			return err
		}
		answers[i] = a
		line.Options[i] = record.ReplayOption{Phases: a.phases, Measured: measured(a.phases, t.condition.Measure), Right: a.right(samples), Error: a.err}
	}
	line.Rewound = t.moment.turned
	for i, s := range t.shadows {
		s.Learn(answers[line.Shadows[i].Option].outcome(seqs[i]))
	}
	return t.out.Replay(line)
}

// replayOrder is the order in which options are replayed after a pair, by the
// trial's seed.
func (t *trial) replayOrder(pair int) []int {
	return rand.New(rand.NewPCG(t.Seeds.Order, replayStream+uint64(pair))).Perm(len(t.options))
}

// replayStream keeps these draws apart from others by the same seed.
const replayStream = 1 << 32

// replay has one option answer.
func (t *trial) replay(ctx context.Context, pair int, o selector.Option, samples []dataset.Sample) (answer, error) {
	if err := t.place(ctx, pair); err != nil {
		return answer{}, err
	}
	return t.send(ctx, t.oracle, o, samples)
}

// place puts the oracle where the arms were: in what its nodes hold, and in time.
func (t *trial) place(ctx context.Context, pair int) error {
	if err := t.reside(ctx, pair); err != nil {
		return err
	}
	_, err := t.meet(ctx, t.moment.again)
	return err
}

// reside has the nodes hold for the oracle what they would for an arm that chose
// right: nothing if each request is cold, all models if they are warm. Where
// the first is cold, it is all models but before the first pair of all.
func (t *trial) reside(ctx context.Context, pair int) error {
	switch {
	case t.condition.Residency == "cold":
		return t.empty(ctx)
	case t.condition.Residency == "warm":
		return nil
	case pair == 0 && t.condition.Warmup == 0:
		if t.oracle.empty {
			return nil
		}
		return t.prepare(ctx, t.oracle, false)
	case t.oracle.full:
		return nil
	}
	return t.prepare(ctx, t.oracle, true)
}

// consult asks the shadows, who see what the oracle's arm does. It returns the
// number of each one's decision.
func (t *trial) consult(ctx context.Context, samples []dataset.Sample, line *record.Replay) (seqs []uint64, err error) {
	if len(t.shadows) == 0 {
		return nil, nil
	}
	if err := t.place(ctx, line.Pair); err != nil {
		return nil, err
	}
	obs, err := t.observe(ctx, t.oracle, samples)
	if err != nil {
		return nil, err
	}
	obs.Now = t.moment.now()
	for _, s := range t.shadows {
		obs.Seq = s.seq
		s.seq++
		d, took, err := t.ask(s, s.only(obs))
		if err != nil {
			return nil, err
		}
		seqs = append(seqs, obs.Seq)
		line.Shadows = append(line.Shadows, record.ReplayShadow{Selector: s.name, Option: s.index[d.Choice], Took: took, Failed: d.Failed})
	}
	return seqs, nil
}

// only is what of an observation an arm may see: the nodes that its options use.
func (a *arm) only(obs selector.Observation) selector.Observation {
	var devices []selector.Device
	for _, name := range a.nodes {
		devices = append(devices, obs.Device(name))
	}
	obs.Devices = devices
	return obs
}
