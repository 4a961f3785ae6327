package selector

import "strconv"

// A greedy selector takes the most accurate option, whatever it costs: the
// baseline. Among equally accurate ones, such as a model on several nodes, it
// chooses as advanced does, so that the two differ by the model alone.
type greedy struct {
	name string
	habitual
	among identity
	in    []int // the most accurate of them
}

func (g *greedy) Name() string { return g.name }

func (g *greedy) Select(o Observation, opts []Option) Decision {
	cs := g.predict(o, opts)
	if g.among.changed(opts) {
		g.filter(opts)
	}
	choice, _, _ := g.choose(opts, cs, g.values, g.in, g.ready(opts, g.last))
	g.use(choice)
	g.decided(opts[choice], cs[choice])
	return Decision{Choice: choice, Candidates: cs,
		Reason: cs[choice].Option + " is the most accurate of " + strconv.Itoa(len(opts)) + ", " + percent(opts[choice].Accuracy)}
}

// filter finds the most accurate options.
func (g *greedy) filter(opts []Option) {
	best := highest(opts)
	g.in = g.in[:0]
	for i := range opts {
		if opts[i].Accuracy >= best-rounding {
			g.in = append(g.in, i)
		}
	}
}
