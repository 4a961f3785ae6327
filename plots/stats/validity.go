package stats

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/testbed/testbed/emulator/unit"
	"github.com/testbed/testbed/runner/record"
)

// mostFailures is the share of failed requests above which a condition is
// invalid.
const mostFailures = 0.05

// A world is what was asked of the world in one condition, and what it gave.
type world struct {
	checks     []record.Check     // in order of repetition and node
	telemetry  []record.Telemetry // of this condition
	tolerance  record.Tolerance
	condition  record.Condition
	links      []Link
	background []Background
	reasons    []string
	warnings   []string
}

// examine compares asked and achieved.
func (w *world) examine() {
	w.examineChecks()
	w.examinePlayed()
	w.examineLinks()
	w.examineBackground()
}

// examineLinks lists every asked direction with the means over trials.
func (w *world) examineLinks() {
	for _, l := range w.condition.Links {
		w.links = append(w.links, w.link(l))
	}
	asked := func(node, direction string) bool {
		return slices.ContainsFunc(w.links, func(l Link) bool { return l.Node == node && l.Direction == direction })
	}
	for _, c := range w.checks { // what was probed though nobody asked
		for _, l := range c.Links {
			if !asked(c.Node, l.Direction) {
				w.links = append(w.links, w.link(record.Link{Node: c.Node, Direction: l.Direction, Rate: l.AskedRate, Delay: c.AskedRTT / 2}))
			}
		}
	}
}

// link averages the probes of one direction.
func (w *world) link(l record.Link) Link {
	out := Link{Node: l.Node, Direction: l.Direction, Trace: l.Trace, Also: l.Also,
		Asked:    Path{Rate: unlimited(l.Rate), Delay: round(millis(l.Delay)), RTT: Missing(), Loss: round(l.Loss)},
		Achieved: Path{Missing(), Missing(), Missing(), w.lost(l)}}
	var rates, asked, trips, wanted []float64
	var engines []string
	for _, c := range w.checks {
		if c.Node != l.Node {
			continue
		}
		trips, wanted = append(trips, millis(c.RTT)), append(wanted, millis(c.AskedRTT))
		if c.Engine != "" && !slices.Contains(engines, c.Engine) {
			engines = append(engines, c.Engine)
		}
		for _, d := range c.Links {
			if d.Direction == l.Direction && d.Rate > 0 {
				rates, asked = append(rates, float64(d.Rate)), append(asked, float64(d.AskedRate))
			}
		}
	}
	out.Engine = strings.Join(engines, ", ")
	if len(trips) > 0 {
		out.Asked.RTT, out.Achieved.RTT = round(mean(wanted)), round(mean(trips))
		out.Achieved.Delay = round(millis(l.Delay) + (mean(trips)-mean(wanted))/2)
		out.Achieved.Rate = round(mean(rates))
		if l.Varies && len(asked) > 0 {
			out.Asked.Rate = unlimited(unit.BitRate(mean(asked)))
		}
	}
	if l.Varies && l.Loss == 0 {
		out.Asked.Loss = Missing() // it may be what varies
	}
	return out
}

// lost is the share of packets that a direction lost while requests were made;
// missing if none came, or its engine does not tell losses from drops.
func (w *world) lost(l record.Link) Number {
	var offered, lost int64
	for _, p := range w.playedTrials() {
		if p.link == l.Node && p.direction == l.Direction {
			offered, lost = offered+p.offered, lost+p.lost
		}
	}
	if offered == 0 || !w.relayed(l.Node) {
		return Missing()
	}
	return round(float64(lost) / float64(offered))
}

// unlimited is a rate, missing where there is no limit.
func unlimited(r unit.BitRate) Number {
	if r == 0 {
		return Missing()
	}
	return Number(r)
}

// examineBackground compares mean utilization of each node that was to have
// some, of the condition's seconds in which it was asked for.
func (w *world) examineBackground() {
	for _, node := range w.loaded() {
		b := Background{Node: node, Resource: "cpu", Asked: Missing(), Achieved: Missing(), Busy: Missing()}
		var of []record.Telemetry
		for _, t := range w.telemetry {
			if t.Node == node && t.CPUAsked > 0 && finite(t.CPUAchieved) {
				of = append(of, t)
			}
		}
		asked := over(of, func(t record.Telemetry) float64 { return t.CPUAsked })
		achieved := over(of, func(t record.Telemetry) float64 { return t.CPUAchieved })
		b.Asked, b.Achieved = round(asked), round(achieved)
		b.Busy = round(over(of, func(t record.Telemetry) float64 { return t.CPUBusy }))
		if len(of) == 0 {
			b.Asked = w.askedOf(node)
			if b.Asked > 0 {
				w.warnings = append(w.warnings, fmt.Sprintf("%s cpu: no telemetry says what background load was achieved", node))
			}
		} else if w.tolerance.CPU > 0 && math.Abs(achieved-asked) > w.tolerance.CPU {
			w.reason("%s cpu: achieved %s of %s asked, tolerance %s points", node,
				b.Achieved.Percent(1), b.Asked.Percent(1), Number(100*w.tolerance.CPU).Significant(3))
		}
		w.background = append(w.background, b)
	}
}

// over is the mean over time of a quantity: each line of telemetry weighs as
// long as it covers; all weigh the same if none says how long that is.
func over(lines []record.Telemetry, of func(record.Telemetry) float64) float64 {
	var sum, whole float64
	var values []float64
	for _, t := range lines {
		long := max((t.At - t.From).Seconds(), 0)
		values = append(values, of(t))
		sum, whole = sum+of(t)*long, whole+long
	}
	if whole == 0 {
		return mean(values)
	}
	return sum / whole
}

// loaded are the nodes that background load was asked on, by the condition or
// by telemetry, in order of mention.
func (w *world) loaded() (nodes []string) {
	for _, b := range w.condition.Background {
		if b.Resource == "cpu" && !slices.Contains(nodes, b.Node) {
			nodes = append(nodes, b.Node)
		}
	}
	for _, t := range w.telemetry {
		if t.CPUAsked > 0 && !slices.Contains(nodes, t.Node) {
			nodes = append(nodes, t.Node)
		}
	}
	return nodes
}

func (w *world) askedOf(node string) Number {
	for _, b := range w.condition.Background {
		if b.Node == node {
			return round(b.Asked)
		}
	}
	return Missing()
}

func (w *world) reason(format string, args ...any) {
	w.reasons = append(w.reasons, fmt.Sprintf(format, args...))
}

// finite says that x is a number.
func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

// timeText writes a time in the unit that reads best.
func timeText(d time.Duration) string { return Number(millis(d)).Millis() }

// failures is a reason if too many requests failed; empty if not.
func failures(arms []Arm) string {
	var all, failed int
	for _, a := range arms {
		all, failed = all+a.Requests, failed+a.Errors
	}
	if all == 0 || float64(failed) <= mostFailures*float64(all) {
		return ""
	}
	return fmt.Sprintf("%d of %d requests failed, tolerance %s", failed, all, Number(mostFailures).Percent(0))
}
