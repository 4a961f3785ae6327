package stats

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/testbed/testbed/runner/record"
)

// A loaded is one resource of a node under background load, in one condition.
type loaded struct {
	node, resource string
	asked          *record.Background // nil: telemetry alone says that there was some
	lines          []loadLine
}

// A loadLine is what one line of telemetry says of it.
type loadLine struct {
	asked, achieved, bps float64
	of                   *record.Telemetry
}

// examineBackground compares what was asked of every resource of every node
// with what was achieved: means over the time in which load was asked for and,
// of a level that varies, means over each line of telemetry, too.
func (w *world) examineBackground() {
	for _, l := range w.loads() {
		w.background = append(w.background, w.compareLoad(l))
	}
}

// loads are the resources that load was asked of, by the condition or by
// telemetry, in order of mention.
func (w *world) loads() (all []*loaded) {
	find := func(node, resource string) *loaded {
		for _, l := range all {
			if l.node == node && l.resource == resource {
				return l
			}
		}
		all = append(all, &loaded{node: node, resource: resource})
		return all[len(all)-1]
	}
	for i := range w.condition.Background {
		b := &w.condition.Background[i]
		find(b.Node, b.Resource).asked = b
	}
	for _, t := range w.telemetry {
		if t.CPUAsked > 0 {
			find(t.Node, record.CPU)
		}
		for _, s := range t.Loads {
			if s.Asked > 0 {
				find(t.Node, s.Resource)
			}
		}
	}
	for _, t := range w.telemetry {
		for _, l := range all {
			if l.node == t.Node {
				l.add(t)
			}
		}
	}
	return all
}

// add takes in a line of telemetry of the node: of a level that does not vary,
// only if load was asked for then. Of a bulk transfer nothing is asked.
func (l *loaded) add(t *record.Telemetry) {
	line := loadLine{asked: math.NaN(), of: t}
	if l.resource == record.CPU {
		line.asked, line.achieved = t.CPUAsked, t.CPUAchieved
	}
	for _, s := range t.Loads {
		if s.Resource == l.resource {
			line = loadLine{s.Asked, s.Achieved, s.Bps, t}
		}
	}
	if finite(line.asked) && finite(line.achieved) && (line.asked > 0 || l.constant() || l.varies() || l.bulk()) {
		l.lines = append(l.lines, line)
	}
}

// constant says that the condition asks for one level, all the time.
func (l *loaded) constant() bool { return l.asked != nil && l.asked.Asked > 0 && !l.asked.Varies }

func (l *loaded) varies() bool { return l.asked != nil && l.asked.Varies }

// bulk says that the load takes what it can get: there is no level to reach.
func (l *loaded) bulk() bool {
	return l.asked != nil && l.asked.Gives && l.asked.Asked == 0 && !l.varies()
}

// over is the mean over time of a quantity: each line of telemetry weighs as
// long as it covers; all weigh the same if none says how long that is.
func (l *loaded) over(of func(loadLine) float64) float64 {
	var sum, whole float64
	var values []float64
	for _, line := range l.lines {
		v, long := of(line), max((line.of.At-line.of.From).Seconds(), 0)
		values = append(values, v)
		sum, whole = sum+v*long, whole+long
	}
	if whole == 0 {
		return mean(values)
	}
	return sum / whole
}

// share is the mean over time of a quantity of telemetry.
func (l *loaded) share(of func(*record.Telemetry) float64) Number {
	return round(l.over(func(line loadLine) float64 { return of(line.of) }))
}

