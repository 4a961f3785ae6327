package stats

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

// foretold is that of each arm that predicts.
func (d *data) foretold() (out []Foretold) {
	failed := d.failedRequests()
	arms := index(d.arms, func(s string) string { return s })
	kept := make([][]int, len(d.arms)) // decisions
	for i := range d.run.Decisions {
		if arm, ok := arms[d.run.Decisions[i].Arm]; ok {
			if _, ok := d.chosen(&d.run.Decisions[i], failed); ok {
				kept[arm] = append(kept[arm], i)
			}
		}
	}
	for arm, decisions := range kept {
		f := Foretold{Arm: arm, Decisions: len(decisions)}
		n := min(len(decisions), mostCompared)
		for k := range n {
			e := &d.run.Decisions[decisions[k*len(decisions)/n]]
			predicted, observed := phaseList(e.Decision.Candidates[e.Decision.Choice].Predicted), phaseList(e.Outcome)
			for i := range PhaseNames {
				if x, y := millis(observed[i]), millis(predicted[i]); x >= leastDrawn && y >= leastDrawn {
					f.Phases[i] = append(f.Phases[i], Point{x, y})
				}
			}
		}
		if n > 0 {
			out = append(out, f)
		}
	}
	return out
}
