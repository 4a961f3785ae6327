package replay

import (
	"fmt"
	"slices"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/trace"
	"github.com/testbed/testbed/runner/record"
)

// steady is how far a second's share may be from the mean of the trial, times
// what is asked for then, before seconds are told apart.
const steady = 0.05

// load is what was achieved of the background of a node.
func (m *measured) load(node string, l emulator.Load) emulator.Load {
	l.CPU.Level = m.level(node, record.CPU, l.CPU.Level)
	l.Memory = m.level(node, record.Memory, l.Memory)
	l.GPU = m.level(node, record.GPU, l.GPU)
	for resource, t := range map[string]*emulator.Traffic{record.TrafficDown: &l.Down, record.TrafficUp: &l.Up} {
		if !t.IsZero() && !t.TCP && !t.Bulk {
			t.Level = m.level(node, resource, t.Level)
		}
	}
	return l
}

// level is what was achieved of the load of a resource.
func (m *measured) level(node, resource string, asked emulator.Level) emulator.Level {
	if asked.IsZero() {
		return asked
	}
	all := m.seconds(node, m.clock, sampleOf(resource))
	if len(all) == 0 {
		m.keep("background of node %s, %s: there is no telemetry of it", node, resource)
		return asked
	}
	r, same, wanted := ratio(all, steady)
	switch {
	case !wanted: // it is still to come
		return asked
	case !same:
		return emulator.Level{Over: share(series("telemetry", all, 1))}
	case asked.Over == nil:
		return emulator.Level{Share: min(asked.Share*r, 1)}
	}
	return emulator.Level{Over: share(times(asked.Over, r))}
}

// sampleOf reads the load of a resource in a line of telemetry.
func sampleOf(resource string) quantity {
	if resource == record.CPU {
		return func(t record.Telemetry) (float64, float64, bool) { return t.CPUAchieved, t.CPUAsked, true }
	}
	return func(t record.Telemetry) (float64, float64, bool) {
		i := slices.IndexFunc(t.Loads, func(l record.LoadSample) bool { return l.Resource == resource })
		if i < 0 {
			return 0, 0, false
		}
		return t.Loads[i].Achieved, t.Loads[i].Asked, true
	}
}

// times is a series of which each value is multiplied.
func times(s *trace.Series, factor float64) *trace.Series {
	if factor == 1 {
		return s
	}
	out := *s
	out.Name, out.Value = fmt.Sprintf("%s × %.4g", s.Name, factor), slices.Clone(s.Value)
	for i := range out.Value {
		out.Value[i] *= factor
	}
	return &out
}

// share is a series whose values are at most 1.
func share(s *trace.Series) *trace.Series {
	out := *s
	out.Value = slices.Clone(s.Value)
	for i := range out.Value {
		out.Value[i] = min(out.Value[i], 1)
	}
	return &out
}
