package stats

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/testbed/testbed/runner/record"
	"github.com/testbed/testbed/selector"
)

// mostDeciding is the share of t above which the time of decisions is warned
// of.
const mostDeciding = 0.01

// mostFailedKinds is how many kinds of failed decisions are told apart.
const mostFailedKinds = 5

// A deciding is what is known of how the selector of an arm decided, in one
// condition or in all. Warm-ups do not count.
type deciding struct {
	n         int
	sum       float64 // µs
	failed    int
	failures  tally
	predicted predicted
	// Over all conditions alone.
	took     []float64 // µs
	why      tally
	foretold sampled[comparedPhases]
}

func newDeciding() *deciding { return &deciding{failures: newTally(), why: newTally()} }

// decide goes through the decisions of all arms, once.
func (d *data) decide(lines record.Lines) {
	arms, cells := index(d.arms, func(s string) string { return s }), index(d.cells, func(c cell) string { return c.condition.ID })
	for range d.arms {
		d.deciding = append(d.deciding, newDeciding())
		d.deciding[len(d.deciding)-1].why.several = d.options.several
	}
	for i := range d.cells {
		for range d.arms {
			d.cells[i].deciding = append(d.cells[i].deciding, newDeciding())
		}
	}
	failed := d.failedRequests()
	for e := range lines.Decisions {
		arm, ok := arms[e.Arm]
		if !ok || e.Pair < 0 {
			continue
		}
		all := d.deciding[arm]
		all.took = append(all.took, micros(e.Took))
		all.why.add(e)
		c, predicts := chosen(e)
		predicts = predicts && !failed[requestKey{e.Condition, e.Arm, e.Repetition, e.Pair}]
		all.add(e, c, predicts)
		if predicts {
			all.foretold.add(comparedPhases{c.Predicted, e.Outcome}, mostCompared)
		}
		if at, ok := cells[e.Condition]; ok {
			d.cells[at].deciding[arm].add(e, c, predicts)
			if arm == judgedArm {
				d.cells[at].seen.add(d, d.cells[at].condition.Measure, e)
			}
		}
	}
}

func micros(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }

// add counts a decision, which chose c and predicted how it would go if
// predicts says so.
func (k *deciding) add(e *record.Decision, c selector.Candidate, predicts bool) {
	k.n++
	k.sum += micros(e.Took)
	if why := strings.TrimSpace(e.Decision.Failed); why != "" {
		k.failed++
		k.failures.note(k.failures.count, why)
	}
	if predicts {
		k.predicted.add(c, e.Outcome)
	}
}

// mean is that of the times of decisions in µs, NaN of none.
func (k *deciding) mean() float64 { return k.sum / float64(k.n) }

// summary is what is said of a deciding, of an arm whose requests took so many
// milliseconds on average.
func (k *deciding) summary(meanMillis, confidence float64) Decisions {
	out := Decisions{N: k.n, Median: Missing(), P99: Missing(), Share: Missing(), Failed: k.failed}
	if n := len(k.took); n > 0 {
		out.Share = k.share(meanMillis)
		slices.Sort(k.took)
		out.Median = round(k.took[rank(0.5, n)-1])
		if n >= needs(0.99, confidence) {
			out.P99 = round(k.took[rank(0.99, n)-1])
		}
	}
	for i, kind := range frequent(k.failures.count) {
		if i == mostFailedKinds {
			out.Failures = append(out.Failures, fmt.Sprintf("%d more kinds", len(k.failures.count)-i))
			break
		}
		out.Failures = append(out.Failures, fmt.Sprintf("%d times: %s", k.failures.count[kind], k.failures.first[kind]))
	}
	return out
}

// share is the time of decisions as a share of a mean t in milliseconds.
func (k *deciding) share(meanMillis float64) Number {
	if k.n == 0 || !(meanMillis > 0) {
		return Missing()
	}
	return round(k.mean() / 1000 / meanMillis)
}

// warnings say what of the decisions of an arm in a condition is not as it
// should be.
func (k *deciding) warnings(name string, share Number) (out []Finding) {
	if share > mostDeciding {
		out = append(out, finding(Decision, "%s: its decisions took %s of t, more than %s; they are not part of t", name, share.Percent(2), Number(mostDeciding).Percent(0)).by(name).of(float64(share), mostDeciding))
	}
	if k.failed > 0 {
		first := frequent(k.failures.count)[0]
		out = append(out, finding(Decision, "%s: %d of %d decisions failed and were made by its fallback, such as: %s", name, k.failed, k.n, k.failures.first[first]).by(name).of(float64(k.failed), 0))
	}
	return out
}

// meanTime is the mean t of an arm over all conditions, in milliseconds.
func (d *data) meanTime(arm int) float64 {
	var sum float64
	n := 0
	for _, c := range d.cells {
		for _, r := range c.requests[arm] {
			if !r.Failed && r.Measured > 0 {
				sum += millis(r.Measured)
				n++
			}
		}
	}
	return sum / float64(n)
}
