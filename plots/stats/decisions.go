package stats

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/testbed/testbed/runner/record"
)

// mostDeciding is the share of t above which the time of decisions is warned
// of.
const mostDeciding = 0.01

// mostFailedKinds is how many kinds of failed decisions are told apart.
const mostFailedKinds = 5

// A deciding is what is known of how the selector of an arm decided.
type deciding struct {
	took     []float64 // µs
	failed   int
	failures tally
}

// decidings are those of each arm; of one condition, or of all if it is empty.
// Warm-ups do not count.
func (d *data) decidings(condition *record.Condition) map[string]*deciding {
	out := map[string]*deciding{}
	for _, name := range d.arms {
		out[name] = &deciding{failures: newTally()}
	}
	for i := range d.run.Decisions {
		e := &d.run.Decisions[i]
		k := out[e.Arm]
		if k == nil || e.Pair < 0 || condition != nil && e.Condition != condition.ID {
			continue
		}
		k.took = append(k.took, float64(e.Took)/float64(time.Microsecond))
		if why := strings.TrimSpace(e.Decision.Failed); why != "" {
			k.failed++
			k.failures.note(k.failures.count, why)
		}
	}
	return out
}

// summary is what is said of a deciding, of an arm whose requests took so many
// milliseconds on average.
func (k *deciding) summary(meanMillis, confidence float64) Decisions {
	out := Decisions{N: len(k.took), Median: Missing(), P99: Missing(), Share: Missing(), Failed: k.failed}
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
	if len(k.took) == 0 || !(meanMillis > 0) {
		return Missing()
	}
	return round(mean(k.took) / 1000 / meanMillis)
}

// warnings say what of the decisions of an arm in a condition is not as it
// should be.
func (k *deciding) warnings(name string, share Number) (out []string) {
	if share > mostDeciding {
		out = append(out, fmt.Sprintf("%s: its decisions took %s of t, more than %s; they are not part of t", name, share.Percent(2), Number(mostDeciding).Percent(0)))
	}
	if k.failed > 0 {
		first := frequent(k.failures.count)[0]
		out = append(out, fmt.Sprintf("%s: %d of %d decisions failed and were made by its fallback, such as: %s", name, k.failed, len(k.took), k.failures.first[first]))
	}
	return out
}

// meanTime is the mean t of an arm over all conditions, in milliseconds.
func (d *data) meanTime(arm int) float64 {
	var sum float64
	n := 0
	for _, c := range d.cells {
		for _, r := range c.requests[arm] {
			if r.Error == "" && r.Measured > 0 {
				sum += millis(r.Measured)
				n++
			}
		}
	}
	return sum / float64(n)
}
