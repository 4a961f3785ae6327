package stats

// The results that a Verdict may have.
const (
	Pass         = "PASS"
	Fail         = "FAIL"
	Inconclusive = "INCONCLUSIVE"
	Invalid      = "INVALID" // the world was not what was asked for
)

// A Verdict holds a run to its requirements, over its valid conditions.
type Verdict struct {
	Result   string `json:"result"`
	Sentence string `json:"sentence"`
	// Complete is that the run ended by itself, and that all requests of the
	// judged arm that were planned are recorded.
	Complete bool `json:"complete"`
	// Checks are of validity, which comes first. A condition of which one does
	// not hold is left out, and a run is INVALID of which fewer than half the
	// conditions are left, or one that is of the whole run does not hold.
	Checks       []Check       `json:"checks"`
	Requirements []Requirement `json:"requirements"`
	Stopping     *Stopping     `json:"stopping,omitempty"` // nil: the run was not to end early
}

// A Check is one thing that must hold before anything is judged.
type Check struct {
	Name string `json:"name"` // as the findings of it: network, load, generator, …
	What string `json:"what"` // in words
	Held *bool  `json:"held"` // nil: nothing was recorded to tell by
	// Failed is in how many of the conditions it did not hold, Of those in
	// which there was something to tell by; of one that is of the whole run,
	// 0 or 1 of 1.
	Failed int    `json:"failed"`
	Of     int    `json:"of"`
	Worst  string `json:"worst"` // the finding that is furthest off; empty where it held
}

// Stopping is the rule by which a run may end before all repetitions are done,
// and what came of it.
type Stopping struct {
	Rule       string `json:"rule"`       // a sentence
	Looks      int    `json:"looks"`      // how many times the rule looks at most
	Confidence Number `json:"confidence"` // of the bounds at each look, the last verdict among them
	Stopped    bool   `json:"stopped"`
	After      int    `json:"after"` // repetitions that were done
}

// A Requirement compares one estimate with a bound. Its numbers are fractions,
// not percent or points.
type Requirement struct {
	Name  string `json:"name"` // saving, accuracy_drop or on_time
	Bound Number `json:"bound"`
	Value Number `json:"value"`
	// Low and High are the two-sided interval.
	Low  Number `json:"low"`
	High Number `json:"high"`
	// Lower and Upper are one-sided bounds at the same confidence, or that of
	// Stopping, which is what Met is decided by.
	Lower Number `json:"lower_one_sided"`
	Upper Number `json:"upper_one_sided"`
	Met   *bool  `json:"met"` // nil: the data do not decide
	// Advice is a sentence for a requirement that is not met: what more
	// data would do.
	Advice string `json:"advice"`
}
