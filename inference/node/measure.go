package node

import (
	"context"
	"fmt"
	"time"
)

// MeasureArgs asks an inference node for one visit of a setting: Loads sessions
// of a model are opened, and the last one, or that which an earlier visit kept,
// is run. What is asked of the runtime is the node's own where it is zero here.
type MeasureArgs struct {
	Model                  string
	Threads                int
	Provider, Optimization string

	// Cached opens sessions of the optimised model, which is made and kept
	// before, without being measured.
	Cached bool

	// Cold has the file, that of the optimised model if Cached, dropped from
	// the system's file cache before each opening.
	Cold bool

	Loads int // sessions to open, each closed before the next; 0: use the one that was kept, if there is one

	// Runs are measured, and more until they have taken Least. Before them the
	// model is run for Warm, and at least once, which is not. Before each the
	// node does nothing for Pause, as it waits for requests: its caches are then
	// those of somebody else, and its clock lower.
	Runs               int
	Least, Warm, Pause time.Duration
	Image              []byte // to run it on

	// Keep leaves the session open for later visits of the same setting, until
	// one without Keep or of another model.
	Keep bool
}

// Measured is what a visit found.
type Measured struct {
	Load []time.Duration // of each session that was opened

	// NotCold says why the file may have been in the cache though Cold was
	// asked for; empty: it was not there, or that was not asked for.
	NotCold string

	Preprocess, Infer []time.Duration // of each run

	// Others is the share, 0 to 1, of the node's CPUs that anybody but this
	// process used while it ran the model; -1 if that cannot be known here.
	Others float64

	// Bytes of this process in RAM: before the first session was opened (0 if
	// none was), after the runs, and closed again (0 if it was kept). 0 where
	// it cannot be known.
	RSSBefore, RSSLoaded, RSSAfter int64
}

// Measure visits a setting: it is what a profile is made of.
func (c *Client) Measure(ctx context.Context, args MeasureArgs) (Measured, error) {
	return call[Measured](ctx, c, "Measure", args)
}

// Measure visits a setting.
func (s *service) Measure(args MeasureArgs, m *Measured) (err error) {
	n := s.asInference()
	if n == nil {
		return errRole("measure", "an inference")
	}
	*m, err = n.measure(s.ctx, args)
	return err
}

// most are bounds of one visit, so that a node answers in reasonable time.
const (
	mostLoads = 1000
	mostRuns  = 1_000_000
	mostTime  = 10 * time.Minute
	mostPause = time.Second
)

func (a MeasureArgs) check() error {
	switch {
	case a.Loads < 0 || a.Loads > mostLoads:
		return fmt.Errorf("%d loads: want 0 to %d", a.Loads, mostLoads)
	case a.Runs < 0 || a.Runs > mostRuns:
		return fmt.Errorf("%d runs: want 0 to %d", a.Runs, mostRuns)
	case a.Least < 0 || a.Least > mostTime || a.Warm < 0 || a.Warm > mostTime:
		return fmt.Errorf("runs for %v after %v: want 0 to %v each", a.Least, a.Warm, mostTime)
	case a.Pause < 0 || a.Pause > mostPause:
		return fmt.Errorf("pauses of %v: want 0 to %v", a.Pause, mostPause)
	}
	return nil
}
