package external

import (
	"fmt"
	"slices"

	"github.com/testbed/testbed/selector"
)

// A Trial is what a program is told of a trial when it begins.
type Trial struct {
	Condition  string
	Repetition int               // from 0
	Options    []selector.Option // that it may choose: those that Select will be given

	// Fallback decides where the program does not. Of what it has, the program
	// is told Budget, Curves and Seed.
	Fallback selector.Config
}

// Trial tells the program that a trial begins, and returns the selector for it;
// that of an earlier trial is not used any more. A program that cannot be told
// is no error, but its decisions fail. The error is that of the fallback.
func (p *Program) Trial(t Trial) (selector.Selector, error) {
	c := t.Fallback
	c.Name = p.c.Name
	if err := c.Check(t.Options); err != nil {
		return nil, err
	}
	fallback, err := selector.New(c)
	if err != nil {
		return nil, err
	}
	p.trial = newTrialMessage(t)
	p.next()
	return &remote{program: p, fallback: fallback, policy: c.Policy, labels: p.trial.labels()}, nil
}

// A remote is a Program in one trial.
type remote struct {
	program  *Program
	fallback selector.Selector
	policy   string // of the fallback
	labels   []string

	asked uint64 // id of the last select
	mine  bool   // its choice is the program's
}

func (r *remote) Name() string { return r.program.c.Name }

// Select asks the program. The fallback is asked each time, so that when it is
// needed it knows what there was to see.
func (r *remote) Select(o selector.Observation, opts []selector.Option) selector.Decision {
	d := r.fallback.Select(o, opts)
	a, err := r.program.ask(&selectMessage{Observation: o}, r.program.c.Timeout)
	r.asked = r.program.id
	var own selector.Decision
	if err == nil {
		own, err = a.decision(r.labels)
	}
	if r.mine = err == nil; r.mine {
		return own
	}
	d.Failed = oneLine(err.Error())
	d.Reason = fmt.Sprintf("instead of it %s: %s", r.policy, d.Reason)
	return d
}

// Learn tells the program how the request went, and begins it again if it has
// ended: that is not to delay a request.
func (r *remote) Learn(o selector.Outcome) {
	r.fallback.Learn(o)
	p := r.program
	if p.talk != nil && p.talk.broken() == nil {
		p.tell(r.outcome(o), r.asked)
	}
	p.mend()
}

// outcome is what the program is told of an Outcome.
func (r *remote) outcome(o selector.Outcome) *learnMessage {
	m := &learnMessage{
		Seq: o.Seq, Choice: slices.Index(r.labels, o.Option.Label()), Option: o.Option.Label(), Mine: r.mine,
		Failed: o.Failed, Total: o.Observed.Total(), Observed: o.Observed, Parts: []partMessage{},
	}
	for _, part := range o.Parts {
		m.Parts = append(m.Parts, partMessage{Option: part.Option.Label(), Images: part.Images, Observed: part.Observed, Unsure: part.Unsure})
	}
	return m
}
