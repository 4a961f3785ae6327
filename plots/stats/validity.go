package stats

import (
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
	emulated   bool                // on this machine: what was asked must have been probed and recorded
	checks     []*record.Check     // in order of repetition and node
	telemetry  []*record.Telemetry // of this condition
	tolerance  record.Tolerance
	condition  record.Condition
	links      []Link
	background []Background
	reasons    []Finding
	warnings   []Finding
	told       map[string]bool // what could be examined, by the name of the finding
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

// reasonOf is a reason with what was found and what it was held to.
func (w *world) reasonOf(value, limit float64, name, format string, args ...any) {
	w.reasons = append(w.reasons, finding(name, format, args...).of(value, limit))
}

func (w *world) warn(name, format string, args ...any) {
	w.warnings = append(w.warnings, finding(name, format, args...))
}

// finite says that x is a number.
func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

// timeText writes a time in the unit that reads best.
func timeText(d time.Duration) string { return Number(millis(d)).Millis() }

// failures are the reasons if too many requests failed: of all, or more than one
// of a single arm, whose slow requests its Δt would then be without.
func failures(arms []Arm) (reasons []Finding) {
	tooMany := func(who string, failed, all int) bool {
		share := float64(failed) / float64(max(all, 1))
		if share > mostFailures {
			reasons = append(reasons, finding(Errors, "%s%d of %d requests failed, tolerance %s", who, failed, all, Number(mostFailures).Percent(0)).of(share, mostFailures))
		}
		return share > mostFailures
	}
	var all, failed int
	for _, a := range arms {
		all, failed = all+a.Requests, failed+a.Errors
	}
	if tooMany("", failed, all) {
		return reasons
	}
	for _, a := range arms {
		if a.Errors > 1 {
			tooMany(a.Selector+": ", a.Errors, a.Requests)
		}
	}
	return reasons
}
