package virtual

import (
	"context"
	"slices"
	"time"

	"github.com/testbed/testbed/runner/record"
	"github.com/testbed/testbed/scenarios"
)

// Enter implements runner.World. Time begins at 0 with it, and nodes hold
// nothing. The links are measured in a time of their own.
func (w *World) Enter(ctx context.Context, c scenarios.Condition, seed uint64) ([]record.Check, error) {
	w.begin(c, seed)
	var checks []record.Check
	for _, n := range w.nodes {
		l := c.Background[n.Name]
		n.burden(l, 0)
		for _, d := range n.models.down {
			w.links[d].cross(l.Down)
		}
		for _, u := range n.models.up {
			w.links[u].cross(l.Up)
		}
		models := w.probe(n.models)
		n.rates.Probed(models.ways[0].goodput, 0)
		n.trips.Probed(models.rtt, 0)
		images := models
		if !n.images.same(n.models) {
			images = w.probe(n.images)
		}
		n.way.Probed(images.ways[0].goodput, images.ways[1].goodput, images.rtt, 0)
		if len(n.models.down) > 0 {
			checks = append(checks, models.check(n.Name))
		}
	}
	return checks, nil
}

// Rewind implements runner.World; it always can.
func (w *World) Rewind(_ context.Context, since time.Duration) (bool, error) {
	for _, d := range w.links {
		if d.varies() {
			d.rewind(w.Now(), since)
		}
	}
	for _, n := range w.nodes {
		if n.load.Varies() {
			n.burden(n.load, since)
		}
	}
	return true, nil
}

// seedOf is the seed of a link: that of the trial and the number of the node,
// or, for a pair, a hash of its name.
func (p *plan) seedOf(name string, seed uint64) uint64 {
	if i := slices.IndexFunc(p.devices, func(d *device) bool { return d.Name == name }); i >= 0 {
		return seed + uint64(i)
	}
	return seed + hash(name)
}
