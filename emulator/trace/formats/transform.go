package formats

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// Cut returns what c is in [from, to) of its period, beginning at 0 again.
// 0 ≤ from < to ≤ Period.
func (c Column) Cut(from, to time.Duration) (Column, error) {
	if from < 0 || from >= to || to > c.Period {
		return Column{}, fmt.Errorf("column %s: cut from %v to %v: want times that rise, within 0 to %v", c.Name, from, to, c.Period)
	}
	first, found := slices.BinarySearch(c.At, from)
	if !found {
		first--
	}
	last, _ := slices.BinarySearch(c.At, to)
	cut := c
	cut.At, cut.Value = slices.Clone(c.At[first:last]), slices.Clone(c.Value[first:last])
	for i := range cut.At {
		cut.At[i] = max(cut.At[i]-from, 0)
	}
	cut.Period = to - from
	return cut, nil
}

// Faster returns c with its time compressed by a factor, above 0: 2 plays it in
// half the time. Values stay, so a rate carries half as much in all.
func (c Column) Faster(factor float64) (Column, error) {
	if !(factor > 0) || math.IsInf(factor, 0) {
		return Column{}, fmt.Errorf("column %s: faster by %v: want a factor above 0", c.Name, factor)
	}
	scale := func(t time.Duration) time.Duration {
		return time.Duration(math.Round(min(float64(t)/factor, math.MaxInt64/2)))
	}
	fast := c
	fast.At, fast.Value = make([]time.Duration, len(c.At)), slices.Clone(c.Value)
	for i, at := range c.At {
		fast.At[i] = scale(at)
	}
	fast.Period = scale(c.Period)
	if err := fast.Check(); err != nil { // steps of less than 1 ns, or past all times
		return Column{}, fmt.Errorf("column %s: faster by %v: %w", c.Name, factor, err)
	}
	return fast, nil
}

// Scale returns c with its values times a factor, 0 or more. That losses and
// utilizations stay shares, of at most 1, is the caller's to see to; above it
// is an error.
func (c Column) Scale(factor float64) (Column, error) {
	if !(factor >= 0) || math.IsInf(factor, 0) {
		return Column{}, fmt.Errorf("column %s: scale by %v: want a factor of 0 or more", c.Name, factor)
	}
	scaled := c
	scaled.Value = make([]float64, len(c.Value))
	for i, v := range c.Value {
		scaled.Value[i] = v * factor
	}
	if _, most := scaled.Range(); math.IsInf(most, 0) || most > 1 && (c.Quantity == Loss || c.Quantity == Utilization) {
		return Column{}, fmt.Errorf("column %s: scale by %v gives up to %v: want less", c.Name, factor, most)
	}
	return scaled, nil
}
