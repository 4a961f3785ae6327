package selector

import "fmt"

// A greedy selector takes the most accurate option, whatever it costs: the
// baseline. Among equally accurate ones, such as a model on several nodes, it
// chooses as advanced does, so that the two differ by the model alone.
type greedy struct {
	name string
	predictor
	habit
	in []int
}

func (g *greedy) Name() string { return g.name }

func (g *greedy) Learn(o Outcome) {
	g.predictor.Learn(o)
	if o.Failed {
		g.forget()
	}
}

func (g *greedy) Select(o Observation, opts []Option) Decision {
	cs := g.predict(o, opts)
	best := highest(opts)
	g.in = g.in[:0]
	for i := range opts {
		if opts[i].Accuracy >= best-rounding {
			g.in = append(g.in, i)
		}
	}
	choice, _, _ := g.choose(opts, cs, g.values, g.in, g.ready(opts, g.last))
	g.use(choice)
	g.decided(opts[choice], cs[choice])
	return Decision{Choice: choice, Candidates: cs,
		Reason: fmt.Sprintf("%s is the most accurate of %d, %s", cs[choice].Option, len(opts), percent(opts[choice].Accuracy))}
}
