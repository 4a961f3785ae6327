//go:build linux

package calibrate

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/netns"
)

// Run measures. progress, which may be nil, is told how much is done, in steps
// of about a millisecond each, and what is next. If ctx ends, the rows that
// were measured until then are returned with its error.
//
// A part that fails, because nothing arrives at all, is a row of its own that
// is off, and the next one is measured. Only the end of a world ends it all.
//
// The program must call netns.Main with Node for nodes whose first argument is
// NodeArg.
func Run(ctx context.Context, o Options, progress func(done, total int, what string)) (*Report, error) {
	report := &Report{}
	engines, err := o.engines(report)
	if err != nil {
		return report, err
	}
	if err := o.check(); err != nil {
		return report, err
	}
	if progress == nil {
		progress = func(int, int, string) {}
	}
	parts, cost := o.parts(), 0
	for _, p := range parts {
		cost += p.cost(o.Quick)
	}
	done, total := 0, cost*len(engines)*len(o.loads())
	for _, engine := range engines {
		err := o.measure(ctx, report, engine, parts, func(p part, load string) {
			progress(done, total, fmt.Sprintf("%s, %s: %s", engine, load, p.name))
			done += p.cost(o.Quick)
		})
		if err != nil {
			return report, err
		}
	}
	progress(total, total, "done")
	return report, nil
}

// check refuses options that name what there is not.
func (o Options) check() error {
	for _, load := range o.Loads {
		if load != Idle && load != Busy {
			return fmt.Errorf("load %q: want %s or %s", load, Idle, Busy)
		}
	}
	for _, name := range o.Only {
		if !slices.Contains(Parts(), name) {
			return fmt.Errorf("part %q: want one of %v", name, Parts())
		}
	}
	return nil
}

func (o Options) loads() []string {
	if len(o.Loads) == 0 {
		return []string{Idle, Busy}
	}
	return o.Loads
}

// engines returns those that are to be measured. One that was not asked for by
// name and is not here is missing.
func (o Options) engines(report *Report) ([]string, error) {
	needs := map[string][]string{"relay": {"relay"}, "tc": {"ingress", "htb"}}
	var found []string
	asked := o.Engines
	if len(asked) == 0 {
		asked = []string{"relay", "tc"}
	}
	for _, engine := range asked {
		features, ok := needs[engine]
		if !ok {
			return nil, fmt.Errorf("engine %q: want relay or tc", engine)
		}
		if err := probe(features); err == nil {
			found = append(found, engine)
		} else if len(o.Engines) > 0 || !errors.Is(err, emulator.ErrUnsupported) {
			return nil, fmt.Errorf("engine %s: %w", engine, err)
		} else {
			report.Missing = append(report.Missing, fmt.Sprintf("engine %s: %v", engine, err))
		}
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("no engine: %v: %w", report.Missing, emulator.ErrUnsupported)
	}
	return found, nil
}

func probe(features []string) error {
	for _, f := range append([]string{"netns", "veth"}, features...) {
		if err := netns.Probe(f); err != nil {
			return err
		}
	}
	return nil
}

// measure carries out all parts with one engine.
func (o Options) measure(ctx context.Context, report *Report, engine string, parts []part, begin func(part, string)) (err error) {
	b, err := openBench(ctx, engine, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	for _, load := range o.loads() {
		if err := b.setLoad(load); err != nil {
			return err
		}
		for _, p := range parts {
			if err := context.Cause(ctx); err != nil {
				return err
			}
			begin(p, load)
			rows, err := p.measure(ctx, b)
			report.Rows = append(report.Rows, rows...)
			switch {
			case errors.Is(err, emulator.ErrUnsupported):
				report.Missing = append(report.Missing, fmt.Sprintf("%s, %s, %s: %v", p.name, engine, load, err))
			case err != nil && ctx.Err() != nil:
				return context.Cause(ctx)
			case err != nil && b.world.Err() != nil:
				return fmt.Errorf("%s, %s, %s: %w", p.name, engine, load, err)
			case err != nil:
				report.Rows = append(report.Rows, b.failed(p, err))
			}
		}
	}
	return nil
}
