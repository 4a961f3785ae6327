package stats

import "github.com/testbed/testbed/selector"

// mostCompared is how many decisions of an arm a figure shows.
const mostCompared = 400

// leastDrawn is the time from which a phase is drawn, in milliseconds: those
// that are shorter are noise, and there are many.
const leastDrawn = 0.1

// Foretold is what an arm predicted against what it observed.
type Foretold struct {
	Arm       int // in Series.Arms
	Decisions int // that predicted something
	// Phases are observed (X) and predicted (Y) times in milliseconds, in
	// the order of PhaseNames, of decisions evenly among all; those of which
	// either is shorter than 0.1 ms are left out.
	Phases [len(PhaseNames)][]Point
}

type comparedPhases struct{ predicted, observed selector.Phases }

// foretold is that of each arm that predicts.
func (d *data) foretold() (out []Foretold) {
	for arm, k := range d.deciding {
		f := Foretold{Arm: arm, Decisions: k.foretold.n}
		kept := Evenly(k.foretold.kept, mostCompared)
		for _, c := range kept {
			predicted, observed := phaseList(c.predicted), phaseList(c.observed)
			for i := range PhaseNames {
				if x, y := millis(observed[i]), millis(predicted[i]); x >= leastDrawn && y >= leastDrawn {
					f.Phases[i] = append(f.Phases[i], Point{x, y})
				}
			}
		}
		if len(kept) > 0 {
			out = append(out, f)
		}
	}
	return out
}
