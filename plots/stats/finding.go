package stats

import "fmt"

// The names of findings. The first are of what a verdict needs to be given at
// all; a condition that has one among its reasons is not valid.
const (
	Network     = "network"    // a rate, round trip or loss is not what was asked
	Lag         = "lag"        // links were late
	Load        = "load"       // background load is not what was asked
	Generator   = "generator"  // requests were sent late
	Throttling  = "throttling" // a node was held back by heat
	Errors      = "errors"     // requests failed
	NoPairs     = "pairs"      // there is nothing to compare
	Control     = "control"    // what must be alike is not: an arm against itself
	OrderEffect = "order"      // which arm went first matters
	StandIn     = "stand_in"   // a fallback decided, not the selector

	TooFew     = "too_few"      // data do not bear a number
	Trend      = "trend"        // times drift, or depend on those before
	Outliers   = "outliers"     // a few times are far from the others
	Skewed     = "skewed"       // a few pairs decide a mean
	Decision   = "decision"     // how selectors decide
	Predicting = "prediction"   // how they foretell
	Regrets    = "regret"       // how they are judged
	Incomplete = "incomplete"   // the run did not end
	Unmeasured = "not_measured" // a number is not what it seems
	OddRecords = "records"      // the directory is not as it was written
	OfWorld    = "world"        // what the world said of itself
	Multiple   = "multiple"     // many comparisons
)

// A Finding is what a reader must know of a run: why a condition is not valid,
// or a warning. Programs go by its name, people by its text.
type Finding struct {
	Name string `json:"name"`
	Text string `json:"text"` // a sentence without its end
	Arm  string `json:"arm,omitempty"`
	// Conditions are the labels of those that it is of, in the list of a
	// whole run; none: all of it.
	Conditions []string `json:"conditions,omitempty"`
	// Value is what was found and Limit what it was held to, times in
	// milliseconds and shares as fractions; null where there is no such number.
	Value Number `json:"value"`
	Limit Number `json:"limit"`
}

// finding is one without numbers.
func finding(name, format string, args ...any) Finding {
	return Finding{Name: name, Text: fmt.Sprintf(format, args...), Value: Missing(), Limit: Missing()}
}

// of is f with its numbers.
func (f Finding) of(value, limit float64) Finding {
	f.Value, f.Limit = round(value), round(limit)
	return f
}

// by is f of an arm.
func (f Finding) by(arm string) Finding {
	f.Arm = arm
	return f
}

// Texts are what findings say.
func Texts(findings []Finding) []string {
	out := make([]string, 0, len(findings))
	for _, f := range findings {
		out = append(out, f.Text)
	}
	return out
}
