package runner

import (
	"context"
	"fmt"
	"time"

	"github.com/testbed/testbed/runner/record"
)

// telemetryEvery is the pace of telemetry.jsonl.
const telemetryEvery = time.Second

// pollEvery is how much of a virtual world's time passes before it is asked for
// its telemetry again, which is of every second all the same.
const pollEvery = 10 * time.Second

// telemetry begins to write the world's telemetry of the trial, until what it
// returns is called, which writes the last of it: a trial of any length has
// some. A virtual world is asked between pairs; what it did in a trial that was
// cut short is not written, as it will be when the trial is carried out again.
func (t *trial) telemetry(ctx context.Context) (stop func(cut bool) error) {
	// What came before the first request (probes, settling) is not the trial's.
	_, _ = t.world.Telemetry(ctx)
	if _, ok := t.world.(Virtual); ok {
		return func(cut bool) error {
			if cut {
				return nil
			}
			return t.sample(ctx)
		}
	}
	tick := t.tick(ctx)
	return func(bool) error { return tick.stop() }
}

// poll asks a virtual world for telemetry, where it is time to.
func (t *trial) poll(ctx context.Context) error {
	if _, ok := t.world.(Virtual); !ok || t.world.Now() < t.polled+max(pollEvery, t.plan.Scenario.Record.Telemetry) {
		return nil
	}
	t.polled = t.world.Now()
	return t.sample(ctx)
}

// A ticker writes telemetry down until it is stopped.
type ticker struct {
	cancel context.CancelFunc
	ended  chan error
}

// tick writes telemetry down once a second.
func (tr *trial) tick(ctx context.Context) *ticker {
	inner, cancel := context.WithCancel(ctx)
	t := &ticker{cancel: cancel, ended: make(chan error, 1)}
	go func() {
		every := time.NewTicker(telemetryEvery)
		defer every.Stop()
		for {
			select {
			case <-every.C:
				if err := tr.sample(inner); err != nil {
					t.ended <- err
					return
				}
			case <-inner.Done():
				t.ended <- tr.sample(context.WithoutCancel(ctx))
				return
			}
		}
	}()
	return t
}

func (t *trial) sample(ctx context.Context) error {
	samples, err := t.world.Telemetry(ctx)
	if err != nil {
		return err
	}
	for _, s := range samples {
		s.Condition, s.Repetition = t.condition.ID, t.Repetition
		if err := t.out.Telemetry(s); err != nil {
			return err
		}
		if err := t.punctual(s); err != nil {
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
	if s.Loaded() {
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
