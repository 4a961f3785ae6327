package stats

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/testbed/testbed/runner/record"
	"github.com/testbed/testbed/selector"
)

// needs is how many values bear the p-th percentile with an interval that has
// both ends: the fewest n with p^n and (1−p)^n at most (1−confidence)/2. At
// 95 %: 6 for the median, 36 for p90, 72 for p95, 368 for p99.
func needs(p, confidence float64) int {
	extreme := max(p, 1-p)
	return int(math.Ceil(math.Log((1-confidence)/2)/math.Log(extreme) - 1e-9))
}

// percentiles are those that a Latency has.
var percentiles = [...]struct {
	name string
	p    float64
}{{"p50", 0.5}, {"p90", 0.9}, {"p95", 0.95}, {"p99", 0.99}}

// latencyOf describes times, which it sorts, with a warning for what is left
// out. Times that are not positive are not times and were left out before.
func latencyOf(times []float64, confidence float64) (Latency, []Finding) {
	l := Latency{Mean: Missing(), P50: Missing(), P90: Missing(), P95: Missing(), P99: Missing(), Intervals: map[string]Range{}}
	if len(times) == 0 {
		return l, nil
	}
	slices.Sort(times)
	l.Mean = round(mean(times))
	var names, wanted []string
	for i, into := range []*Number{&l.P50, &l.P90, &l.P95, &l.P99} {
		name, p := percentiles[i].name, percentiles[i].p
		if n := needs(p, confidence); len(times) < n {
			if l.Needs == nil {
				l.Needs = map[string]int{}
			}
			l.Needs[name] = n
			names, wanted = append(names, name), append(wanted, fmt.Sprint(n))
			continue
		}
		*into = round(times[rank(p, len(times))-1])
		low, high := ranks(p, len(times), confidence)
		l.Intervals[name] = Range{round(times[low-1]), round(times[high-1])}
	}
	switch len(names) {
	case 0:
		return l, nil
	case 1:
		return l, []Finding{finding(TooFew, "%d times do not bear %s, which needs %s", len(times), names[0], wanted[0])}
	}
	return l, []Finding{finding(TooFew, "%d times do not bear %s, which need %s", len(times), strings.Join(names, ", "), strings.Join(wanted, ", "))}
}

// ranks are those of the values between which the p-th percentile of what n values
// were drawn from lies with a confidence, whatever its distribution (David and
// Nagaraja, Order Statistics, 2003, section 7.1): how many values are below it is
// binomial with p, and low is the greatest, high the least with which the
// percentile is beyond them with at most (1 − confidence)/2 each. For n that
// needs says. The values count as independent of each other; Arm.Steady says
// whether they are.
func ranks(p float64, n int, confidence float64) (low, high int) {
	tail := (1 - confidence) / 2
	below := distuv.Binomial{N: float64(n), P: p}
	// From where a normal distribution has it, step by step.
	reach := twoSided(confidence) * math.Sqrt(float64(n)*p*(1-p))
	low = min(max(int(float64(n)*p-reach), 1), n)
	for low > 1 && below.CDF(float64(low-1)) > tail {
		low--
	}
	for low < n && below.CDF(float64(low)) <= tail {
		low++
	}
	high = min(max(int(float64(n)*p+reach)+1, 1), n)
	for high < n && below.CDF(float64(high-1)) < 1-tail {
		high++
	}
	for high > 1 && below.CDF(float64(high-2)) >= 1-tail {
		high--
	}
	return low, high
}

// mean of values, NaN of none.
func mean(values []float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	var sum float64
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}

// meanOf is the mean in milliseconds of a time of each request.
func meanOf(requests []*request, of func(*request) time.Duration) Number {
	values := make([]float64, 0, len(requests))
	for _, r := range requests {
		values = append(values, millis(of(r)))
	}
	return round(mean(values))
}

// phasesOf are the mean phases of requests, in milliseconds.
func phasesOf(requests []*request) Phases {
	of := func(phase func(selector.Phases) time.Duration) Number {
		return meanOf(requests, func(r *request) time.Duration { return phase(r.Phases) })
	}
	return Phases{
		Upload:     of(func(p selector.Phases) time.Duration { return p.Upload }),
		Queue:      of(func(p selector.Phases) time.Duration { return p.Queue }),
		Fetch:      of(func(p selector.Phases) time.Duration { return p.Fetch }),
		Load:       of(func(p selector.Phases) time.Duration { return p.Load }),
		Preprocess: of(func(p selector.Phases) time.Duration { return p.Preprocess }),
		Infer:      of(func(p selector.Phases) time.Duration { return p.Infer }),
		Download:   of(func(p selector.Phases) time.Duration { return p.Download }),
	}
}

// PhaseNames are the phases in the order in which they happen.
var PhaseNames = [7]string{"upload", "queue", "fetch", "load", "preprocess", "infer", "download"}

// List are the phases in the order of PhaseNames.
func (p Phases) List() [7]Number {
	return [7]Number{p.Upload, p.Queue, p.Fetch, p.Load, p.Preprocess, p.Infer, p.Download}
}

// armOf describes one arm in one condition.
func (d *data) armOf(name string, c *record.Condition, requests []*request, confidence float64) (Arm, []Finding) {
	a := Arm{Selector: name, Requests: len(requests), Models: map[string]int{}, Decide: Missing(), DecideShare: Missing(), OnTime: d.onTime(requests)}
	var answered []*request
	for _, r := range requests {
		if r.Failed {
			a.Errors++
			continue
		}
		a.Models[d.options.nameOf(r)]++
		answered = append(answered, r)
	}
	share, n, images := accuracyOf(answered)
	a.Images = n
	a.Accuracy, a.AccuracyInterval = round(share), wilson(share, float64(images), confidence)
	if !d.scored() {
		a.Accuracy, a.AccuracyInterval = round(d.publishedAccuracy(answered)), Range{Missing(), Missing()}
	}
	trials := byTrial(answered)
	times := slices.Concat(trials...)
	latency, warnings := latencyOf(times, confidence)
	a.Latency = latency
	a.Steady = steadyOf(trials, spread(times).quantile(0.5), varying(c))
	a.Far = farOf(answered)
	warnings = append(warnings, a.Far.warning(c)...)
	a.Phases = phasesOf(answered)
	a.Total = meanOf(answered, func(r *request) time.Duration { return r.Done - r.Sent })
	a.Wait = meanOf(answered, func(r *request) time.Duration { return r.Wait })
	a.Wasted = meanOf(answered, func(r *request) time.Duration { return r.Wasted })
	if bad := len(answered) - len(times); bad > 0 {
		warnings = append(warnings, finding(OddRecords, "%d requests have a measured time that is not positive: left out of all times", bad))
	}
	for i, w := range warnings {
		w.Text, w.Arm = name+": "+w.Text, name
		warnings[i] = w
	}
	return a, warnings
}

// byTrial are the positive times of requests in milliseconds, by trial, in their
// order.
func byTrial(answered []*request) (trials [][]float64) {
	for i, r := range answered {
		if i == 0 || r.Repetition != answered[i-1].Repetition {
			trials = append(trials, nil)
		}
		if last := len(trials) - 1; r.Measured > 0 {
			trials[last] = append(trials[last], millis(r.Measured))
		}
	}
	return trials
}