// compareLoad compares one resource.
func (w *world) compareLoad(l *loaded) Background {
	b := Background{Node: l.node, Resource: l.resource, Asked: Missing(), Achieved: Missing(), Busy: Missing(),
		Off: Missing(), Bps: Missing(), Varies: l.varies()}
	if len(l.lines) == 0 {
		if l.asked != nil {
			b.Asked = round(l.asked.Asked)
		}
		const untold = "%s %s: no telemetry says what background load was achieved"
		switch {
		case !(b.Asked > 0):
		case w.emulated && w.tolerance.CPU > 0:
			w.reasonOf(math.NaN(), math.NaN(), Load, untold, l.node, l.resource)
		default:
			w.warn(Load, untold, l.node, l.resource)
		}
		return b
	}
	b.Asked = round(l.over(func(x loadLine) float64 { return x.asked }))
	if l.constant() {
		b.Asked = round(l.asked.Asked) // whatever the node was told
	}
	b.Achieved = round(l.over(func(x loadLine) float64 { return x.achieved }))
	if bps := l.over(func(x loadLine) float64 { return x.bps }); bps > 0 {
		b.Bps = round(bps)
	}
	switch l.resource {
	case record.CPU:
		b.Busy = l.share(func(t *record.Telemetry) float64 { return t.CPUBusy })
		b.Users = l.users(b)
	case record.GPU:
		b.Busy = l.share(func(t *record.Telemetry) float64 { return t.GPU })
	}
	if l.bulk() {
		b.Asked = Missing()
		return b
	}
	if b.Varies {
		b.Off = round(l.over(func(x loadLine) float64 { return math.Abs(x.achieved - x.asked) }))
	}
	w.judgeLoad(l, b)
	return b
}

// users are who had the CPUs meanwhile; nil where nobody counted.
func (l *loaded) users(b Background) *Users {
	if !b.Busy.Known() || b.Busy == 0 {
		return nil
	}
	others := max(l.share(func(t *record.Telemetry) float64 { return t.CPUOthers }), b.Achieved) // the load is one of them
	return &Users{Load: b.Achieved, Inference: max(round(float64(b.Busy-others)), 0), Others: max(round(float64(others-b.Achieved)), 0),
		Idle: max(round(1-float64(b.Busy)), 0), Throttled: l.share(func(t *record.Telemetry) float64 { return t.CPUThrottled }),
		Pressure: l.share(func(t *record.Telemetry) float64 { return t.CPUPressure })}
}

// judgeLoad holds a load to the tolerance: that of CPU is for all shares, and of
// resident memory a share of what was asked.
func (w *world) judgeLoad(l *loaded, b Background) {
	most := w.tolerance.CPU
	if most <= 0 {
		return
	}
	w.told[Load] = true
	what, by := fmt.Sprintf("%s %s", l.node, l.resource), math.Abs(float64(b.Achieved-b.Asked))
	text := fmt.Sprintf("%s: achieved %s of %s asked, tolerance %s points", what, b.Achieved.Percent(1), b.Asked.Percent(1), Number(100*most).Significant(3))
	if l.resource == record.Resident {
		by /= float64(b.Asked)
		text = fmt.Sprintf("%s: achieved %s of %s asked, tolerance %s %%", what, bytesText(b.Achieved), bytesText(b.Asked), Number(100*most).Significant(3))
	}
	if by <= most && b.Varies && l.resource != record.Resident {
		by = float64(b.Off)
		text = fmt.Sprintf("%s: off by %s points second by second, on average, of a level that varies; tolerance %s points", what, (100 * b.Off).Fixed(1), Number(100*most).Significant(3))
	}
	if by <= most {
		return
	}
	if l.asked != nil && l.asked.Gives {
		w.warn(Load, "%s; TCP gives way to what else uses the link", text)
		return
	}
	w.reasonOf(by, most, Load, "%s%s", text, b.Users.had(b.Achieved < b.Asked))
}

// had says who had the rest of the CPUs, the greatest share first, where a load
// fell short.
func (u *Users) had(short bool) string {
	if u == nil || !short {
		return ""
	}
	type user struct {
		who   string
		share Number
	}
	shares := []user{{"inference", u.Inference}, {"other tenants of the machine", u.Others}, {"nobody", u.Idle}}
	slices.SortStableFunc(shares, func(a, b user) int { return cmp.Compare(b.share, a.share) })
	var parts []string
	for _, s := range shares {
		if s.share >= 0.005 {
			parts = append(parts, fmt.Sprintf("%s %s", s.who, s.share.Percent(0)))
		}
	}
	out := "; the rest had: " + strings.Join(parts, ", ")
	if len(parts) == 0 {
		out = ""
	}
	if u.Throttled >= 0.005 {
		out += fmt.Sprintf("; the node's quota held it back %s of the time", u.Throttled.Percent(0))
	}
	return out
}

// bytesText writes bytes in the decimal unit that reads best.
func bytesText(n Number) string {
	switch {
	case n >= 1e9:
		return (n / 1e9).Significant(3) + " GB"
	case n >= 1e6:
		return (n / 1e6).Significant(3) + " MB"
	}
	return (n / 1e3).Significant(3) + " kB"
}
