package runner

import (
	"context"
	"time"
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
	}
	return nil
}

// stop writes the last sample and returns the first error there was.
func (t *ticker) stop() error {
	t.cancel()
	return <-t.ended
}
