package formats

import (
	"cmp"
	"slices"
	"time"

	"github.com/testbed/testbed/emulator/trace"
)

// A Summary is what one column of a Recording is like. Values are in the unit
// of their Quantity, and weighted by the time for which they hold: P5 is the
// smallest value such that 5 % of the time are at or below it.
type Summary struct {
	Column                       string
	Quantity                     Quantity
	Mean, Min, P5, P50, P95, Max float64
	Zero                         float64       // share of the time at 0
	Zeros                        int           // times that it is 0 without a break; of rates: outages
	LongestZero                  time.Duration // the longest of them; 0 if there is none
	Steps                        int
	Length                       time.Duration
	MedianStep                   time.Duration // how long a step lasts; half of them are not longer
}

// Summary returns a Summary of each column, and before them of Trace if there
// is one, as its rate in bins of 1 s (longer ones past a day).
func (r *Recording) Summary() (all []Summary) {
	if r.Trace != nil {
		bin := max(time.Second, (r.Trace.Period / 1e5).Round(time.Second))
		all = append(all, Binned(r.Trace, bin).Summary())
	}
	for _, c := range r.Columns {
		all = append(all, c.Summary())
	}
	return all
}

// Summary returns the Summary of a period of c.
func (c Column) Summary() Summary {
	s := Summary{Column: c.Name, Quantity: c.Quantity, Mean: c.Mean(), Steps: len(c.At), Length: c.Period}
	s.Min, s.Max = c.Range()
	var zero, run time.Duration
	for i, v := range c.Value {
		length := c.lasts(i)
		if v != 0 {
			run = 0
			continue
		}
		if run == 0 {
			s.Zeros++
		}
		run += length
		zero += length
		s.LongestZero = max(s.LongestZero, run)
	}
	s.Zero = float64(zero) / float64(c.Period)
	steps := make([]time.Duration, len(c.At))
	for i := range steps {
		steps[i] = c.lasts(i)
	}
	slices.Sort(steps)
	s.MedianStep = steps[(len(steps)-1)/2]
	q := c.quantiles(0.05, 0.5, 0.95)
	s.P5, s.P50, s.P95 = q[0], q[1], q[2]
	return s
}

// quantiles returns, for each of shares, 0 to 1 and rising, the smallest value
// such that c is at or below it for that share of a period.
func (c Column) quantiles(shares ...float64) (values []float64) {
	order := make([]int, len(c.Value))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(c.Value[a], c.Value[b]) })
	sum := time.Duration(0)
	for _, i := range order {
		sum += c.lasts(i)
		for len(values) < len(shares) && float64(sum) >= shares[len(values)]*float64(c.Period) {
			values = append(values, c.Value[i])
		}
	}
	for len(values) < len(shares) { // above 1
		values = append(values, c.Value[order[len(order)-1]])
	}
	return values
}

// lasts is how long step i lasts.
func (c Column) lasts(i int) time.Duration {
	if i+1 < len(c.At) {
		return c.At[i+1] - c.At[i]
	}
	return c.Period - c.At[i]
}

// Binned returns the rate of t in bins, a column named rate. An opportunity at
// the edge of two bins is in the later, but at the end of the period in the
// last; a last bin of less than half is one with that before it.
func Binned(t *trace.Trace, bin time.Duration) Column {
	n := max(int((t.Period+bin/2)/bin), 1)
	c := Column{Name: "rate", Quantity: Rate}
	c.Series.Name, c.Period = t.Name, t.Period
	c.Value = make([]float64, n)
	for _, at := range t.At {
		c.Value[min(int(at/bin), n-1)] += float64(t.Quantum * 8)
	}
	for i := range n {
		c.At = append(c.At, time.Duration(i)*bin)
	}
	for i := range n {
		c.Value[i] /= c.lasts(i).Seconds()
	}
	return c
}
