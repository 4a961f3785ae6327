package stats

import (
	"slices"
	"time"

	"gonum.org/v1/gonum/mathext"
)

// An inTime counts requests that were answered within the deadline, and answers
// that were right as well.
type inTime struct {
	requests, late int // late: or failed
	images, right  int // images that were asked for, and of those how many were answered right and in time
	different      map[string]bool
}

// add counts a request. One that failed was neither right nor in time, and asked
// for as many images as one that did not.
func (c *inTime) add(r *request, deadline time.Duration, batch int) {
	if c.different == nil {
		c.different = map[string]bool{}
	}
	c.requests++
	in := !r.Failed && r.Measured >= 0 && r.Measured <= deadline
	if !in {
		c.late++
	}
	c.images += max(answers(r), batch)
	for i := range answers(r) {
		a := answer(r, i)
		c.different[a.Sample] = true
		if in {
			c.right += hit(a)
		}
	}
}

// onTime is what is said of some requests of an arm, warm-ups left out; nil
// where no deadline was set.
func (d *data) onTime(requests []*request) *OnTime {
	h := &d.run.Header
	if h.Require.Deadline <= 0 {
		return nil
	}
	var c inTime
	for _, r := range requests {
		c.add(r, h.Require.Deadline, h.Batch)
	}
	confidence := decides(h)
	out := &OnTime{Deadline: round(millis(h.Require.Deadline)), Requests: c.requests, Late: c.late,
		Share: Missing(), Interval: Range{Missing(), Missing()}, Asked: round(h.Require.OnTime),
		Attained: attained(c.late, c.requests, h.Require.OnTime, confidence), Needs: requestsFor(c.late, h.Require.OnTime, confidence),
		Effective: Missing(), EffectiveInterval: Range{Missing(), Missing()}}
	if c.requests == 0 {
		return out
	}
	share := float64(c.requests-c.late) / float64(c.requests)
	out.Share, out.Interval = round(share), wilson(share, float64(c.requests), h.Require.Confidence)
	if d.scored() {
		right := float64(c.right) / float64(c.images)
		out.Effective, out.EffectiveInterval = round(right), wilson(right, float64(len(c.different)), h.Require.Confidence)
	}
	return out
}

// onTimeOver is onTime of an arm over the valid conditions together.
func (d *data) onTimeOver(s *Summary, arm int) *OnTime {
	var all []*request
	for i := range d.cells {
		// A request that failed was not in time: that too many did is no
		// reason to leave them out.
		if !slices.ContainsFunc(s.Conditions[i].Reasons, func(f Finding) bool { return f.Name != Errors && f.Name != NoPairs }) {
			all = append(all, d.cells[i].requests[arm]...)
		}
	}
	return d.onTime(all)
}

// atMost is the probability that of n requests at most late are late, if each is
// with a probability of 1 − p: the regularized incomplete beta function
// I_p(n − late, late + 1).
func atMost(late, n int, p float64) float64 {
	if late >= n {
		return 1
	}
	return mathext.RegIncBeta(float64(n-late), float64(late+1), p)
}

// attained decides whether a share asked of requests is in time, of which late of n
// were not, as MLPerf's LoadGen does to stop early (loadgen/early_stopping.cc): yes
// where so few would be late with a probability of at most 1 − confidence if the
// share in time were less, which takes 459 requests at 99 % with a confidence of
// 99 % if none is late, and 662 if one is. No where so many would be late as seldom
// if it were more; nil where neither can be said.
func attained(late, n int, asked, confidence float64) *bool {
	if n == 0 || !(asked > 0 && asked < 1) {
		return nil
	}
	tail := 1 - confidence
	yes := atMost(late, n, asked) <= tail
	no := late > 0 && 1-atMost(late-1, n, asked) <= tail
	if !yes && !no {
		return nil
	}
	return &yes
}

// requestsFor is the fewest requests that attain a share with so many late ones; 0
// if the share is none that can be asked.
func requestsFor(late int, asked, confidence float64) int {
	if !(asked > 0 && asked < 1) {
		return 0
	}
	few := func(n int) bool { return atMost(late, n, asked) > 1-confidence }
	low, high := late, late+1
	for few(high) {
		low, high = high, 2*high
	}
	for low+1 < high {
		if middle := low + (high-low)/2; few(middle) {
			low = middle
		} else {
			high = middle
		}
	}
	return high
}
