package stats

import (
	"fmt"
	"math"
	"strings"
)

// leastValid is the share of conditions that must be valid for a verdict.
const leastValid = 0.5

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

// advise says what to do about a requirement that is not met. n is how many of
// unit (pairs, images) the estimate rests on.
func advise(r Requirement, n int, unit string) string {
	switch {
	case r.Met != nil && *r.Met:
		return ""
	case r.Met != nil:
		return fmt.Sprintf("the whole interval is beyond the bound: more %s will not change that", unit)
	case n == 0:
		return "there are no pairs to judge by"
	case !r.Lower.Known():
		return fmt.Sprintf("%d %s bear no interval: at least %d are needed", n, unit, fewestPairs)
	}
	more := moreNeeded(r, n)
	if more > 1000*n {
		return fmt.Sprintf("the value is so close to the bound that no practical number of %s will decide", unit)
	}
	return fmt.Sprintf("needs about %d more %s (now %d), if the value stays what it is", more, unit, n)
}

// moreNeeded is how many more values let the interval, whose width goes with
// 1/√n, clear the bound: n·(h/gap)² − n where h is the half-width on the
// bound's side and gap how far the value is from the bound. It has two
// significant digits, rounded up, as it is an estimate.
func moreNeeded(r Requirement, n int) int {
	half := r.Value - r.Lower
	if r.Value < r.Bound {
		half = r.Upper - r.Value
	}
	gap := math.Abs(float64(r.Value - r.Bound))
	more := float64(n) * (math.Pow(float64(half)/gap, 2) - 1)
	if gap == 0 || more > 1e12 {
		return math.MaxInt
	}
	step := math.Pow(10, max(math.Floor(math.Log10(max(more, 1)))-1, 0))
	return max(int(math.Ceil(more/step-1e-9)*step), 1)
}

// mostFailed is the share of an arm's decisions that may have been made by its
// fallback: with more it is that which was measured.
const mostFailed = 0.05

// standIns says of the two arms that the verdict is about how many of their
// decisions their fallback made; much is set if they are too many for a
// verdict.
func standIns(s *Summary) (text string, much bool) {
	for i := range min(2, len(s.Models)) {
		if d := s.Models[i].Decisions; d.Failed > 0 {
			text += fmt.Sprintf(" %d of %d decisions of %s failed, and its fallback made them.", d.Failed, d.N, s.Models[i].Selector)
			much = much || float64(d.Failed) > mostFailed*float64(d.N)
		}
	}
	return text, much
}

// verdictOf decides. conditions are all; the requirements are of the valid ones.
func verdictOf(s *Summary, requirements []Requirement) Verdict {
	v := Verdict{Result: Inconclusive, Requirements: requirements}
	valid := 0
	for _, c := range s.Conditions {
		if c.Valid {
			valid++
		}
	}
	met, failed := 0, 0
	for _, r := range requirements {
		if r.Met != nil && *r.Met {
			met++
		} else if r.Met != nil {
			failed++
		}
	}
	others, much := standIns(s)
	switch {
	case valid == 0 || float64(valid) < leastValid*float64(len(s.Conditions)):
		v.Result = Invalid
		v.Sentence = invalidSentence(s, valid) + others
		return v
	case much:
		v.Result = Invalid
		v.Sentence = "INVALID: it is another selector that was measured." + others + interrupted(s)
		return v
	case failed > 0:
		v.Result = Fail
	case met == len(requirements):
		v.Result = Pass
	}
	v.Sentence = sentence(s, v, valid) + others
	if s.Status != "done" {
		v.Sentence = strings.Replace(v.Sentence, v.Result+":", v.Result+" so far, of a run that is not complete:", 1)
	}
	return v
}

// invalidSentence says why there is no verdict, by the first reason.
func invalidSentence(s *Summary, valid int) string {
	if len(s.Conditions) == 0 {
		return "INVALID: nothing was recorded." + interrupted(s)
	}
	out := fmt.Sprintf("INVALID: %d of %d conditions are valid, and at least half must be", valid, len(s.Conditions))
	for _, c := range s.Conditions {
		if len(c.Reasons) > 0 {
			out += fmt.Sprintf(" (%s: %s)", c.Label, c.Reasons[0].Text)
			break
		}
	}
	return out + "." + interrupted(s)
}

// sentence says what was found, with the intervals and what was asked.
func sentence(s *Summary, v Verdict, valid int) string {
	c := Number(s.Run.Require.Confidence).Percent(0)
	o := s.Overall
	var parts []string
	for _, r := range v.Requirements {
		what := fmt.Sprintf("saves %s of %s's time (%s interval %s to %s; at least %s asked)",
			r.Value.Percent(1), s.Run.Arms[0], c, r.Low.Percent(1), r.High.Percent(1), r.Bound.Percent(0))
		if r.Name == accuracyDrop {
			p := func(n Number) string { return (n * 100).Fixed(1) }
			what = fmt.Sprintf("gives up %s points of accuracy (%s to %s; at most %s asked)", p(r.Value), p(r.Low), p(r.High), (r.Bound * 100).Significant(3))
			if s.Run.Unscored != "" {
				what = fmt.Sprintf("gives up %s points of accuracy (published, not measured; at most %s asked)", p(r.Value), (r.Bound * 100).Significant(3))
			}
		}
		parts = append(parts, what+metText(r))
	}
	return fmt.Sprintf("%s: %s %s; %d pairs, %d of %d conditions valid.%s",
		v.Result, o.Arm, strings.Join(parts, " and "), o.Pairs, valid, len(s.Conditions), interrupted(s))
}

func metText(r Requirement) string {
	switch {
	case r.Met == nil:
		return ", undecided"
	case *r.Met:
		return ""
	}
	return ", not met"
}

// interrupted says so if the run did not end by itself.
func interrupted(s *Summary) string {
	if s.Status == "done" {
		return ""
	}
	how := fmt.Sprintf("its status is %q", s.Status)
	if s.Status == "running" {
		how = "it is still going on, or it was killed"
	}
	return fmt.Sprintf(" The run is not complete (%s): this is what was recorded.", how)
}
