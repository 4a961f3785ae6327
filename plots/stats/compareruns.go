package stats

import "time"

// A Contrast is two runs set side by side, B against A: what each took in the
// conditions that both have, and whether they chose alike. Times are in
// milliseconds.
type Contrast struct {
	Schema     int          `json:"schema"`
	A          Side         `json:"a"`
	B          Side         `json:"b"`
	Confidence float64      `json:"confidence"` // of intervals
	Conditions []Contrasted `json:"conditions"` // in the order of A
	OnlyA      []string     `json:"only_a"`     // conditions without a counterpart
	OnlyB      []string     `json:"only_b"`
	Arms       []Across     `json:"arms"` // over the conditions that are valid in both
	Agreement  Agreement    `json:"agreement"`
	// Notes say what keeps the runs from being comparable in all.
	Notes []string `json:"notes"`
}

// A Side is one of two runs.
type Side struct {
	Dir      string    `json:"dir"`
	Scenario string    `json:"scenario"`
	World    string    `json:"world"`
	Status   string    `json:"status"`
	Testbed  string    `json:"testbed"`
	Started  time.Time `json:"started"`
	Seed     uint64    `json:"seed"`
}

// Contrasted is a condition that both runs have.
type Contrasted struct {
	Label string  `json:"label"`
	A     string  `json:"a"` // Condition.ID
	B     string  `json:"b"`
	Valid [2]bool `json:"valid"`
	// Reasons are why it is not valid in A, and in B.
	Reasons [2][]Finding `json:"reasons"`
	Arms    []Times      `json:"arms"` // that both runs have, in the order of A
	// Options are those that the oracle ran in both; none if either has no
	// replays here.
	Options []Times `json:"options,omitempty"`

	cells  [2]Cell
	chosen []Times // without Options: what options took that both runs chose
}

// Cells are the distributions of t in A and in B, of the arms of Arms.
func (c Contrasted) Cells() [2]Cell { return c.cells }

// Times are what an arm, or an option, took in both runs.
type Times struct {
	Name string `json:"name"`
	N    [2]int `json:"n"` // answered requests that are compared
	// Paired says that they are for the same images at the same places of the
	// trials; then both runs are drawn alike.
	Paired bool     `json:"paired"`
	T      Change   `json:"t"`      // its name is "t"
	Phases []Change `json:"phases"` // in the order of PhaseNames
	// Most is the phase whose median differs most in time; empty if none does.
	Most string `json:"most,omitempty"`
	// Saving is Δt, the mean of ratios, against the baseline of the same run;
	// nil of the baseline and of options.
	Saving *Difference `json:"saving,omitempty"`
	Choice Alike       `json:"choice"` // of an arm: at how many requests it chose the same option
}

// A Change is how a time differs.
type Change struct {
	Name   string     `json:"name"`
	Median Difference `json:"median"`
	Mean   Difference `json:"mean"`
}

// A Difference is an estimate in both runs, B − A, and that as a share of A,
// which is missing where A is 0. There is no interval where either run has
// fewer than six values, nor of a phase that never happened.
type Difference struct {
	A        Estimate `json:"a"`
	B        Estimate `json:"b"`
	Change   Estimate `json:"change"`
	Relative Estimate `json:"relative"`
}

// Noise says that the interval of the change holds 0: the runs may well be the
// same in this. It is false where there is no interval.
func (d Difference) Noise() bool { return d.Change.Low <= 0 && d.Change.High >= 0 }

// Alike counts what might be the same in both runs, and what is.
type Alike struct {
	N    int `json:"n"`
	Same int `json:"same"`
}

// Share is that of the same; missing of none.
func (a Alike) Share() Number {
	if a.N == 0 {
		return Missing()
	}
	return round(float64(a.Same) / float64(a.N))
}

// Across is an arm over the conditions that are valid in both runs.
type Across struct {
	Arm        string `json:"arm"`
	Conditions int    `json:"conditions"`
	// A and B are the geometric means over conditions of the median t, in
	// milliseconds.
	A Number `json:"a_ms"`
	B Number `json:"b_ms"`
	// Time is the geometric mean over conditions of the median t of B over
	// that of A, minus 1.
	Time Estimate `json:"time"`
	// Phases are how the medians of each phase differ, in milliseconds and in
	// the order of PhaseNames, mean over conditions; Most is the one that does
	// most.
	Phases []Number    `json:"phases_ms"`
	Most   string      `json:"most,omitempty"`
	Saving *Difference `json:"saving,omitempty"` // mean over conditions of Δt; nil of the baseline
	Choice Alike       `json:"choice"`
}

// An Agreement is how alike the runs are, over the conditions that are valid in
// both.
type Agreement struct {
	// Met says that all medians of t are within the share Within, and at least
	// Fraction of the orders and of the choices are the same.
	Met      bool    `json:"met"`
	Within   float64 `json:"within"`
	Fraction float64 `json:"fraction"`
	// Medians are of t, then of each phase that took time, of every arm in every
	// condition and of every option that the oracle ran there in both runs.
	Medians []Median `json:"medians"` // of t, then of each phase that took time
	// Order counts pairs of options in a condition, the same if the same one
	// has the lesser median of t in both runs. Close are those of the others
	// whose medians are within Within of each other in one of the runs.
	Order Alike `json:"order"`
	Close int   `json:"close"`
	// Choice counts the requests of all arms, the same if the same option was
	// chosen; Swaps are the others by what was chosen, the most frequent first.
	// Even are those of them whose medians of t in that condition are within
	// Within of each other in one of the runs.
	Choice Alike  `json:"choice"`
	Even   int    `json:"even"`
	Swaps  []Swap `json:"swaps"`
	// Misses are the medians that are not within Within, those of a phase only
	// if they differ by 1 % of t, the worst first.
	Misses []Miss `json:"misses"`
}

// A Median is how far the medians of one time are apart, over all
// arms and options that took any.
type Median struct {
	Name   string `json:"name"` // t, or of a phase
	N      int    `json:"n"`
	Within int    `json:"within"` // differ by at most Agreement.Within
	Slight int    `json:"slight"` // of the others, those that differ by less than 1 % of t
	// Typical is the median of the relative differences, Worst the one that is
	// furthest from 0.
	Typical Number `json:"typical"`
	Worst   Number `json:"worst"`
}

// A Swap is what was chosen in A and in B for the same request.
type Swap struct {
	A string `json:"a"`
	B string `json:"b"`
	N int    `json:"n"`
}

// A Miss is a median that is further off than Agreement.Within.
type Miss struct {
	Condition string `json:"condition"`
	Of        string `json:"of"`   // option or arm
	Name      string `json:"name"` // t, or of a phase
	A         Number `json:"a"`    // ms
	B         Number `json:"b"`
	Relative  Number `json:"relative"` // missing where A is 0
	Share     Number `json:"share"`    // of the difference in the median t of A
	Most      string `json:"most"`     // of t: the phase that differs most
	Noise     bool   `json:"noise"`    // the interval of the difference holds 0
}
