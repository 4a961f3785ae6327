package runner

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/testbed/testbed/runner/record"
)

// telemetryEvery is the pace of telemetry.jsonl.
const telemetryEvery = time.Second

// A ticker writes telemetry down until it is stopped.
type ticker struct {
	cancel context.CancelFunc
	ended  chan error
}

// telemetry begins to write the world's telemetry of one trial, once a second
// and once more when it is stopped, so that a trial of any length has some.
func (r *run) telemetry(ctx context.Context, condition string, repetition int) *ticker {
	// What came before the first request (probes, settling) is not the trial's.
	_, _ = r.o.World.Telemetry(ctx)
	inner, cancel := context.WithCancel(ctx)
	t := &ticker{cancel: cancel, ended: make(chan error, 1)}
	go func() {
		every := time.NewTicker(telemetryEvery)
		defer every.Stop()
		for {
			select {
			case <-every.C:
				if err := r.sample(inner, condition, repetition); err != nil {
					t.ended <- err
					return
				}
			case <-inner.Done():
				t.ended <- r.sample(context.WithoutCancel(ctx), condition, repetition)
				return
			}
		}
	}()
	return t
}

func (r *run) sample(ctx context.Context, condition string, repetition int) error {
	samples, err := r.o.World.Telemetry(ctx)
	if err != nil {
		return err
	}
	for _, s := range samples {
		s.Condition, s.Repetition = condition, repetition
		if err := r.o.Writer.Telemetry(s); err != nil {
			return err
		}
		if err := r.punctual(s); err != nil {
			return err
		}
	}
	return nil
}

// punctual is an error if a link of a strict scenario was late: the run ends
// with the trial in which it was. Without strict the condition is invalid, and
// the run goes on.
func (r *run) punctual(s record.Telemetry) error {
	most := r.plan.Scenario.Tolerance.Lag
	if !r.plan.Scenario.Strict || most == 0 {
		return nil
	}
	loaded := func(l record.LoadSample) bool { return l.Asked > 0 }
	if s.CPUAsked > 0 || slices.ContainsFunc(s.Loads, loaded) {
		most *= 2
	}
	for _, l := range s.Links {
		if late := max(l.LagP99, l.StepsLateP99); late > most {
			return fmt.Errorf("strict: link %s %s: 1 %% of packets or steps were more than %v late, tolerance.lag is %v: "+
				"something else holds up what plays the links; give it a CPU of its own, or run as root", l.Of(s.Node), l.Direction, late.Round(time.Microsecond), most)
		}
	}
	return nil
}

// stop writes the last sample and returns the first error there was.
func (t *ticker) stop() error {
	t.cancel()
	return <-t.ended
}
