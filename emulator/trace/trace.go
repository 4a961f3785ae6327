// Package trace holds quantities over time as data. So far that is the
// capacity of a link, in the packet-delivery format of Mahimahi.
package trace

import (
	"time"

	"github.com/testbed/testbed/emulator/unit"
)

// A Trace is the capacity of one direction of a link: a list of delivery
// opportunities. At each instant of At, up to Quantum bytes may leave the
// bottleneck; what is not used at that instant is lost, not saved up.
//
//	At       0    3  3      8      Period = 10
//	         |    |  |      |         |
//	         1500 1500+1500 1500      0 … (again)
//
// After Period the trace starts over. Every replay of one Trace offers the
// same bytes at the same instants, which is the reason to use one.
//
// A Trace is read-only once made, and may be shared by goroutines.
type Trace struct {
	Name    string          // where it came from, as records show it
	At      []time.Duration // nondecreasing, 0 ≤ At[i] ≤ Period; at least one
	Period  time.Duration   // positive
	Quantum unit.Bytes      // bytes for each opportunity; positive
}
