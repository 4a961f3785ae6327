package stats

import (
	"slices"
	"time"

	"github.com/testbed/testbed/runner/record"
	"github.com/testbed/testbed/selector"
)

// judgedArm is the arm that the verdict is about.
const judgedArm = 1

// How many decisions of a condition are looked at for what they saw and
// foresaw.
const (
	mostSeen     = 60
	mostForeseen = 16
)

// Seen is what the judged arm's selector saw of the judged node (where requests
// could not go there, of the first that they could) before its requests. X is the place of a request as in Strip; a quantity that was not
// known then has no point. At most 120 of each.
type Seen struct {
	Down []Point // goodput from the repository, in bits per second
	Load []Point // share of the node's CPUs that others used
}

// A seen samples the judged arm's decisions in one condition.
type seen struct {
	of       sampled[seenAt]
	foreseen sampled[[]float64] // predicted t in ms, by option; 0: not predicted
}

type seenAt struct{ at, down, load float64 }

// add takes in a decision in a condition of which t counts the phases of measure.
func (s *seen) add(d *data, measure []string, e *record.Decision) {
	device := judgedDevice(e.Observed, d.run.Header.Node)
	s.of.add(seenAt{float64(s.of.n), float64(device.Down), device.Utilization}, mostSeen)
	if len(d.run.Replays) > 0 || !s.foreseen.next() {
		return
	}
	totals, known := make([]float64, len(d.options.of)), false
	for _, c := range e.Decision.Candidates {
		if i, ok := d.options.at[c.Option]; ok {
			totals[i] = millis(counted(c.Predicted, measure))
			known = known || totals[i] > 0
		}
	}
	if known {
		s.foreseen.keep(totals, mostForeseen)
	}
}

// judgedDevice is the judged node as a selector saw it or, where requests could
// not go there, the first that it saw.
func judgedDevice(o selector.Observation, node string) selector.Device {
	for _, device := range o.Devices {
		if device.Name == node {
			return device
		}
	}
	if len(o.Devices) > 0 {
		return o.Devices[0]
	}
	return selector.Device{}
}

// summary is what figures show of it.
func (s *seen) summary() (out Seen) {
	for _, k := range s.of.kept {
		if k.down > 0 {
			out.Down = append(out.Down, Point{k.at, k.down})
		}
		out.Load = append(out.Load, Point{k.at, k.load})
	}
	return out
}

// counted is the sum of the phases that measure names, of PhaseNames.
func counted(p selector.Phases, measure []string) (t time.Duration) {
	for i, phase := range phaseList(p) {
		if slices.Contains(measure, PhaseNames[i]) {
			t += phase
		}
	}
	return t
}

// times are what was foreseen of an option, in milliseconds.
func (s *seen) times(option int) (out []float64) {
	for _, totals := range s.foreseen.kept {
		if totals[option] > 0 {
			out = append(out, totals[option])
		}
	}
	return out
}
