package runner

import (
	"time"

	"github.com/testbed/testbed/scenarios"
)

// A pace estimates the time left. Making a world takes about the same for all
// trials; what its pairs take is known for the conditions that were seen, and
// the mean of those for the others.
type pace struct {
	done, total int // pairs
	per         []conditionPace
	setup       time.Duration // of all worlds made so far
	setups      int
	last        time.Time
}

// A conditionPace counts the pairs of a condition in trials: half a trial is
// half of its pairs.
type conditionPace struct {
	pairs int           // in a trial
	left  float64       // trials
	seen  float64       // trials
	spent time.Duration // on those seen
}

// newPace knows how many pairs of each trial are recorded already.
func newPace(plan *scenarios.Plan, recorded func(scenarios.Trial) int) *pace {
	p := &pace{per: make([]conditionPace, len(plan.Conditions)), last: time.Now()}
	for _, t := range plan.Trials {
		c := plan.Conditions[t.Condition]
		per := &p.per[t.Condition]
		per.pairs = len(t.First)
		first := recorded(t)
		todo := c.Warmup + c.Requests - first // the warm-ups are run again
		if first == c.Requests {
			todo = 0
		}
		per.left += float64(todo) / float64(per.pairs)
		p.done += per.pairs - todo
		p.total += per.pairs
	}
	return p
}

// entered notes that the world of a trial is made.
func (p *pace) entered() {
	p.setup += p.since()
	p.setups++
}

// did notes that a pair of a condition was done.
func (p *pace) did(condition int) {
	c := &p.per[condition]
	c.spent += p.since()
	c.seen += 1 / float64(c.pairs)
	c.left = max(0, c.left-1/float64(c.pairs))
	p.done++
}

// since is the time since it was last called.
func (p *pace) since() time.Duration {
	now := time.Now()
	d := now.Sub(p.last)
	p.last = now
	return d
}

// left returns the estimate; 0 before the first pair, and after the last.
func (p *pace) left() time.Duration {
	mean, seen := time.Duration(0), 0
	for _, c := range p.per {
		if c.seen > 0 {
			mean += c.trial()
			seen++
		}
	}
	if seen == 0 || p.done == p.total {
		return 0
	}
	var sum time.Duration
	for _, c := range p.per {
		each := mean / time.Duration(seen)
		if c.seen > 0 {
			each = c.trial()
		}
		sum += time.Duration(c.left * float64(each))
		sum += time.Duration(c.left) * (p.setup / time.Duration(max(1, p.setups))) // whole trials to come
	}
	return sum
}

// trial is how long the pairs of a whole trial take, by those seen.
func (c conditionPace) trial() time.Duration { return time.Duration(float64(c.spent) / c.seen) }
