// Package runner carries a plan through a world and writes down what happened.
package runner

import (
	"context"
	"time"

	"github.com/testbed/testbed/emulator/unit"
	"github.com/testbed/testbed/runner/record"
	"github.com/testbed/testbed/scenarios"
	"github.com/testbed/testbed/selector"
)

// A World is where trials happen: nodes, the links between them, and the load
// on them. Its methods are called from one goroutine, but for Do, and for
// Telemetry, which may be called at the same time as any other. Until the first
// Enter links are perfect, as far as they are the world's, and there is no load.
type World interface {
	// Profile measures every model on a node without background load and
	// with perfect links: one Option a model, in the order given. progress,
	// if not nil, is told after each model.
	Profile(ctx context.Context, node string, models []scenarios.Model, progress func(done int)) ([]selector.Option, error)

	// Enter makes the world of a condition: links and background load, from
	// a state that does not depend on earlier trials. For each node it then
	// measures the links by probes over the emulated network.
	Enter(ctx context.Context, c scenarios.Condition, seed uint64) ([]record.Check, error)

	// Rewind sets links and loads of the condition that vary over time as
	// they stood this long after the trial's first request could be sent,
	// with empty queues; time goes on from there. It says whether it could:
	// the kernel's links and real ones cannot.
	Rewind(ctx context.Context, since time.Duration) (bool, error)

	// Prepare sets what a node holds for an arm before a request or trial:
	// nothing if models is empty, else open sessions of all of models.
	Prepare(ctx context.Context, node, arm string, models []string) error

	// Observe is what each of nodes could know before a request of an arm.
	Observe(ctx context.Context, nodes []string, arm string) ([]selector.Device, error)

	// Do sends one image from control to a node, which answers by a model.
	// A request that fails is a Result with Err set; the error is for a
	// world that is broken. Requests to several nodes may be under way at
	// the same time; those to one node follow each other. One whose context
	// ends is cut short, and may still be computed.
	Do(ctx context.Context, r Request) (Result, error)

	// Telemetry is what links and CPUs did since the last call.
	Telemetry(ctx context.Context) ([]record.Telemetry, error)

	// Leave ends the background load of the condition.
	Leave(ctx context.Context) error

	// Now is the world's monotonic clock.
	Now() time.Duration
}

// A Virtual is a World whose time is not ours: it passes only while its methods
// run, so that the same calls always give the same times. Its Telemetry is of
// every second of its own time, however seldom it is asked.
type Virtual interface {
	World

	// Wait lets time pass.
	Wait(d time.Duration)

	// Together runs parts at the same time, and returns when all have
	// returned. Parts may call Do, Wait and Now, and one at a time runs: what
	// they share needs no lock, and which of them runs next depends on the
	// world's time alone.
	Together(parts ...func())

	// Fork is a world of the same nodes in which nothing has happened yet, for
	// trials that are carried out beside each other. It is left when the
	// last reference to it is.
	Fork() Virtual
}

// A Request is one image for one model.
type Request struct {
	Node, Arm, Model string
	Image            []byte        // an image file
	Sample           string        // which image of the dataset it is, and
	Label            int           // what it shows: for worlds that make answers up
	Timeout          time.Duration // positive
}

// A Result is how a Request went. The times are of World.Now.
type Result struct {
	Sent, Done time.Duration
	Phases     selector.Phases // add up to Done - Sent
	Up, Down   unit.Bytes
	Fetched    unit.Bytes // of the model, if it had to be fetched
	Prediction int        // -1 if there is none
	Confidence float64    // largest softmax of the answer, 0 to 1; 0 if the node does not tell
	Err        string     // empty if it went well
}
