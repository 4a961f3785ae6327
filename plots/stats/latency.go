package stats

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/testbed/testbed/selector"
)

// needs is how many values bear the p-th percentile with an interval that has
// both ends: the fewest n with p^n and (1−p)^n at most (1−confidence)/2. At
// 95 %: 6 for the median, 36 for p90, 72 for p95, 368 for p99.
func needs(p, confidence float64) int {
	extreme := max(p, 1-p)
	return int(math.Ceil(math.Log((1-confidence)/2)/math.Log(extreme) - 1e-9))
}

// latencyOf describes times, which it sorts, with a warning for what is left
// out. Times that are not positive are not times and were left out before.
func latencyOf(times []float64, confidence float64) (Latency, []Finding) {
	l := Latency{Mean: Missing(), P50: Missing(), P90: Missing(), P95: Missing(), P99: Missing()}
	if len(times) == 0 {
		return l, nil
	}
	slices.Sort(times)
	l.Mean = round(mean(times))
	var names, wanted []string
	for _, q := range []struct {
		p    float64
		name string
		into *Number
	}{{0.5, "p50", &l.P50}, {0.9, "p90", &l.P90}, {0.95, "p95", &l.P95}, {0.99, "p99", &l.P99}} {
		if n := needs(q.p, confidence); len(times) < n {
			names, wanted = append(names, q.name), append(wanted, fmt.Sprint(n))
			continue
		}
		*q.into = round(times[rank(q.p, len(times))-1])
	}
	switch len(names) {
	case 0:
		return l, nil
	case 1:
		return l, []Finding{finding(TooFew, "%d times do not bear %s, which needs %s", len(times), names[0], wanted[0])}
	}
	return l, []Finding{finding(TooFew, "%d times do not bear %s, which need %s", len(times), strings.Join(names, ", "), strings.Join(wanted, ", "))}
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
func (d *data) armOf(name string, requests []*request, confidence float64) (Arm, []Finding) {
	a := Arm{Selector: name, Requests: len(requests), Models: map[string]int{}, Decide: Missing(), DecideShare: Missing()}
	var answered []*request
	var times []float64
	bad := 0
	for _, r := range requests {
		if r.Failed {
			a.Errors++
			continue
		}
		a.Models[d.options.nameOf(r)]++
		answered = append(answered, r)
		if r.Measured <= 0 {
			bad++
			continue
		}
		times = append(times, millis(r.Measured))
	}
	share, n, images := accuracyOf(answered)
	a.Images = n
	a.Accuracy, a.AccuracyInterval = round(share), wilson(share, float64(images), confidence)
	if !d.scored() {
		a.Accuracy, a.AccuracyInterval = round(d.publishedAccuracy(answered)), Range{Missing(), Missing()}
	}
	latency, warnings := latencyOf(times, confidence)
	a.Latency = latency
	a.Phases = phasesOf(answered)
	a.Total = meanOf(answered, func(r *request) time.Duration { return r.Done - r.Sent })
	a.Wait = meanOf(answered, func(r *request) time.Duration { return r.Wait })
	a.Wasted = meanOf(answered, func(r *request) time.Duration { return r.Wasted })
	if bad > 0 {
		warnings = append(warnings, finding(OddRecords, "%d requests have a measured time that is not positive: left out of all times", bad))
	}
	for i, w := range warnings {
		w.Text, w.Arm = name+": "+w.Text, name
		warnings[i] = w
	}
	return a, warnings
}
