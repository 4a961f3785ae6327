package profiling

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/testbed/testbed/inference/model"
	"github.com/testbed/testbed/inference/node"
)

// How a visit goes.
const (
	settle = 200 * time.Millisecond // after the load has changed
	warm   = 100 * time.Millisecond // of runs that do not count
	least  = 300 * time.Millisecond // of runs that do: many periods of the background load
)

// A setting is what a visit is of.
type setting struct {
	threads int
	load    float64
}

// A measurement is all that was found of a model.
type measurement struct {
	model   model.Model
	loads   map[kind][]node.Measured
	visits  map[setting][]node.Measured
	notCold string // why openings may not have been cold; empty: they were
}

// A run is a Run under way.
type run struct {
	node     Node
	options  Options
	progress func(done, total int, what string)
	load     float64 // that the node has; below 0: not set yet

	done, total float64 // milliseconds
	measured    []measurement
}

// model measures one model.
func (r *run) model(ctx context.Context, index int, m model.Model) error {
	image, err := r.options.Image(m)
	if err != nil {
		return err
	}
	found := measurement{model: m, loads: map[kind][]node.Measured{}, visits: map[setting][]node.Measured{}}
	if err := r.openings(ctx, &found, image); err != nil {
		return err
	}
	rng := rand.New(rand.NewPCG(r.options.Seed, uint64(index)))
	for range r.options.Rounds {
		if err := r.round(ctx, &found, image, r.options.settings(rng)); err != nil {
			return err
		}
	}
	for range (r.options.Rounds + 1) / 2 {
		again := slices.DeleteFunc(r.options.settings(rng), func(s setting) bool { return found.enough(s, r.options.Rounds) })
		r.total += float64(len(again)) * r.options.visitCost(m)
		if err := r.round(ctx, &found, image, again); err != nil {
			return err
		}
	}
	r.measured = append(r.measured, found)
	return nil
}

// settings are all settings in the order of a round: loads are shuffled, and
// within each the numbers of threads.
func (o Options) settings(rng *rand.Rand) []setting {
	loads := append([]float64{}, o.Loads...)
	if o.HoldOut {
		loads = append(loads, o.heldOut()...)
	}
	rng.Shuffle(len(loads), func(i, k int) { loads[i], loads[k] = loads[k], loads[i] })
	var all []setting
	for _, load := range loads {
		for _, i := range rng.Perm(len(o.Threads)) {
			all = append(all, setting{o.Threads[i], load})
		}
	}
	return all
}

// round visits settings.
func (r *run) round(ctx context.Context, found *measurement, image []byte, settings []setting) error {
	for _, s := range settings {
		got, err := r.visit(ctx, found.model, image, s)
		if err != nil {
			return fmt.Errorf("%d threads, background CPU %.0f %%: %w", s.threads, 100*s.load, err)
		}
		found.visits[s] = append(found.visits[s], got)
	}
	return nil
}

// visit sets the load, unless it is set, and measures.
func (r *run) visit(ctx context.Context, m model.Model, image []byte, s setting) (node.Measured, error) {
	r.tell(0, m, s)
	if r.load != s.load {
		if err := r.node.SetLoad(ctx, s.load); err != nil {
			return node.Measured{}, err
		}
		r.load = s.load
		if err := sleep(ctx, settle); err != nil {
			return node.Measured{}, err
		}
	}
	got, err := r.node.Measure(ctx, node.MeasureArgs{
		Model: m.Name, Threads: s.threads, Image: image, Keep: true,
		Runs: r.options.runs(), Least: least, Warm: warm, Pause: r.options.Pause,
	})
	if err == nil && len(got.Infer) == 0 {
		err = fmt.Errorf("no run was measured of %d", r.options.runs())
	}
	r.tell(r.options.visitCost(m), m, s)
	return got, err
}

// runs is how many a visit makes, so that all rounds make enough.
func (o Options) runs() int { return (o.Runs + o.Rounds - 1) / o.Rounds }

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// tell says that so many milliseconds of work are done, and what goes on.
func (r *run) tell(ms float64, m model.Model, s setting) {
	r.done += ms
	if r.progress == nil {
		return
	}
	what := fmt.Sprintf("%s, %d threads, background %.0f %%", m.Name, s.threads, 100*s.load)
	if s.threads == 0 {
		what = m.Name + ", opening sessions"
	}
	r.progress(int(min(r.done, r.total)), int(r.total), what)
}

// The expected speed of an unknown device, to tell how much of the work is done:
// what is wrong about it is made good by the time that it took so far.
const macsEachMs = 30e6

// inferCost guesses how many milliseconds an inference takes. Weights are used
// some twenty times each in the usual networks, where MACs are not known.
func inferCost(m model.Model) float64 {
	macs := float64(m.MACs)
	if macs == 0 {
		macs = 20 * float64(m.Bytes) / 4
	}
	return macs / macsEachMs
}

func (o Options) visitCost(m model.Model) float64 {
	const settles = 0.5 // a visit: the load changes once for several
	runs := max(float64(o.runs())*(inferCost(m)+ms(o.Pause)), ms(least))
	return settles*ms(settle) + max(ms(warm), inferCost(m)) + runs
}

// openCost guesses how many milliseconds it takes to open a session: some for
// each megabyte of weights.
func openCost(m model.Model) float64 { return 20 + 6*float64(m.Bytes)/1e6 }

func (o Options) cost(m model.Model) float64 {
	visits := o.Rounds * len(o.Threads) * len(o.Loads)
	if o.HoldOut {
		visits += o.Rounds * len(o.Threads) * len(o.heldOut())
	}
	return float64(o.Opens*len(kinds))*openCost(m) + float64(visits)*o.visitCost(m)
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
