package emulator

import (
	"math"
	"time"

	"github.com/testbed/testbed/emulator/trace"
	"github.com/testbed/testbed/emulator/unit"
)

// moments is the bottleneck that follows a Trace: it sends at the moments of
// its opportunities, except in Outages.
type moments struct {
	trace   *trace.Trace
	outages []Outage
	quantum unit.Bytes    // on the layer of the link
	full    time.Duration // what frame returns

	next int64         // the opportunity to use
	at   time.Duration // its time
	left unit.Bytes    // of it
	end  int64         // the last whose time can be counted, about
}

func newMoments(l *Link) *moments {
	q, n := l.quantum(), int64(len(l.Trace.At))
	m := &moments{
		trace: l.Trace, outages: l.Outages, quantum: q,
		full: 2 * l.MeanRate().TimeToSend(l.Layer.Size(FullFrame)),
		end:  math.MaxInt64/max(n, int64(l.Trace.Period))*n - n,
	}
	m.use(0)
	return m
}

// begin is the next opportunity with bytes left. Those before are gone, for
// nobody was there.
func (m *moments) begin(from time.Duration) time.Duration {
	if m.at < from {
		m.use(m.trace.Before(from))
	}
	if m.left == 0 && m.at < never {
		m.use(m.next + 1)
	}
	return m.at
}

// send takes what is left of the next opportunity, and as many more as n bytes
// need.
func (m *moments) send(from time.Duration, n unit.Bytes) time.Duration {
	m.begin(from)
	for n > m.left && m.at < never {
		n -= m.left
		more := int64((n - 1) / m.quantum) // to be used up
		if len(m.outages) > 0 {
			more = 0 // each may be in one
		}
		n -= unit.Bytes(more) * m.quantum
		m.use(m.next + more + 1)
	}
	m.left -= min(n, m.left)
	return m.at
}

// use goes on to opportunity k, or the first after it that is in no outage.
func (m *moments) use(k int64) {
	m.left = m.quantum
	for range patience {
		if k < 0 || k > m.end { // below 0: k was too large to be counted
			break
		}
		m.next, m.at = k, m.trace.Opportunity(k)
		if len(m.outages) == 0 {
			return
		}
		still, until := stands(m.outages, m.at)
		if !still {
			return
		}
		k = max(m.trace.Before(until), k+1)
	}
	m.at = never
}

// frame is at the mean rate of the trace, and twice: a packet waits for the
// opportunity of the one before, and for its own.
func (m *moments) frame() time.Duration { return m.full }
