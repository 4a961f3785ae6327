package selector

import (
	"fmt"
	"math/rand/v2"
)

// A static selector takes one option, always.
type static struct {
	name, option string
	predictor
	among identity
	found int // find of them
}

func (s *static) Name() string { return s.name }

func (s *static) Select(o Observation, opts []Option) Decision {
	cs := s.predict(o, opts)
	if s.among.changed(opts) {
		s.found = find(opts, s.option)
	}
	d := Decision{Choice: s.found, Candidates: cs, Reason: "it is always " + s.option}
	if d.Choice < 0 {
		d.Choice = mostAccurate(opts, s.values)
		d.Failed = fmt.Sprintf("there is no option %s", s.option)
		d.Reason = cs[d.Choice].Option + " is the most accurate"
	}
	s.decided(opts[d.Choice], cs[d.Choice])
	return d
}

// find is the option of that label, or else the first of that model alone; -1
// if there is none.
func find(opts []Option, name string) int {
	for i := range opts {
		if opts[i].Label() == name {
			return i
		}
	}
	for i := range opts {
		if opts[i].Model == name && opts[i].Second == nil {
			return i
		}
	}
	return -1
}

// A fastest selector takes the option that it predicts to answer first,
// however accurate: what latency can be had at best, and what that costs.
type fastest struct {
	name string
	predictor
}

func (f *fastest) Name() string { return f.name }

func (f *fastest) Select(o Observation, opts []Option) Decision {
	cs := f.predict(o, opts)
	choice := least(f.values, nil)
	f.decided(opts[choice], cs[choice])
	return Decision{Choice: choice, Candidates: cs,
		Reason: fmt.Sprintf("%s is predicted to be the fastest of %d, at %s", cs[choice].Option, len(opts), milliseconds(clamp(f.values[choice])))}
}

// least is the index of the least of values among in, or among all if in is
// nil; of equals the first.
func least(values []float64, in []int) int {
	if in == nil {
		best := 0
		for i := range values {
			if values[i] < values[best] {
				best = i
			}
		}
		return best
	}
	best := in[0]
	for _, i := range in {
		if values[i] < values[best] {
			best = i
		}
	}
	return best
}

// A random selector takes any option that the budget allows, each as likely as
// the others.
type random struct {
	name string
	predictor
	allowance
	rng *rand.Rand
}

func (r *random) Name() string { return r.name }

func (r *random) Select(o Observation, opts []Option) Decision {
	cs := r.predict(o, opts)
	in, _ := r.within(opts, cs)
	choice := in[r.rng.IntN(len(in))]
	r.decided(opts[choice], cs[choice])
	return Decision{Choice: choice, Candidates: cs,
		Reason: fmt.Sprintf("%s was drawn from the %d of %d options that the budget allows", cs[choice].Option, len(in), len(opts))}
}
