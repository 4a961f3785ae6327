package runner

import (
	"errors"
	"fmt"

	"github.com/testbed/testbed/runner/record"
)

// errDecided ends a run that needs no more repetitions.
var errDecided = errors.New("the verdict is decided")

// ended is err, but nil of a run that was decided.
func ended(err error) error {
	if errors.Is(err, errDecided) {
		return nil
	}
	return err
}

// looks says before which trials of the plan the run is looked at: the first
// one of each repetition that may be left out, unless the directory has
// something of that repetition, for then the look before it said no.
func (r *run) looks() map[int]bool {
	stop, at := r.plan.Scenario.Stop, map[int]bool{}
	if stop == nil || r.o.Decided == nil {
		return at
	}
	begun := map[int]bool{}
	for t := range r.begun() {
		begun[t.repetition] = true
	}
	for i, t := range r.plan.Trials {
		if i > 0 && t.Repetition > r.plan.Trials[i-1].Repetition && t.Repetition >= stop.Least && !begun[t.Repetition] {
			at[i] = true
		}
	}
	return at
}

// look asks, after so many repetitions, whether the verdict is decided, and
// notes it in the header; errDecided if so.
func (r *run) look(repetitions int) error {
	decided, err := r.o.Decided()
	if err != nil {
		return fmt.Errorf("whether the verdict is decided after repetition %d: %w", repetitions, err)
	}
	if !decided {
		return nil
	}
	err = r.o.Writer.SetHeader(func(h *record.Header) { h.Stop = &record.Stop{Least: r.plan.Scenario.Stop.Least, Stopped: repetitions} })
	if err != nil {
		return err
	}
	return errDecided
}
