package profiling

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/testbed/testbed/emulator/unit"
	"github.com/testbed/testbed/inference/node"
	"github.com/testbed/testbed/inference/profile"
)

// result makes a profile of all that was measured.
func (r *run) result() Result {
	o, d := r.options, r.node.Describe()
	p := profile.Profile{
		Schema: profile.Schema, Name: o.Name, Device: device(d),
		Measured: o.Now.UTC().Truncate(time.Second),
	}
	var out Result
	notCold := map[string]bool{}
	for _, found := range r.measured {
		p.Models = append(p.Models, found.profile(o))
		if found.notCold != "" && !notCold[found.notCold] {
			notCold[found.notCold] = true
			out.Warnings = append(out.Warnings, "cold openings may not have been cold, and are left out: "+found.notCold)
		}
	}
	p.Slowdown = profile.Fit(p.Models)
	for _, found := range r.measured {
		d, all := found.disturbed()
		out.Disturbed, out.Visits = out.Disturbed+d, out.Visits+all
	}
	if out.Disturbed > 0 {
		out.Warnings = append(out.Warnings, fmt.Sprintf("others on this machine disturbed %d of %d visits, which do not count where enough calm ones could be had", out.Disturbed, out.Visits))
	}
	if o.Pause > 0 {
		p.Notes = append(p.Notes, fmt.Sprintf("the node did nothing for %v before each run", o.Pause))
	}
	p.Notes = append(p.Notes, fmt.Sprintf("each setting was visited in %d rounds of shuffled order, %d runs or more and %v each; background load by processes of equal priority on each CPU of the node", o.Rounds, o.runs(), least))
	p.Notes = append(p.Notes, out.Warnings...)
	out.Profile = p
	for _, found := range r.measured {
		out.HeldOut = append(out.HeldOut, found.predictions(o, p)...)
	}
	out.Warnings = append(append([]string{}, d.Warnings...), out.Warnings...)
	return out
}

// device is the fingerprint of a node.
func device(d node.Description) profile.Device {
	options := map[string]string{}
	for _, name := range []string{"spinning", "optimization", "execution"} {
		if v := d.Runtime[name]; v != "" {
			options[name] = v
		}
	}
	runtime := d.Runtime["runtime"]
	if v := d.Runtime["version"]; v != "" {
		runtime += " " + v
	}
	return profile.Device{
		Name: cmp.Or(d.Machine.Host, d.Name), OS: d.Machine.OS, Arch: d.Machine.Arch,
		CPU: d.Machine.CPU, CPUs: len(d.CPUs), Memory: unit.Bytes(d.Machine.Memory),
		Provider: d.Runtime["provider"], Runtime: runtime, Options: options,
	}
}

// profile is what a profile keeps of a model.
func (f measurement) profile(o Options) profile.Model {
	m := profile.Model{
		Name: f.model.Name, SHA256: f.model.SHA256, Size: unit.Bytes(f.model.Bytes),
		Accuracy: f.model.Accuracy, Dataset: f.model.Dataset,
		Load: profile.Load{
			Warm: f.opening(kind{}), Cached: f.opening(kind{cached: true}), Opens: o.Opens,
		},
	}
	if f.notCold == "" {
		m.Load.Cold, m.Load.CachedCold = f.opening(kind{cold: true}), f.opening(kind{cold: true, cached: true})
	}
	first := f.loads[kind{}][0]
	m.Memory = profile.Memory{Before: unit.Bytes(first.RSSBefore), Loaded: unit.Bytes(first.RSSLoaded), Unloaded: unit.Bytes(first.RSSAfter)}
	for _, threads := range o.Threads {
		idle := f.best(setting{threads, 0})
		t := profile.Timing{Threads: threads, Sample: sample(idle)}
		var preprocess []time.Duration
		for _, v := range idle {
			preprocess = append(preprocess, v.Preprocess...)
		}
		t.Preprocess = rounded(quantile(preprocess, 0.5))
		for _, load := range o.Loads[1:] {
			visits := f.best(setting{threads, load})
			t.Loaded = append(t.Loaded, profile.Loaded{Utilization: load, Achieved: achieved(visits), Sample: sample(visits)})
		}
		m.Threads = append(m.Threads, t)
	}
	return m
}

// opening is the median time of a kind.
func (f measurement) opening(k kind) time.Duration {
	var all []time.Duration
	for _, got := range f.loads[k] {
		all = append(all, got.Load...)
	}
	return rounded(quantile(all, 0.5))
}

// sample sums up visits.
func sample(visits []node.Measured) profile.Sample {
	var means, all []time.Duration
	for _, v := range visits {
		means = append(means, mean(v.Infer))
		all = append(all, v.Infer...)
	}
	return profile.Sample{
		Mean: rounded(middle(means)), P50: rounded(quantile(all, 0.5)), P95: rounded(quantile(all, 0.95)), Runs: len(all),
	}
}

// achieved is the median of what others used, to a hundredth; 0 if it is not known.
func achieved(visits []node.Measured) float64 {
	var all []float64
	for _, v := range visits {
		if v.Others >= 0 {
			all = append(all, v.Others)
		}
	}
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return math.Round(100*(all[(len(all)-1)/2]+all[len(all)/2])/2) / 100
}

func mean(all []time.Duration) time.Duration {
	var sum time.Duration
	for _, d := range all {
		sum += d
	}
	return sum / time.Duration(max(1, len(all)))
}

// middle is the median, the mean of the two in the middle.
func middle(all []time.Duration) time.Duration {
	if len(all) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(all))
	return (sorted[(len(sorted)-1)/2] + sorted[len(sorted)/2]) / 2
}

// quantile is by nearest rank: the smallest value that at least the share p of
// all does not exceed; 0 of none.
func quantile(all []time.Duration, p float64) time.Duration {
	if len(all) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(all))
	return sorted[max(0, int(math.Ceil(p*float64(len(sorted))))-1)]
}

// rounded is d to four digits: what is beyond them was never measured.
func rounded(d time.Duration) time.Duration {
	step := time.Duration(1)
	for d/step >= 10_000 {
		step *= 10
	}
	return d.Round(step)
}
