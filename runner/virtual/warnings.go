package virtual

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/testbed/testbed/emulator/sim"
	"github.com/testbed/testbed/scenarios"
)

// warnings say what of a plan is not simulated, and what of its devices is not
// known, a sentence each.
func (p *plan) warnings(of *scenarios.Plan) (all []string) {
	say := func(format string, args ...any) {
		if s := fmt.Sprintf(format, args...); !slices.Contains(all, s) {
			all = append(all, s)
		}
	}
	for _, d := range p.devices {
		if what := d.unknown(); len(what) > 0 {
			say("profile %s does not say %s", d.profile.Name, strings.Join(what, "; nor "))
		}
		if d.Optimization != "" || d.Spinning || d.Provider != "" && d.Provider != d.profile.Device.Provider {
			say("node %s: provider, optimization and spinning are those that profile %s was measured with", d.Name, d.profile.Name)
		}
		if d.Quota > 0 {
			say("node %s: quota: it is shared out evenly over time, and not in the system's periods", d.Name)
		}
	}
	for _, c := range of.Conditions {
		for _, name := range slices.Sorted(maps.Keys(c.Links)) {
			l := c.Links[name]
			if what := append(sim.Unmodelled(l.Down), sim.Unmodelled(l.Up)...); len(what) > 0 {
				slices.Sort(what)
				say("link %s: simulated otherwise than it would be: %s", name, strings.Join(slices.Compact(what), "; "))
			}
		}
		for _, d := range p.devices {
			l := c.Background[d.Name]
			if !l.Memory.IsZero() {
				say("node %s: background of memory bandwidth slows nothing down here", d.Name)
			}
			if l.CPU.Whole {
				say("node %s: background of all CPUs together slows the node down as much as that of each", d.Name)
			}
			if d.gpu && !l.GPU.IsZero() {
				say("node %s: how background of its GPU slows it down is not known: it is taken to be as that of CPUs usually is", d.Name)
			}
		}
	}
	return all
}

// unknown says what a profile does not tell of the models.
func (d *device) unknown() (all []string) {
	for _, of := range []struct {
		what string
		lack func(*work) bool
	}{
		{"how long models take to open, which is taken as no time", func(w *work) bool { return w.load == 0 }},
		{"how long an image takes to become an input, which is taken as no time", func(w *work) bool { return w.preprocess == 0 }},
		{"what models take of the device's memory, which is taken to be enough", func(w *work) bool { return w.memory == 0 || d.profile.Device.Memory == 0 }},
		{"by how much background slows the device down, which is taken to be by as much as it usually does", func(*work) bool { return len(d.profile.Slowdown) == 0 }},
	} {
		if slices.ContainsFunc(slices.Collect(maps.Values(d.work)), of.lack) {
			all = append(all, of.what)
		}
	}
	return all
}

// Warnings say what of the world is not as one would wish.
func (w *World) Warnings() []string { return w.plan.warned }

// Describe says what the world is made of, for run.json.
func (w *World) Describe() Description {
	out := Description{World: "sim", Nodes: map[string]Node{}, Warnings: w.Warnings()}
	for _, d := range w.plan.devices {
		out.Nodes[d.Name] = Node{Profile: d.profile.Name, Device: d.profile.Device.Name, Published: d.profile.Published,
			Speed: d.Speed, Threads: d.threads, Notes: d.profile.Notes}
	}
	return out
}

// Close ends the world.
func (w *World) Close() error { return nil }
