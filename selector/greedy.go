package selector

import "fmt"

// A greedy selector takes the most accurate option, whatever it costs: the
// baseline. Among equally accurate ones it takes the one predicted to be
// faster, then the first. It predicts as advanced does, for the record.
type greedy struct {
	slowdown slowdown
}

func (g *greedy) Name() string { return "greedy" }

func (g *greedy) Learn(o Outcome) { g.slowdown.learn(o) }

func (g *greedy) Select(o Observation, opts []Option) Decision {
	d := Decision{Candidates: predict(o, opts, g.slowdown.at(o.Utilization))}
	d.Choice = mostAccurate(opts, d.Candidates)
	chosen := opts[d.Choice]
	d.Reason = fmt.Sprintf("%s is the most accurate of %d, %s", chosen.Model, len(opts), percent(chosen.Accuracy))
	return d
}

// predict makes a Candidate of each option.
func predict(o Observation, opts []Option, slowdown float64) []Candidate {
	cs := make([]Candidate, len(opts))
	for i, opt := range opts {
		p := Expected(o, opt, slowdown)
		cs[i] = Candidate{Model: opt.Model, Node: opt.Node, Predicted: p, Total: p.Total()}
	}
	return cs
}

// mostAccurate is the index of the most accurate option that is not excluded;
// of equals the one with the least total, then the first. It is -1 if all are
// excluded.
func mostAccurate(opts []Option, cs []Candidate) int {
	best := -1
	for i := range opts {
		switch {
		case cs[i].Excluded != "":
		case best < 0, opts[i].Accuracy > opts[best].Accuracy,
			opts[i].Accuracy == opts[best].Accuracy && cs[i].Total < cs[best].Total:
			best = i
		}
	}
	return best
}
