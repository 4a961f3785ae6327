//go:build linux

package load

import (
	"math"
	"time"

	"golang.org/x/sys/unix"
)

// A computing is a worker on its CPU. What it uses is its thread's CPU time, all
// of it: also what reading the clocks takes.
type computing struct {
	x    float64 // kept, so that the compiler keeps the work
	step float64 // nanoseconds that one takes, by the first ones
}

// A turn of computing is long against reading the clocks, which takes most of a
// microsecond, and short against a period.
const (
	longTurn  = 200 * time.Microsecond
	shortTurn = 5 * time.Microsecond
)

// newComputing measures how fast this thread is.
func newComputing() *computing {
	c := &computing{}
	const steps = 50000
	from := c.used()
	c.compute(steps)
	c.step = max(0.1, float64(c.used()-from)/steps)
	return c
}

func (c *computing) work(left time.Duration) {
	c.compute(int(float64(max(shortTurn, min(left, longTurn))) / c.step))
}

func (c *computing) compute(steps int) {
	x := c.x
	for range steps {
		x = math.Sqrt(x + 1)
	}
	c.x = x
}

func (c *computing) used() time.Duration { return kernelTime(unix.CLOCK_THREAD_CPUTIME_ID) }
