package profiling

import (
	"context"
	"fmt"

	"github.com/testbed/testbed/inference/node"
)

// A kind is a way to open a session.
type kind struct {
	cold   bool // the file is not in the system's file cache
	cached bool // of the optimised model
}

// kinds are all ways. Between openings they take turns.
var kinds = [...]kind{{}, {cold: true}, {cached: true}, {cold: true, cached: true}}

// memoryRuns are enough for a session to have allocated what it runs in.
const memoryRuns = 3

// openings opens sessions of every kind on an idle node, with the most threads.
// The first, of which no other was open before, tells the memory.
func (r *run) openings(ctx context.Context, found *measurement, image []byte) error {
	m, o := found.model, r.options
	if r.load != 0 {
		if err := r.node.SetLoad(ctx, 0); err != nil {
			return err
		}
		r.load = 0
	}
	for range o.Opens {
		for _, k := range kinds {
			r.tell(0, m, setting{})
			args := node.MeasureArgs{Model: m.Name, Threads: o.Threads[len(o.Threads)-1], Image: image,
				Loads: 1, Cold: k.cold, Cached: k.cached}
			if k == (kind{}) {
				args.Runs = memoryRuns
			}
			got, err := r.node.Measure(ctx, args)
			if err == nil && len(got.Load) == 0 {
				err = fmt.Errorf("no session was opened")
			}
			if err != nil {
				return err
			}
			if got.NotCold != "" && k.cold {
				found.notCold = got.NotCold
			}
			found.loads[k] = append(found.loads[k], got)
			r.tell(openCost(m), m, setting{})
		}
	}
	return nil
}
