package stats

import (
	"math"
)

// Where the answers of a run mean nothing (the weights of a model are random,
// or the images have no labels), accuracy is not measured: every answer counts
// with the published accuracy of the model that gave it. Such a number has no
// interval that a run could narrow.

// scored reports whether the answers of the run were right or wrong.
func (d *data) scored() bool { return d.run.Header.Unscored == "" }

// known is the accuracy that is known, from before the run, of what answered a
// request: of the option, which may differ from node to node; of its model where
// the run does not know the option, or no accuracy of it; NaN of one that it
// does not name.
func (d *data) known(r *request) float64 {
	if i := d.options.indexOf(r); i >= 0 && d.options.of[i].Accuracy > 0 {
		return d.options.of[i].Accuracy
	}
	for _, m := range d.run.Header.Models {
		if m.Name == r.Model && m.Accuracy > 0 {
			return m.Accuracy
		}
	}
	return math.NaN()
}

// publishedAccuracy is the mean over requests of what is published of their
// models; NaN without requests.
func (d *data) publishedAccuracy(answered []*request) float64 {
	var all []float64
	for _, r := range answered {
		all = append(all, d.known(r))
	}
	return mean(all)
}

// publishedDrop is the mean of accuracy_b − accuracy_a over pairs, as a
// fraction, by what is published of their models; NaN without pairs.
func (d *data) publishedDrop(pairs []pair) float64 {
	var all []float64
	for _, p := range pairs {
		all = append(all, d.known(p.base)-d.known(p.other))
	}
	return mean(all)
}

// published is a drop without an interval, in percentage points.
func published(drop float64) Estimate {
	return Estimate{round(100 * drop), Missing(), Missing()}
}

// publishedRequirement judges a drop by its value alone.
func publishedRequirement(drop, most float64) Requirement {
	r := judge(Requirement{Name: accuracyDrop, Bound: round(most), Value: round(drop), Low: Missing(), High: Missing(),
		Lower: round(drop), Upper: round(drop)}, false)
	r.Lower, r.Upper = Missing(), Missing()
	if r.Met != nil && !*r.Met {
		r.Advice = "it is of the published accuracies: no run will change that"
	}
	if !r.Value.Known() {
		r.Advice = "the accuracy of a model is not known"
	}
	return r
}
