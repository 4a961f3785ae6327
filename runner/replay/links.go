package replay

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/trace"
	"github.com/testbed/testbed/emulator/unit"
	"github.com/testbed/testbed/runner/record"
	"github.com/testbed/testbed/scenarios"
)

// repository is its name among the ends of links.
const repository = "repository"

// links is a link as it was measured, both ways.
func (m *measured) links(name string, l scenarios.Links) scenarios.Links {
	c, down, up, probed := m.probe(name)
	switch {
	case probed && c.Engine == record.Real: // of which nothing was asked
		l.Down.Rate, l.Down.Delay = found(c, down).Rate, c.RTT/2
		l.Up.Rate, l.Up.Delay = found(c, up).Rate, c.RTT-c.RTT/2
	case probed:
		far := m.far(name)
		m.rate(name, "down", &l.Down, found(c, down), far.Up)
		m.rate(name, "up", &l.Up, found(c, up), far.Down)
		if by := c.RTT - c.AskedRTT; !m.again || by.Abs() > m.plan.Scenario.Tolerance.Delay {
			later(&l.Down, &l.Up, by)
		}
	case !perfect(l.Down) || !perfect(l.Up):
		m.keep("rate and delay of link %s: no probe went over it", name)
	}
	m.loss(name, "down", &l.Down)
	m.loss(name, "up", &l.Up)
	return l
}

// perfect says whether a direction has neither rate nor delay.
func perfect(l emulator.Link) bool {
	return l.MeanRate() == 0 && l.Delay == 0 && l.Delays == nil
}

// probe is the check whose path from a node to the repository begins with a
// link, and what it calls the directions of that link.
func (m *measured) probe(name string) (c record.Check, down, up string, probed bool) {
	_, pair := m.condition.Links[name]
	pair = pair && strings.Contains(name, "/")
	for _, n := range m.plan.Scenario.Nodes {
		c, checked := m.checks[n.Name]
		switch {
		case !checked:
		case pair && name == n.Name+"/"+repository:
			return c, "down", "up", true
		case pair && name == repository+"/"+n.Name:
			return c, "up", "down", true
		case name == m.plan.Scenario.LinkOf(n.Name) && !m.direct(n.Name):
			return c, "down", "up", true
		}
	}
	return record.Check{}, "", "", false
}

// direct says whether a node has a link of its own with the repository.
func (m *measured) direct(node string) bool {
	_, there := m.condition.Links[node+"/"+repository]
	_, back := m.condition.Links[repository+"/"+node]
	return there || back
}

// far is the link at the other end of a path that begins with a link: that of
// the repository's site, if it has one.
func (m *measured) far(name string) scenarios.Links {
	site := cmp.Or(m.plan.Scenario.Repository.Beside, repository)
	if strings.Contains(name, "/") || site == name {
		return scenarios.Links{}
	}
	return m.condition.Links[site]
}

// found is what a check says of a direction.
func found(c record.Check, direction string) record.LinkCheck {
	i := slices.IndexFunc(c.Links, func(l record.LinkCheck) bool { return l.Direction == direction })
	if i < 0 {
		return record.LinkCheck{}
	}
	return c.Links[i]
}

// rate sets the rate of a direction to what was measured of it. A probe tells
// that of the narrowest link of its path; far is the other one.
func (m *measured) rate(name, direction string, l *emulator.Link, c record.LinkCheck, far emulator.Link) {
	mean, other := l.MeanRate(), far.MeanRate()
	switch {
	case mean == 0:
		return
	case c.Rate <= 0 || c.AskedRate <= 0, other > 0 && other < mean:
		m.keep("rate of link %s %s: no probe found it", name, direction)
		return
	}
	r := float64(c.Rate) / float64(c.AskedRate)
	switch {
	case l.Trace != nil:
		// Opportunities cannot be a little larger: what is left of one is lost.
		if math.Abs(r-1) > m.plan.Scenario.Tolerance.Rate {
			m.keep("rate of link %s %s: it is a trace of single opportunities, of which probes found another share", name, direction)
		}
	case l.Rates != nil:
		l.Rates = times(l.Rates, r)
	default:
		l.Rate, l.Rates = m.played(name, direction, *l, r)
	}
}

