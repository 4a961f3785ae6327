package virtual

import (
	"math"
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/trace"
	"github.com/testbed/testbed/selector"
)

// computing is by what factor the node computes longer at a time, and until when:
// S(u) of the share u of the CPUs that the background uses. With a quota q the
// inference, on t threads, and the background, on the c CPUs, together get q: if
// they want more, each gets its part,
//
//	max(1, (t + c·u)/q)
func (n *node) computing(at time.Duration) (factor float64, until time.Duration) {
	u, until := n.load.CPU.Step(at - n.zero)
	factor = n.slow(u)
	if n.Quota > 0 {
		factor *= max(1, (float64(max(n.threads, 1))+n.cpus()*u)/n.Quota)
	}
	// What is rounded here is the same on processors that round products before
	// they are added and on those that do not.
	return math.Round(factor*1e9) / 1e9, n.worlds(until)
}

// inferring is computing for an inference. On a GPU it is slowed by those who
// use that, too: by selector.Prior, for nothing better is known.
func (n *node) inferring(at time.Duration) (factor float64, until time.Duration) {
	factor, until = n.computing(at)
	if n.gpu {
		g, till := n.load.GPU.Step(at - n.zero)
		factor, until = factor*math.Round(selector.Prior(g)*1e9)/1e9, min(until, n.worlds(till))
	}
	return factor, until
}

// worlds is a time of the load on the clock of the world.
func (n *node) worlds(of time.Duration) time.Duration {
	if of == trace.Forever {
		return of
	}
	return n.zero + of
}

// cpus is how many the node has; 1 where that is not known.
func (n *node) cpus() float64 { return float64(max(n.CPUs, n.profile.Device.CPUs, 1)) }

// window is the time of which a node says how much it was used.
const window = time.Second

// utilization is the mean share of the CPUs that the background used in the last
// second.
func (n *node) utilization(now time.Duration) float64 {
	return mean(n.load.CPU.Level, now-n.zero-window, now-n.zero)
}

// mean is the mean share of a level from one time since its begin to another,
// which is later. Before its begin it was as then.
func mean(l emulator.Level, from, to time.Duration) float64 {
	if l.Over == nil {
		return l.Share
	}
	first, _ := l.Step(0)
	sum := first*max(0, min(to, 0)-from).Seconds() + l.Integral(max(from, 0), max(to, 0))
	return math.Round(1e9*sum/(to-from).Seconds()) / 1e9
}
