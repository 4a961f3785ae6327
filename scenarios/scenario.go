package scenarios

import (
	"fmt"
	"path"
	"regexp"
	"strings"
	"time"

	"github.com/testbed/testbed/selector"
)

// Limits of what a plan may ask for: beyond any sensible run, and well before
// memory ends.
const (
	maxImages      = 1_000_000
	maxRequests    = 1_000_000
	maxRepetitions = 10_000
	maxConditions  = 10_000
	maxPairs       = 10_000_000
)

// scenario reads all but what belongs to conditions.
func (d *decoder) scenario(o object, file string) Scenario {
	load := o.in("load")
	d.world = read(o, "world", oneOf(worlds...))
	s := Scenario{
		Name:        read(o, "name", asName),
		Title:       read(o, "title", asText),
		Description: strings.TrimSpace(read(o, "description", asText)),
		Seed:        read(o, "seed", asSeed),
		World:       d.world,
		Engine:      read(o, "engine", oneOf(engines...)),
		Device:      read(o, "device", oneOf(devices...)),
		Strict:      read(o, "strict", asYes),
		Noise:       plainly(read(o, "noise", oneOf(noises...)), noises[0]),
		Nodes:       d.inferenceNodes(o),
		Repository:  d.repository(o.in("repository")),
		Control:     Control{Beside: d.placed(o.in("control"), control)},
		Dataset:     d.dataset(o.in("dataset")),
		Models:      d.models(o),
		Cascade:     d.cascade(o.in("cascade")),
		Budget:      read(o, "budget", asBudget),
		Require:     d.require(o.in("require")),
		Tolerance:   d.tolerance(o.in("tolerance")),
		Timeout:     read(load, "timeout", within(1, maxTime)),
		Repetitions: read(load, "repetitions", whole(1, maxRepetitions)),
	}
	if !o.has("name") {
		s.Name = nameOf(file)
	}
	if n := o.n.child("device"); s.Engine == "tc" && s.Device == "tun" && n != nil {
		d.value(n, "device", "want packet or auto with engine tc: the kernel cannot redirect what a TUN carries")
	}
	if o.has("record") {
		s.Record = d.record(o.in("record"))
	}
	s.Stop = d.stop(o, s.Repetitions)
	d.engine = s.Engine
	d.sites()
	return s
}

var notInNames = regexp.MustCompile(`[^A-Za-z0-9._-]+`)

// nameOf makes a name of that of a file.
func nameOf(file string) string {
	base := path.Base(file)
	name := notInNames.ReplaceAllString(strings.TrimSuffix(strings.TrimSuffix(base, ".yml"), ".yaml"), "-")
	if name = strings.TrimLeft(name, "._-"); name == "" {
		return "scenario"
	}
	return name
}

// record reads what is written down, where the key is there at all.
func (d *decoder) record(o object) (r Record) {
	if o.has("decisions") {
		r.Decisions = read(o, "decisions", whole(1, maxRequests))
	}
	if o.has("telemetry") {
		r.Telemetry = read(o, "telemetry", within(time.Second, maxTime))
	}
	return r
}

func (d *decoder) cascade(o object) Cascade {
	return Cascade{Threshold: read(o, "threshold", asShare), Images: read(o, "images", whole(1, maxImages))}
}

// asBudget reads 10pp, 10% or strict.
func asBudget(text string) (selector.Budget, string) {
	if text == "strict" {
		return selector.Budget{Absolute: 0.1, Relative: 0.1}, ""
	}
	if x, want := asPoints(text); want == "" {
		return selector.Budget{Absolute: x, Relative: 1}, ""
	}
	if x, want := asShare(text); want == "" {
		return selector.Budget{Absolute: 1, Relative: x}, ""
	}
	return selector.Budget{}, "want percentage points such as 10pp, a share of the best accuracy such as 10%, or strict for both of these"
}

func (d *decoder) require(o object) Require {
	r := Require{
		Saving:       read(o, "saving", asShare),
		AccuracyDrop: read(o, "accuracy_drop", asPoints),
		Confidence:   read(o, "confidence", asConfidence),
	}
	switch {
	case o.has("deadline"):
		r.Deadline, r.OnTime = read(o, "deadline", within(1, maxTime)), read(o, "on_time", asConfidence)
	case o.has("on_time"):
		d.value(o.n.child("on_time"), join(o.path, "on_time"), "want it with require.deadline, which says by when")
	}
	return r
}

// stop reads when a run may end early; nil without the key.
func (d *decoder) stop(o object, repetitions int) *Stop {
	if !o.has("stop") {
		return nil
	}
	if o = o.in("stop"); o.n == nil {
		return nil // noted
	}
	read(o, "when", oneOf(stops...))
	s := &Stop{Least: read(o, "least", whole(2, maxRepetitions))}
	if n := o.n.child("least"); repetitions > 0 && s.Least >= repetitions {
		want := fmt.Sprintf("want fewer repetitions than there are (load.repetitions: %d), or there is nothing to leave out", repetitions)
		if n != nil {
			d.value(n, join(o.path, "least"), want)
		} else {
			d.add(o.n.position, o.path, "least is %d: %s", s.Least, want)
		}
	}
	return s
}

func (d *decoder) tolerance(o object) Tolerance {
	return Tolerance{
		Rate:  read(o, "rate", asShare),
		Delay: read(o, "delay", within(0, maxDelay)),
		CPU:   read(o, "cpu", asPoints),
		Lag:   read(o, "lag", within(0, maxDelay)),
	}
}
