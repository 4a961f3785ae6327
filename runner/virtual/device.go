package virtual

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/testbed/testbed/emulator/unit"
	"github.com/testbed/testbed/inference/model"
	"github.com/testbed/testbed/inference/profile"
	"github.com/testbed/testbed/scenarios"
	"github.com/testbed/testbed/selector"
)

// A device is what a node is, and does not change.
type device struct {
	scenarios.Node
	profile profile.Profile
	threads int                   // of one inference; 0: as the profile says
	slow    func(float64) float64 // by the share of the CPUs that others use
	gpu     bool                  // infers on one
	work    map[string]*work      // by model
	options []selector.Option     // in the order of the models
}

// A work is what a model takes of the device.
type work struct {
	model.Model
	size             unit.Bytes
	load, preprocess time.Duration
	infer            time.Duration // without noise
	noise            profile.Noise
	memory           unit.Bytes // that an open session takes; 0: not known
	bound            float64    // below which luck is the answer is right: see luck
}

// newDevice is the node n as the device of p.
func newDevice(n scenarios.Node, p profile.Profile, models []model.Model, noisy bool) (*device, error) {
	d := &device{Node: n, profile: p, threads: threads(n, p), work: map[string]*work{},
		gpu: !slices.Contains([]string{"", "cpu"}, p.Device.Provider)}
	d.slow = p.SlowdownOf(d.threads)
	options, err := p.OptionsAt(n.Name, d.threads, models)
	if err != nil {
		return nil, fmt.Errorf("node %s: device: %w", n.Name, err)
	}
	for i, m := range models {
		of, err := p.Model(m.Name)
		if err != nil {
			return nil, fmt.Errorf("node %s: device: %w", n.Name, err)
		}
		o := &options[i]
		o.Load, o.Preprocess, o.Infer = d.faster(d.loads(of.Load)), d.faster(o.Preprocess), d.faster(o.Infer)
		if m.Accuracy > 0 {
			o.Images = m.Images
		}
		w := &work{Model: m, size: o.Size, load: o.Load, preprocess: o.Preprocess, infer: o.Infer, bound: quantile(o.Accuracy)}
		if of.Memory.Before > 0 {
			w.memory = max(0, of.Memory.Loaded-of.Memory.Before)
		}
		if noisy {
			if w.noise, err = p.NoiseOf(m.Name, d.threads); err != nil {
				return nil, fmt.Errorf("node %s: device: %w", n.Name, err)
			}
		}
		d.work[m.Name] = w
	}
	d.options = options
	return d, nil
}

// threads is how many an inference has: as many as the node has CPUs unless it
// says so itself, as far as was measured.
func threads(n scenarios.Node, p profile.Profile) int {
	if n.Threads > 0 || n.CPUs == 0 {
		return n.Threads
	}
	most := 0
	for _, m := range p.Models {
		for _, t := range m.Threads {
			most = max(most, t.Threads)
		}
	}
	return min(n.CPUs, most)
}

// faster is what takes d on the device of the profile.
func (d *device) faster(t time.Duration) time.Duration {
	return time.Duration(float64(t)/cmp.Or(d.Speed, 1) + 0.5)
}

// loads is the time to open a session of a file that was just fetched.
func (d *device) loads(l profile.Load) time.Duration {
	if d.Cache && l.Cached > 0 {
		return l.Cached
	}
	return cmp.Or(l.Warm, l.Cold)
}

// cores is the CPU time that the node can take at once, in CPUs; 0: not known.
func (d *device) cores() float64 {
	return cmp.Or(d.Quota, float64(cmp.Or(d.CPUs, d.profile.Device.CPUs)))
}

// memory is what the device has for sessions and background; 0: not known.
func (d *device) memory() unit.Bytes {
	base := unit.Bytes(0)
	for _, m := range d.profile.Models {
		base = max(base, m.Memory.Before)
	}
	return max(0, d.profile.Device.Memory-base)
}
