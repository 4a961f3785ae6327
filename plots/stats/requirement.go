package stats

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mathext"
	"gonum.org/v1/gonum/stat/distuv"
)

// judge compares an estimate with its bound. For a requirement of at least the
// bound, met is that the lower one-sided bound is not below it, not met that
// the upper one is below it; for at most, met is that the upper is not above
// it, not met that the lower is.
func judge(r Requirement, atLeast bool) Requirement {
	if !r.Lower.Known() || !r.Upper.Known() {
		return r
	}
	yes, no := r.Lower >= r.Bound, r.Upper < r.Bound
	if !atLeast {
		yes, no = r.Upper <= r.Bound, r.Lower > r.Bound
	}
	switch {
	case yes:
		r.Met = new(bool)
		*r.Met = true
	case no:
		r.Met = new(bool)
	}
	return r
}

// An amount is what an estimate rests on: n of unit (pairs, images, requests),
// of which a repetition of the scenario gave so many.
type amount struct {
	n            int
	unit         string
	inRepetition float64 // 0: not known

	// Of an estimate whose bounds are by Student's t: its degrees of freedom, and
	// the probability of a bound. 0: they are by the normal distribution.
	freedom, confidence float64
}

// more says that so many more are needed, in units and in repetitions.
func (a amount) more(more int) string {
	now := fmt.Sprintf("now %d", a.n)
	if a.inRepetition > 0 {
		s := "s"
		n := math.Ceil(float64(more) / a.inRepetition)
		if n == 1 {
			s = ""
		}
		now += fmt.Sprintf("; about %.0f more repetition%s", n, s)
	}
	return fmt.Sprintf("needs about %d more %s (%s)", more, a.unit, now)
}

// advise says what to do about a requirement that is not met.
func advise(r Requirement, of amount) string {
	switch {
	case r.Met != nil && *r.Met:
		return ""
	case r.Met != nil:
		return fmt.Sprintf("the whole interval is beyond the bound: more %s will not change that", of.unit)
	case of.n == 0:
		return "there are no pairs to judge by"
	case !r.Lower.Known() && of.n >= fewestPairs:
		return fmt.Sprintf("%d %s bear no interval: at least two trials, or pairs, of one condition are needed", of.n, of.unit)
	case !r.Lower.Known():
		return fmt.Sprintf("%d %s bear no interval: at least %d are needed", of.n, of.unit, fewestPairs)
	}
	return of.advice(moreNeeded(r, of))
}

// mostMore is how many times what there is a run might get.
const mostMore = 1000

// advice is more, in two significant digits, rounded up, as it is an estimate.
func (a amount) advice(more float64) string {
	if more > mostMore*float64(a.n) {
		return fmt.Sprintf("the value is so close to the bound that no practical number of %s will decide", a.unit)
	}
	step := math.Pow(10, max(math.Floor(math.Log10(max(more, 1)))-1, 0))
	return a.more(max(int(math.Ceil(more/step-1e-9)*step), 1)) + ", if the value stays what it is"
}

// moreNeeded is how many more values let the interval clear the bound: as many
// times n, less n, as make its half on the bound's side as narrow as the gap
// between value and bound. Its width goes with 1/√n, and with Student's t, whose
// degrees of freedom grow with the repetitions: few of them are very wide.
func moreNeeded(r Requirement, of amount) float64 {
	half := r.Value - r.Lower
	if r.Value < r.Bound {
		half = r.Upper - r.Value
	}
	wide := math.Abs(float64(half / (r.Value - r.Bound)))
	enough := func(times float64) bool { return wide*of.narrowing(times)/math.Sqrt(times) <= 1 }
	low, high := 1.0, 2.0
	for !enough(high) {
		if low, high = high, 2*high; high > 4*mostMore {
			return math.Inf(1)
		}
	}
	for range 60 {
		if middle := (low + high) / 2; enough(middle) {
			high = middle
		} else {
			low = middle
		}
	}
	return float64(of.n) * (high - 1)
}

// narrowing is how much smaller Student's t is with so many times the
// repetitions.
func (a amount) narrowing(times float64) float64 {
	if a.freedom <= 0 {
		return 1
	}
	more := a.freedom * times
	if repetitions := float64(a.n) / a.inRepetition; repetitions > 1 {
		more = a.freedom * (repetitions*times - 1) / (repetitions - 1)
	}
	t := func(freedom float64) float64 { return distuv.StudentsT{Sigma: 1, Nu: freedom}.Quantile(a.confidence) }
	return t(more) / t(a.freedom)
}

// onTimeRequirement holds the judged arm to the deadline, over the valid
// conditions together; nil where none was set. Its one-sided bounds are those of
// Clopper and Pearson (1934), the exact ones: the share asked is attained by the
// rule of OnTime where, and only where, the lower one is not below it.
func (d *data) onTimeRequirement(s *Summary) *Requirement {
	h := &d.run.Header
	if h.Require.Deadline <= 0 {
		return nil
	}
	r := Requirement{Name: onTime, Bound: round(h.Require.OnTime), Value: Missing(), Low: Missing(), High: Missing(), Lower: Missing(), Upper: Missing()}
	of := amount{unit: "requests"}
	if len(h.Arms) > judgedArm {
		o := d.onTimeOver(s, judgedArm)
		of.n, of.inRepetition = o.Requests, float64(o.Requests*s.Overall.Conditions)/float64(max(s.Overall.Trials, 1))
		r.Value, r.Low, r.High, r.Met = o.Share, o.Interval.Low, o.Interval.High, o.Attained
		r.Lower, r.Upper = exactBounds(o.Late, o.Requests, 1-decides(h))
		if r.Met == nil && o.Late == 0 && o.Requests > 0 && o.Needs > o.Requests {
			r.Advice = of.more(o.Needs-o.Requests) + ", if none of them is late"
			return &r
		}
	}
	r.Advice = advise(r, of)
	return &r
}

// exactBounds are one-sided bounds of a share of n of which late are not in it.
func exactBounds(late, n int, tail float64) (lower, upper Number) {
	if n == 0 {
		return Missing(), Missing()
	}
	lower, upper = 0, 1
	if late < n {
		lower = round(mathext.InvRegIncBeta(float64(n-late), float64(late+1), tail))
	}
	if late > 0 {
		upper = round(mathext.InvRegIncBeta(float64(n-late+1), float64(late), 1-tail))
	}
	return lower, upper
}
