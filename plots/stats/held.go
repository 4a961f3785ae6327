package stats

import (
	"time"

	"github.com/testbed/testbed/runner/record"
)

// A request is late that was sent later than it was due by more than 1 % of the
// mean time between requests and more than 5 ms: handing one over takes about a
// millisecond now and then on any machine. A condition is not valid if more than
// 1 % of its requests are, and more than one is.
const (
	lateShare = 0.01
	lateTime  = 5 * time.Millisecond
	mostLate  = 0.01
)

// A node was held back by heat in a second in which it was busy, hot and
// slower than it could be: its CPUs ran for at least half of the time, a sensor
// had at least 80 °C, where small devices begin to slow down, and the frequency
// was under 80 % of the highest that the run saw of the node. More than 5 % of
// such seconds among the busy ones make a condition not valid. A quota that
// holds a node back was asked for, and is no fault.
const (
	busyShare   = 0.5
	hot         = 80.0
	slowed      = 0.8
	mostSlowed  = 0.05
	fewSlowSecs = 2 // are no reason
)

// examineGenerator looks at how late requests were sent. Without a pause before
// it each is sent as soon as the one before has ended: none can be late.
func (w *world) examineGenerator(requests [][]*request) {
	if w.condition.Think <= 0 {
		return
	}
	n, took := 0, time.Duration(0)
	for _, arm := range requests {
		for _, r := range arm {
			n, took = n+1, took+r.Done-r.Sent
		}
	}
	if n == 0 {
		return
	}
	w.told[Generator] = true
	limit := max(time.Duration(lateShare*float64(w.condition.Think+took/time.Duration(n))), lateTime)
	late := 0
	for _, arm := range requests {
		for _, r := range arm {
			if time.Duration(r.late)*time.Microsecond > limit {
				late++
			}
		}
	}
	if share := float64(late) / float64(n); late > 1 && share > mostLate {
		w.reasonOf(share, mostLate, Generator, "%d of %d requests were sent more than %s late; tolerance %s of requests",
			late, n, timeText(limit), Number(mostLate).Percent(0))
	}
}

// examineHeat looks for seconds in which heat held a node back. fastest is the
// highest frequency of each node in the run.
func (w *world) examineHeat(fastest map[string]float64) {
	type count struct{ busy, slow int }
	counts := map[string]*count{}
	var nodes []string
	for _, t := range w.telemetry {
		if !(t.FrequencyMHz > 0 && t.TemperatureC > 0) {
			continue
		}
		w.told[Throttling] = true
		c := counts[t.Node]
		if c == nil {
			c = &count{}
			counts[t.Node], nodes = c, append(nodes, t.Node)
		}
		if t.CPUBusy < busyShare {
			continue
		}
		c.busy++
		if t.TemperatureC >= hot && t.FrequencyMHz < slowed*fastest[t.Node] {
			c.slow++
		}
	}
	for _, node := range nodes {
		c := counts[node]
		if share := float64(c.slow) / float64(max(c.busy, 1)); c.slow > fewSlowSecs && share > mostSlowed {
			w.reasonOf(share, mostSlowed, Throttling, "%s: in %d of %d seconds in which its CPUs were busy they were hot (%.0f °C or more) and slower than %s of their highest frequency, %.0f MHz",
				node, c.slow, c.busy, hot, Number(slowed).Percent(0), fastest[node])
		}
	}
}

// fastest is the highest frequency of each node, in MHz.
func fastest(telemetry []record.Telemetry) map[string]float64 {
	out := map[string]float64{}
	for _, t := range telemetry {
		out[t.Node] = max(out[t.Node], t.FrequencyMHz)
	}
	return out
}
