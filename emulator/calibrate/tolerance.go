//go:build linux

package calibrate

import (
	"fmt"
	"math"
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/netns"
	"github.com/testbed/testbed/emulator/unit"
)

// The targets, on an otherwise idle machine. Under full load they are twice as
// wide (Slack).
const (
	GoodputTolerance     = 0.01                   // of R · 1448/1514, up to 100 Mbit/s
	FastGoodputTolerance = 0.03                   // the same above
	RoundTripMedian      = 100 * time.Microsecond // error of the median round trip
	RoundTripP99         = time.Millisecond       // error of its 99th percentile
	OneShotShare         = 0.02                   // of formula F2, or OneShotLeast if that is more
	OneShotLeast         = time.Millisecond
	LagP99               = time.Millisecond // how late a packet leaves the relay, 99th percentile
	StepLateP99          = time.Millisecond // how late a step of a trace is applied, 99th percentile
	ReplayTolerance      = 0.02             // mean error of bytes delivered in a second of a trace, of their mean
	Capacity             = unit.Gbps        // one way, at least
	WorldUp              = 100 * time.Millisecond
	WorldDown            = 50 * time.Millisecond
)

// Slack is the factor by which tolerances are wider under a load: 2 if the
// machine is busy, else 1.
func Slack(busy bool) float64 {
	if busy {
		return 2
	}
	return 1
}

// Judge holds what an engine says of itself about one direction of a link to
// the same tolerances: its lag (LagP99) and the lateness of its steps
// (StepLateP99). busy says that the machine carried background load. It
// returns why the link was outside, and "" if it was not; what an engine does
// not tell is not judged.
func Judge(s netns.LinkStatus, busy bool) string {
	slack := Slack(busy)
	for _, q := range []struct {
		what  string
		got   time.Duration
		limit time.Duration
	}{
		{"packets left late", s.LagP99, LagP99},
		{"steps were applied late", s.Steps.LateP99, StepLateP99},
	} {
		if limit := time.Duration(slack * float64(q.limit)); q.got > limit {
			return fmt.Sprintf("%s: by %v at the 99th percentile; want at most %v", q.what, q.got.Round(10*time.Microsecond), limit)
		}
	}
	return ""
}

// The sizes of a full TCP segment with timestamps.
const (
	segment  = 1448 // payload
	overhead = 66   // headers of each packet, Ethernet's included
)

// Goodput returns what TCP carries of payload over a link of rate r, Ethernet
// counted: r · 1448/1514 (reference: F1).
func Goodput(r unit.BitRate) float64 { return float64(r) * segment / float64(emulator.FullFrame) }

// OneShot returns how long n bytes take on an open, warm TCP connection over a
// link of rate r and delay d, until the last has arrived:
// d + 8·(n + 66·⌈n/1448⌉)/r (reference: F2).
func OneShot(n unit.Bytes, r unit.BitRate, d time.Duration) time.Duration {
	packets := (n + segment - 1) / segment
	return d + r.TimeToSend(n+overhead*packets)
}

// OneShotTolerance is how far a transfer that takes t may be off.
func OneShotTolerance(t time.Duration) time.Duration {
	return max(time.Duration(OneShotShare*float64(t)), OneShotLeast)
}

// z99 is the quantile of the normal distribution that leaves out 1 % at both
// ends together.
const z99 = 2.5758

// lossTolerance is half of the 99 % interval of the share of n packets that
// are lost, if the mean loss is p in runs of burst on average (1: independent
// losses, and the binomial interval).
//
// The two states of Gilbert's model have the autocorrelation ρ = 1 − P(good→
// bad) − P(bad→good), which widens the variance by (1+ρ)/(1−ρ).
func lossTolerance(p, burst float64, n int) float64 {
	rho := 0.0
	if burst > 1 {
		rho = 1 - p/(burst*(1-p)) - 1/burst
	}
	return z99 * math.Sqrt(p*(1-p)/float64(n)*(1+rho)/(1-rho))
}

// burstTolerance is half of the 99 % interval of the mean of so many runs of
// losses, whose lengths are geometric with the mean burst.
func burstTolerance(burst float64, runs int) float64 {
	return z99 * burst * math.Sqrt((1-1/burst)/float64(max(runs, 1)))
}
