package replay

import (
	"slices"
	"time"

	"github.com/testbed/testbed/emulator/trace"
	"github.com/testbed/testbed/runner/record"
	"github.com/testbed/testbed/scenarios"
)

// A span is the time of one request by the run's clock, which is ahead of the
// trial's clock by so much then.
type span struct{ from, to, ahead time.Duration }

// spans are the requests of a trial's arms, in the order in which they were
// made. All requests of a pair begin at one instant of the trial where the world
// varies and can be rewound, and a replay of what was measured does vary. So the
// clock of the trial is told by the pairs:
//
//	run    greedy─┐advanced┐oracle … ┐greedy──┐advanced─┐
//	trial  ├ pair 0 ┤                ├ pair 1 ─┤
//
// The next pair begins where the longest request of the one before ended. Where
// the recorded world varied, decisions say at which instant they were made, and
// that counts. What happened between requests is left out.
func (t *recorded) spans(c scenarios.Condition) (all []span) {
	began, longest, pair := time.Duration(0), time.Duration(0), 0
	varied := c.Varies()
	for i, r := range t.requests {
		if i == 0 || r.Pair != pair {
			began, pair = longest+c.Think, r.Pair
		}
		at := began
		if d, known := t.decisions[armPair{r.Arm, r.Pair}]; known && varied {
			at = d.Observed.Now
		}
		all = append(all, span{r.Due, r.Done, r.Due - at})
		longest = max(longest, at+r.Done-r.Due)
	}
	return all
}

// A second is what telemetry says of one second of a trial's clock: a mean over
// that many seconds of the run's, which are 0 if no request was under way then.
type second struct{ achieved, asked, weight float64 }

// A quantity is what a line of telemetry says was achieved and asked; ok is
// false if it says nothing of it.
type quantity func(record.Telemetry) (achieved, asked float64, ok bool)

// seconds are the means of a quantity of a node over the trial's clock, from its
// 0 on; none if there is no telemetry of it.
func (t *recorded) seconds(node string, spans []span, of quantity) (all []second) {
	for _, line := range t.telemetry {
		if line.Node != node {
			continue
		}
		achieved, asked, ok := of(line)
		if !ok {
			continue
		}
		first, _ := slices.BinarySearchFunc(spans, line.From, func(s span, at time.Duration) int {
			if s.to <= at {
				return -1
			}
			return 1
		})
		for _, s := range spans[first:] {
			if s.from >= line.At {
				break
			}
			all = count(all, max(line.From, s.from)-s.ahead, min(line.At, s.to)-s.ahead, achieved, asked)
		}
	}
	for i, s := range all {
		if s.weight > 0 {
			all[i].achieved, all[i].asked = s.achieved/s.weight, s.asked/s.weight
		}
	}
	return all
}

// count adds a quantity from one instant of the trial's clock to another.
func count(all []second, from, to time.Duration, achieved, asked float64) []second {
	for from = max(from, 0); from < to; {
		i := int(from / time.Second)
		end := min(to, time.Duration(i+1)*time.Second)
		for len(all) <= i {
			all = append(all, second{})
		}
		long := (end - from).Seconds()
		all[i].achieved += float64(achieved * long) // rounded first, so that all machines agree
		all[i].asked += float64(asked * long)
		all[i].weight += long
		from = end
	}
	return all
}

// series is what was achieved each second, times a factor; where nothing is
// known the second before counts, or the first that is known. After its end the
// last value stays.
func series(name string, all []second, factor float64) *trace.Series {
	s := &trace.Series{Name: name, Period: time.Duration(len(all)) * time.Second, Wrap: trace.Hold}
	for i, sec := range all {
		value := sec.achieved * factor
		switch {
		case sec.weight == 0 && len(s.Value) == 0, len(s.Value) > 0 && (sec.weight == 0 || value == s.Value[len(s.Value)-1]):
			continue
		case len(s.At) == 0:
			i = 0
		}
		s.At, s.Value = append(s.At, time.Duration(i)*time.Second), append(s.Value, value)
	}
	return s
}

// ratio is how much was achieved of what was asked over all seconds, and whether
// in each of them that was so, within slack of the quantity; asked is false if
// nothing was.
func ratio(all []second, slack float64) (r float64, steady, asked bool) {
	var got, want float64
	for _, s := range all {
		got, want = got+float64(s.achieved*s.weight), want+float64(s.asked*s.weight)
	}
	if want == 0 {
		return 0, false, false
	}
	r = got / want
	for _, s := range all {
		if off := s.achieved - float64(r*s.asked); s.weight > 0 && (off > slack || off < -slack) {
			return r, false, true
		}
	}
	return r, true, true
}
