// Package estimate is what a device can know of a path from the transfers that
// it made over it: their rate, and the round trip. It reads no clock.
package estimate

import (
	"time"

	"github.com/testbed/testbed/emulator/unit"
)

// initialWindow is what TCP sends before the first acknowledgement: ten
// segments of 1448 bytes (RFC 6928).
const initialWindow unit.Bytes = 10 * 1448

// pace is the time of each bit, in seconds, of n bytes that arrived within took,
// with slow start taken out: 1/r of the goodput r. took is from when the first
// byte could have arrived to when the last one had: it begins half a round trip
// after they were sent, or a whole one after they were asked for.
//
// It is the inverse of the model by which selectors predict a transfer over a
// connection that was idle, so that the rate predicts the transfer it is from:
//
//	took = 8n/r + Σ max(0, rtt − 2^i·IW/r)
//
// over the rounds i that end before the payload is out, (2^(i+1)−1)·IW < n. If
// the first k of them stall, which they do while 2^i·IW < r·rtt, that is
//
//	8/r = (took − k·rtt) / (n − (2^k−1)·IW)
//
// and k is the one for which that is so. A transfer that was over sooner than
// slow start lets it tells no rate: 0. Where it was over sooner by half a round
// and more, there was no slow start: the connection had not been idle for long.
// Of one that fits into the initial window, took can be below 0 where delays
// vary, and so can what is returned, which is 0 or more of any other: only the
// mean of several is a pace.
func pace(n unit.Bytes, took, rtt time.Duration) float64 {
	rest, window, left := n, initialWindow, took
	for {
		p := left.Seconds() / (8 * float64(rest))
		if rest <= window || 8*float64(window)*p >= rtt.Seconds() {
			return p // this round does not stall
		}
		rest, window, left = rest-window, 2*window, left-rtt
		switch {
		case left >= 0:
		case left < -rtt/2:
			return max(0, took.Seconds()) / (8 * float64(n))
		default:
			return 0
		}
	}
}
