package runner

import (
	"time"

	"github.com/testbed/testbed/scenarios"
)

// A pace estimates the time left: of every condition it keeps how long its
// pairs took, and it takes the mean over all for those not yet seen.
type pace struct {
	remaining   []int // pairs to do, by condition
	spent       []time.Duration
	count       []int
	last        time.Time
	done, total int
}

func newPace(plan *scenarios.Plan, done map[pairKey]int) *pace {
	n := len(plan.Conditions)
	p := &pace{remaining: make([]int, n), spent: make([]time.Duration, n), count: make([]int, n), last: time.Now()}
	for _, t := range plan.Trials {
		c := plan.Conditions[t.Condition]
		for i := range t.Samples {
			pair := i - c.Warmup
			if pair >= 0 && done[pairKey{c.ID, t.Repetition, pair}] >= len(plan.Scenario.Selectors) {
				p.done++
			} else {
				p.remaining[t.Condition]++
			}
			p.total++
		}
	}
	return p
}

// did notes that a pair of a condition was done. The time since the last one
// counts whole, the making of the world included.
func (p *pace) did(condition int) {
	now := time.Now()
	p.spent[condition] += now.Sub(p.last)
	p.count[condition]++
	p.remaining[condition] = max(0, p.remaining[condition]-1)
	p.done++
	p.last = now
}

// left returns the estimate; 0 before the first pair.
func (p *pace) left() time.Duration {
	var all time.Duration
	n := 0
	for i, d := range p.spent {
		all += d
		n += p.count[i]
	}
	if n == 0 {
		return 0
	}
	var sum time.Duration
	for i, pairs := range p.remaining {
		mean := all / time.Duration(n)
		if p.count[i] > 0 {
			mean = p.spent[i] / time.Duration(p.count[i])
		}
		sum += mean * time.Duration(pairs)
	}
	return sum
}
