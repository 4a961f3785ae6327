package profile

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/testbed/testbed/emulator/unit"
	"github.com/testbed/testbed/inference/model"
	"github.com/testbed/testbed/selector"
)

// Infer predicts how long an inference takes with a number of threads while
// others use the share utilization, 0 to 1, of the CPUs: the time on an idle
// device times SlowdownOf(threads)(utilization). It is an error to ask for a
// model that the profile does not have, or for more or fewer threads than were
// measured; between two numbers that were, the time is linear in 1/threads, as
// it is where one part of the work can be divided and the rest cannot. Threads
// 0 are the most that were measured.
func (p Profile) Infer(name string, threads int, utilization float64) (time.Duration, error) {
	if !(utilization >= 0 && utilization <= 1) {
		return 0, fmt.Errorf("utilization %v: want 0 to 1", utilization)
	}
	m, err := p.Model(name)
	if err != nil {
		return 0, err
	}
	idle, err := m.idle(threads)
	if err != nil {
		return 0, fmt.Errorf("profile %s: model %s: %w", p.Name, name, err)
	}
	if threads == 0 {
		threads = m.most().Threads
	}
	return time.Duration(float64(idle)*p.SlowdownOf(threads)(utilization) + 0.5), nil
}

// SlowdownOf returns the factor by which computing takes longer as a function
// of what share of the CPUs others use: of the curve for that many threads, or
// of that for the closest number, the lower of two; selector.Prior if there is
// none. Threads 0 are the most that there is a curve for.
func (p Profile) SlowdownOf(threads int) func(utilization float64) float64 {
	c, ok := p.curve(threads)
	if !ok {
		return selector.Prior
	}
	return c.At
}

// CurveOf is SlowdownOf as a selector takes it; nil if there is no curve.
func (p Profile) CurveOf(threads int) selector.Curve {
	c, ok := p.curve(threads)
	if !ok {
		return nil
	}
	points := make(selector.Curve, len(c.Points))
	for i, at := range c.Points {
		points[i] = selector.Point{Utilization: at.Utilization, Slowdown: at.Slowdown}
	}
	return points
}

// curve is the one for the closest number of threads.
func (p Profile) curve(threads int) (Curve, bool) {
	if len(p.Slowdown) == 0 {
		return Curve{}, false
	}
	if threads == 0 {
		return p.Slowdown[len(p.Slowdown)-1], true
	}
	off := func(c Curve) int { return max(threads-c.Threads, c.Threads-threads) }
	return slices.MinFunc(p.Slowdown, func(a, b Curve) int { return cmp.Compare(off(a), off(b)) }), true
}

// Options are models on this device, for a selector: OptionsAt with the most
// threads that were measured.
func (p Profile) Options(node string, models []model.Model) ([]selector.Option, error) {
	return p.OptionsAt(node, 0, models)
}

// OptionsAt are models on this device, for a selector that knows it as node,
// with that many threads, 0 for the most that were measured. A model is known by
// its name; if both sides know the hash of its file and they differ, that is
// an error. What a model does not know of itself, accuracy and size, is the
// profile's; Load is that with the file in the system's cache, as after a fetch.
func (p Profile) OptionsAt(node string, threads int, models []model.Model) ([]selector.Option, error) {
	options := make([]selector.Option, 0, len(models))
	for _, m := range models {
		known, err := p.Model(m.Name)
		if err != nil {
			return nil, err
		}
		if known.SHA256 != "" && m.SHA256 != "" && known.SHA256 != m.SHA256 {
			return nil, fmt.Errorf("profile %s: model %s is of a file with SHA-256 %s: want %s", p.Name, m.Name, known.SHA256, m.SHA256)
		}
		infer, err := known.idle(threads)
		if err != nil {
			return nil, fmt.Errorf("profile %s: model %s: %w", p.Name, m.Name, err)
		}
		options = append(options, selector.Option{
			Model: m.Name, Node: node,
			Accuracy:   cmp.Or(m.Accuracy, known.Accuracy),
			Size:       cmp.Or(unit.Bytes(m.Bytes), known.Size),
			Load:       known.Load.Warm,
			Preprocess: known.closest(threads).Preprocess,
			Infer:      infer,
		})
	}
	return options, nil
}

// Model returns what the profile knows of a model. The error of an unknown one
// lists those there are.
func (p Profile) Model(name string) (Model, error) {
	names := make([]string, len(p.Models))
	for i, m := range p.Models {
		if m.Name == name {
			return m, nil
		}
		names[i] = m.Name
	}
	return Model{}, fmt.Errorf("profile %s: no model %q: want one of %s", p.Name, name, strings.Join(names, ", "))
}

// most is the timing with the most threads.
func (m Model) most() Timing { return m.Threads[len(m.Threads)-1] }

// closest is the timing whose number of threads is closest.
func (m Model) closest(threads int) Timing {
	if threads == 0 {
		return m.most()
	}
	off := func(t Timing) int { return max(threads-t.Threads, t.Threads-threads) }
	return slices.MinFunc(m.Threads, func(a, b Timing) int { return cmp.Compare(off(a), off(b)) })
}

// idle is the time of an inference on an idle device.
func (m Model) idle(threads int) (time.Duration, error) {
	first, last := m.Threads[0], m.most()
	if threads == 0 || first.Threads == 0 {
		return last.Expected(), nil
	}
	if threads < first.Threads || threads > last.Threads {
		return 0, fmt.Errorf("%d threads: it was measured with %d to %d", threads, first.Threads, last.Threads)
	}
	i := slices.IndexFunc(m.Threads, func(t Timing) bool { return t.Threads >= threads })
	if m.Threads[i].Threads == threads {
		return m.Threads[i].Expected(), nil
	}
	a, b := m.Threads[i-1], m.Threads[i]
	inverse := func(n int) float64 { return 1 / float64(n) }
	along := (inverse(threads) - inverse(a.Threads)) / (inverse(b.Threads) - inverse(a.Threads))
	return time.Duration(float64(a.Expected()) + along*float64(b.Expected()-a.Expected()) + 0.5), nil
}