// otherwise is the share of its rate by which a second of a link that stays may
// differ before seconds are told apart.
const otherwise = 0.01

// played is the rate of a direction that was to stay, of which probes found a
// share r: one, or, where telemetry says that the link offered another rate in
// some seconds than in others, one a second.
func (m *measured) played(name, direction string, l emulator.Link, r float64) (unit.BitRate, *trace.Series) {
	if len(l.Outages) > 0 {
		return unit.BitRate(math.Round(float64(l.Rate) * r)), nil
	}
	offered := func(t record.Telemetry) (float64, float64, bool) {
		s, ok := sample(t, name, direction)
		return float64(s.Asked), float64(l.Rate), ok
	}
	for _, n := range m.plan.Scenario.Nodes { // the link is told of beside one of them
		if all := m.seconds(n.Name, m.clock, offered); len(all) > 0 {
			share, same, _ := ratio(all, otherwise*float64(l.Rate))
			if !same {
				return 0, series("telemetry", all, r)
			}
			r *= share
		}
	}
	return unit.BitRate(math.Round(float64(l.Rate) * r)), nil
}

// sample is what a line of telemetry says of a direction of a link.
func sample(t record.Telemetry, name, direction string) (record.LinkSample, bool) {
	i := slices.IndexFunc(t.Links, func(l record.LinkSample) bool { return l.Of(t.Node) == name && l.Direction == direction })
	if i < 0 {
		return record.LinkSample{}, false
	}
	return t.Links[i], true
}

// later adds to the delays of a link what its round trip was longer than asked,
// or takes it off, in proportion to what is asked of each direction. A link
// without delay keeps none: what it takes is the machine's.
func later(down, up *emulator.Link, by time.Duration) {
	d, u := delay(*down), delay(*up)
	if d+u == 0 {
		return
	}
	ofDown := time.Duration(float64(by) * float64(d) / float64(d+u))
	longer(down, ofDown)
	longer(up, by-ofDown)
}

// delay is that of a direction as round trips are probed: as it begins.
func delay(l emulator.Link) time.Duration {
	if l.Delays == nil {
		return l.Delay
	}
	seconds, _ := l.Delays.Step(0)
	return time.Duration(seconds * float64(time.Second))
}

// longer adds to the delay of a direction; none is less than 0, and jitter stays
// within a delay that stays.
func longer(l *emulator.Link, by time.Duration) {
	if l.Delays == nil {
		l.Delay = max(l.Delay+by, 0)
		l.Jitter = min(l.Jitter, l.Delay)
		return
	}
	s := *l.Delays
	s.Value = slices.Clone(s.Value)
	for i := range s.Value {
		s.Value[i] = max(s.Value[i]+by.Seconds(), 0)
	}
	l.Delays = &s
}

// enough is how many packets must have met a loss for its share to be told.
const enough = 1000

// loss sets the loss of a direction to the share of packets that it lost, unless
// that is within three standard deviations of what was asked: with the trial's
// seed the same packets are lost then. Where losses come in bursts the deviation
// is that of the model of Gilbert (see package emulator): it is √((1+ρ)/(1−ρ))
// times that of independent ones, ρ = 1 − P(good→bad) − P(bad→good).
func (m *measured) loss(name, direction string, l *emulator.Link) {
	if l.Loss <= 0 || l.Loss >= 1 {
		return
	}
	var packets, lost int64
	for _, t := range m.telemetry {
		if s, ok := sample(t, name, direction); ok {
			packets, lost = packets+s.Packets+s.Lost+s.Dropped, lost+s.Lost
		}
	}
	if packets < enough {
		m.keep("loss of link %s %s: fewer than %d packets met it", name, direction, enough)
		return
	}
	spread := math.Sqrt(l.Loss * (1 - l.Loss) / float64(packets))
	if l.LossBurst > 1 {
		rho := 1 - l.Loss/(l.LossBurst*(1-l.Loss)) - 1/l.LossBurst
		spread *= math.Sqrt((1 + rho) / (1 - rho))
	}
	if seen := float64(lost) / float64(packets); math.Abs(seen-l.Loss) > 3*spread {
		l.Loss = seen
	}
}
