package selector

import (
	"fmt"
	"time"
)

// An infaas selector filters and then ranks, as INFaaS chooses among the
// variants of a model (Romero et al., USENIX ATC 2021, and the query front end
// of its source): of the options that are accurate enough and predicted within
// the deadline, one with an open session before one without; of those that are
// open the one that costs least to compute, of the others the one that takes
// least to load and infer together. The network is no part of its rank: there
// it joins machines of one data centre.
//
// Where nothing meets the deadline, it takes the one that is predicted to miss
// it by least.
type infaas struct {
	name string
	predictor
	allowance
	deadline time.Duration
	costs    []float64
	inTime   []int
}

func (s *infaas) Name() string { return s.name }

func (s *infaas) Select(o Observation, opts []Option) Decision {
	cs := s.predict(o, opts)
	in, _ := s.within(opts, cs)
	s.inTime = s.inTime[:0]
	for _, i := range in {
		if s.deadline == 0 || s.values[i] <= float64(s.deadline) {
			s.inTime = append(s.inTime, i)
		}
	}
	choice, reason := 0, ""
	if len(s.inTime) == 0 {
		choice = least(s.values, in)
		reason = fmt.Sprintf("no option meets the deadline %s: %s misses it by least", milliseconds(s.deadline), cs[choice].Option)
	} else {
		s.late(cs, in)
		choice, reason = s.rank(opts, cs)
	}
	s.decided(opts[choice], cs[choice])
	return Decision{Choice: choice, Candidates: cs, Reason: reason}
}

// late says of each of in that it misses the deadline.
func (s *infaas) late(cs []Candidate, in []int) {
	for _, i := range in {
		if s.deadline > 0 && s.values[i] > float64(s.deadline) {
			cs[i].Excluded = "predicted above the deadline " + milliseconds(s.deadline)
		}
	}
}

// rank takes the cheapest of those that are open, or the soonest to be open and
// done.
func (s *infaas) rank(opts []Option, cs []Candidate) (choice int, reason string) {
	s.costs = s.costs[:0]
	open := -1
	for i := range cs {
		p := cs[i].Predicted
		s.costs = append(s.costs, float64(p.Preprocess+p.Infer))
	}
	for _, i := range s.inTime {
		if s.open(&opts[i]) && (open < 0 || s.costs[i] < s.costs[open]) {
			open = i
		}
	}
	if open >= 0 {
		return open, fmt.Sprintf("%s is open and cheapest to compute, %s", cs[open].Option, milliseconds(clamp(s.costs[open])))
	}
	for i := range cs {
		s.costs[i] += float64(cs[i].Predicted.Fetch + cs[i].Predicted.Load)
	}
	choice = least(s.costs, s.inTime)
	return choice, fmt.Sprintf("none is open, and %s takes least to load and infer, %s", cs[choice].Option, milliseconds(clamp(s.costs[choice])))
}

// open says whether all of an option has open sessions.
func (s *infaas) open(opt *Option) bool {
	return s.node(opt.Node).loaded(opt.Model) && (opt.Second == nil || s.open(opt.Second))
}
