// Package stats turns the records of a run into estimates with intervals,
// warnings and a verdict (Summarize), and into the series that figures show
// (Collect); or both at once, of a run too large to hold (Analyze).
//
// This package is opinionated. Δt is the mean of ratios that the requirement
// names, over pairs; other ways to average are reported beside it and decide
// nothing. The unit of repetition is the trial, for requests of one trial
// share a world. What the data cannot bear is null with a warning beside it.
//
// Everything here is a pure function of a record.Run: no clock, no source of
// randomness but the run's seed, no order of a map. The same directory gives
// the same bytes.
package stats

// Schema is the version of the format of a Summary.
const Schema = 1

// Summary is summary.json: the numbers of a run and the verdict.
type Summary struct {
	Schema     int         `json:"schema"`
	Scenario   string      `json:"scenario"`
	World      string      `json:"world"`
	Status     string      `json:"status"` // of the run: done, interrupted, failed or running
	Verdict    Verdict     `json:"verdict"`
	Conditions []Condition `json:"conditions"`
	Overall    Overall     `json:"overall"`
	Models     []Choices   `json:"models"` // one an arm

	// Regret is that of every selector that is judged, over the valid
	// conditions, by name; null where nothing was replayed. Judging says how
	// it was done.
	Regret  map[string]Regret `json:"regret"`
	Judging *Judging          `json:"judging"`
	// Predictions are how right the arms' predictions were; none of an arm
	// that does not predict.
	Predictions []Prediction `json:"predictions"`

	Warnings []Finding `json:"warnings"`
	Run      About     `json:"run"`
}

// Overall is the whole run: the pairs of all valid conditions.
type Overall struct {
	Comparison
	Conditions int `json:"conditions"`       // valid ones
	Below      int `json:"conditions_below"` // of those, where Δt is less than what is asked
	Trials     int `json:"trials"`
	// Definitions are the saving by other definitions of t.
	Definitions []Definition `json:"definitions"`
	// EqualWeight is the mean over conditions of their mean of ratios, and
	// of their accuracy drop in points: the same as the pooled numbers where
	// all conditions have as many pairs.
	EqualWeight struct {
		Saving       Estimate `json:"saving"`
		AccuracyDrop Number   `json:"accuracy_drop_points"`
	} `json:"equal_weight"`
	Order    Order        `json:"order"`
	Controls []Against    `json:"controls"` // A/A
	Others   []Comparison `json:"others,omitempty"`
	// Placements is the saving of the judged arm by who used which
	// placement; none where all requests used the same.
	Placements []Placed `json:"placements,omitempty"`
}

// Choices is how often an arm chose each option, and why.
type Choices struct {
	Selector string         `json:"selector"`
	Models   map[string]int `json:"models"` // as Arm.Models, but of all requests
	// Only is the option that the arm chose every time; empty if there were
	// several.
	Only      string    `json:"only,omitempty"`
	Decisions Decisions `json:"decisions"`
	// Why is what the arm's decisions say of its choices, in sentences.
	Why []string `json:"why"`
}

// Decisions are how an arm's selector decided.
type Decisions struct {
	N      int    `json:"n"`
	Median Number `json:"median_us"`
	P99    Number `json:"p99_us"`
	Share  Number `json:"share_of_t"` // time of decisions over t of the same requests
	// Failed is how many the selector did not make itself, and Failures why,
	// the most frequent first, as "2 times: …".
	Failed   int      `json:"failed"`
	Failures []string `json:"failures,omitempty"`
}
