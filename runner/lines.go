package runner

import (
	"time"

	"github.com/testbed/testbed/runner/record"
)

// lines are where a trial writes down what happens.
type lines interface {
	Request(record.Request) error
	Decision(record.Decision) error
	Telemetry(record.Telemetry) error
	Check(record.Check) error
	Replay(record.Replay) error

	// spill is called between pairs: what is held may be written.
	spill() error
	// Sync is called when the trial has ended.
	Sync() error
}

// direct writes each line at once.
type direct struct{ *record.Writer }

func (direct) spill() error { return nil }

// most is what a trial holds of its lines, in bytes, before it waits for its
// turn to write them.
const most = 4 << 20

// A block holds the lines of a trial that is carried out beside others, and
// writes them in its turn. A trial that an earlier session left half done is
// carried out from its beginning: lines that the directory has are left out, and
// as a virtual world does the same again, the others go on where they ended.
type block struct {
	record.Block
	writer *record.Writer
	turn   turn
	has    map[any]bool // lines of the trial that the directory has
}

func (b *block) Request(r record.Request) error {
	if b.has[requestKey{r.Arm, r.Pair}] {
		return nil
	}
	return b.Block.Request(r)
}

func (b *block) Decision(d record.Decision) error {
	if b.has[decisionKey{d.Arm, d.Pair}] {
		return nil
	}
	return b.Block.Decision(d)
}

func (b *block) Telemetry(t record.Telemetry) error {
	if b.has[telemetryKey{t.Node, t.From, t.At}] {
		return nil
	}
	return b.Block.Telemetry(t)
}

func (b *block) Check(c record.Check) error {
	if b.has[checkKey(c.Node)] {
		return nil
	}
	return b.Block.Check(c)
}

func (b *block) Replay(r record.Replay) error {
	if b.has[replayKey(r.Pair)] {
		return nil
	}
	return b.Block.Replay(r)
}

// spill writes what is held, once it is much. A pair is so written as a whole,
// and the last one with all that ends the trial.
func (b *block) spill() error {
	if b.Size() < most {
		return nil
	}
	if err := b.turn.wait(); err != nil {
		return err
	}
	return b.writer.Append(&b.Block)
}

// Sync leaves it to the end of the run: what a crash of the machine takes is
// simulated again.
func (b *block) Sync() error { return nil }

// What tells the lines of a trial apart.
type (
	requestKey struct {
		arm  string
		pair int
	}
	decisionKey  requestKey
	replayKey    int    // pair
	checkKey     string // node
	telemetryKey struct {
		node     string
		from, at time.Duration
	}
)

// linesOf are the lines of a trial that a session before this one wrote.
func linesOf(b record.Run, t trialKey) map[any]bool {
	has := map[any]bool{}
	for _, r := range b.Requests {
		if t == (trialKey{r.Condition, r.Repetition}) {
			has[requestKey{r.Arm, r.Pair}] = true
		}
	}
	for _, d := range b.Decisions {
		if t == (trialKey{d.Condition, d.Repetition}) {
			has[decisionKey{d.Arm, d.Pair}] = true
		}
	}
	for _, r := range b.Replays {
		if t == (trialKey{r.Condition, r.Repetition}) {
			has[replayKey(r.Pair)] = true
		}
	}
	for _, c := range b.Checks {
		if t == (trialKey{c.Condition, c.Repetition}) {
			has[checkKey(c.Node)] = true
		}
	}
	for _, e := range b.Telemetry {
		if t == (trialKey{e.Condition, e.Repetition}) {
			has[telemetryKey{e.Node, e.From, e.At}] = true
		}
	}
	return has
}
