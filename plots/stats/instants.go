package stats

import (
	"cmp"
	"math"
	"slices"

	"github.com/testbed/testbed/runner/record"
)

// rounding is what an accuracy may miss the floor by and still be at it.
const rounding = 1e-9

// nearly is by how much longer than the oracle a time is as good as its.
const nearly = 0.03

// An instant is one replay with the arms' requests of its pair.
type instant struct {
	cell, repetition int
	replay           *record.Replay
	own              []*request // by arm; nil if there is none
	oracle           int        // option
	best             float64    // its t, in seconds
}

// A jury is what selectors are judged by.
type jury struct {
	d        *data
	floor    float64
	feasible []bool    // by option: in any condition
	allowed  [][]bool  // by cell and option: the budget allows it there
	instants []instant // that have an oracle, in order of cell, repetition and pair
	leftOut  []int     // instants without, by cell
}

// newJury gathers the replays of a run.
func (d *data) newJury() *jury {
	j := &jury{d: d, leftOut: make([]int, len(d.cells))}
	j.allow()
	for at := range d.cells {
		for _, r := range d.cells[at].replays {
			in := instant{cell: at, repetition: r.Repetition, replay: r, own: make([]*request, len(d.arms))}
			switch {
			case r.Pair < 0:
			case !j.crown(&in):
				j.leftOut[at]++
			default:
				j.instants = append(j.instants, in)
			}
		}
	}
	slices.SortStableFunc(j.instants, func(a, b instant) int {
		return cmp.Or(cmp.Compare(a.cell, b.cell), cmp.Compare(a.repetition, b.repetition), cmp.Compare(a.replay.Pair, b.replay.Pair))
	})
	j.find()
	return j
}

// allow finds which options the budget allows, by what was known of their
// accuracies before the run: in each condition, of the options that it has.
func (j *jury) allow() {
	options, budget := j.d.options.of, j.d.run.Header.Budget
	most := func(placements []string) (best float64) {
		for _, o := range options {
			if among(o, placements) {
				best = max(best, o.Accuracy)
			}
		}
		return best
	}
	j.floor, j.feasible = budget.Floor(most(nil)), make([]bool, len(options))
	for _, c := range j.d.cells {
		floor, here := budget.Floor(most(c.condition.Placements)), make([]bool, len(options))
		for i, o := range options {
			here[i] = among(o, c.condition.Placements) && o.Accuracy >= floor-rounding
			j.feasible[i] = j.feasible[i] || here[i]
		}
		j.allowed = append(j.allowed, here)
	}
}

// has says that an option is one of those of an instant's condition.
func (j *jury) has(i, option int) bool {
	return among(j.d.options.of[option], j.d.cells[j.instants[i].cell].condition.Placements)
}

// crown finds the oracle of an instant; false if nothing can be it.
func (j *jury) crown(in *instant) bool {
	in.oracle = -1
	for i := range in.replay.Options {
		if t := replayed(in.replay, i); i < len(j.feasible) && j.allowed[in.cell][i] && t > 0 && (in.oracle < 0 || t < in.best) {
			in.oracle, in.best = i, t
		}
	}
	return in.oracle >= 0
}

// replayed is t of an option of a replay in seconds; NaN if there is none.
func replayed(r *record.Replay, option int) float64 {
	if option < 0 || option >= len(r.Options) || r.Options[option].Error != "" || r.Options[option].Measured <= 0 {
		return math.NaN()
	}
	return r.Options[option].Measured.Seconds()
}

// find gives the instants the requests of their pairs.
func (j *jury) find() {
	type place struct{ cell, repetition, pair int }
	at := make(map[place]int, len(j.instants))
	for i, in := range j.instants {
		at[place{in.cell, in.repetition, in.replay.Pair}] = i
	}
	for c := range j.d.cells {
		for arm, requests := range j.d.cells[c].requests {
			for _, r := range requests {
				if i, ok := at[place{c, int(r.Repetition), int(r.Pair)}]; ok {
					j.instants[i].own[arm] = r
				}
			}
		}
	}
}

// regret is that of a time in seconds.
func (in *instant) regret(t float64) float64 { return (t - in.best) / in.best }

// A verdictAt is what one selector came to at one instant.
type verdictAt struct {
	instant  int     // in jury.instants
	option   int     // that it chose; −1: unknown, or several
	own      float64 // regret; NaN if it gave no answer
	replayed float64 // likewise, by the replay of its option
	t        float64 // replayed, in seconds
	same     float64 // 1: the oracle's option
	near     float64 // 1: as good as it, and allowed
	outside  float64 // 1: not allowed
	accuracy float64
}

// at judges the choice of an option, that took so many seconds.
func (j *jury) at(i, option int, t float64) verdictAt {
	in := &j.instants[i]
	again := replayed(in.replay, option)
	v := verdictAt{instant: i, option: option, own: in.regret(t), replayed: in.regret(again), t: again, accuracy: math.NaN()}
	if option == in.oracle {
		v.same = 1
	}
	if option >= 0 && option < len(j.feasible) {
		v.accuracy = j.d.options.of[option].Accuracy
		if !j.allowed[in.cell][option] {
			v.outside = 1
		}
	}
	if v.outside == 0 && again <= in.best*(1+nearly) {
		v.near = 1
	}
	return v
}
