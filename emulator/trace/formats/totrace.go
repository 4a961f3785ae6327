package formats

import (
	"fmt"
	"math"
	"time"

	"github.com/testbed/testbed/emulator/trace"
)

// maxOpportunities is how many a Trace made of rates may have: ten minutes of
// 0.6 Gbit/s.
const maxOpportunities = 32 << 20

// ToTrace turns rates into opportunities of a full frame, 1514 bytes on
// Ethernet, each at the millisecond in which the rates have summed up to it:
// what remains is carried from step to step, and none is early.
//
//	opportunity k at the first t with ∫rate from 0 to t = k · 1514 · 8 bits
//
// The rate of c is thus taken to count Ethernet. As Mahimahi's format has no
// other way to say how long a trace is, the last opportunity is at the end, to
// which one is added if the rates have none there: a period is at most one
// frame too much. Wrap is not kept, for a Trace loops.
func ToTrace(c Column) (*trace.Trace, error) {
	if c.Quantity != Rate {
		return nil, fmt.Errorf("column %s: want a rate", c.Name)
	}
	if err := c.Check(); err != nil {
		return nil, fmt.Errorf("column %s: %w", c.Name, err)
	}
	const bits = float64(trace.MahimahiQuantum * 8)
	if n := c.Integral(0, c.Period) / bits; n > maxOpportunities {
		return nil, fmt.Errorf("column %s: %.0f opportunities: want at most %d: cut it", c.Name, n, maxOpportunities)
	}
	t := &trace.Trace{Name: c.Series.Name, Period: ceilMS(c.Period), Quantum: trace.MahimahiQuantum}
	need := bits // until the next opportunity
	for i, from := range c.At {
		to := c.Period
		if i+1 < len(c.At) {
			to = c.At[i+1]
		}
		rate, has := c.Value[i], c.Value[i]*(to-from).Seconds()
		for used := need; used <= has; used += bits {
			after := time.Duration(math.Round(used / rate * 1e9))
			t.At = append(t.At, min(ceilMS(from+after), t.Period))
			need = used + bits
		}
		need -= has
	}
	if len(t.At) == 0 {
		return nil, fmt.Errorf("column %s: %w: it carries less than %d bytes", c.Name, trace.ErrEmpty, trace.MahimahiQuantum)
	}
	if t.At[len(t.At)-1] < t.Period {
		t.At = append(t.At, t.Period)
	}
	return t, nil
}

// ceilMS rounds up to milliseconds.
func ceilMS(t time.Duration) time.Duration {
	return (t + time.Millisecond - 1).Truncate(time.Millisecond)
}
