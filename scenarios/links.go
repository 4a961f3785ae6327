package scenarios

import (
	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/selector"
)

// maxBatch is more images than a request is worth.
const maxBatch = 1000

// condition reads what a condition may change: its world, and how it is asked.
func (d *decoder) condition(root *node) Condition {
	o := d.object(root, "", "")
	load := o.in("load")
	c := Condition{
		Links:      map[string]Links{},
		Background: map[string]emulator.Load{},
		Residency:  read(o, "residency", oneOf(residencies...)),
		Requests:   read(load, "requests", whole(1, maxRequests)),
		Warmup:     read(load, "warmup", whole(0, maxRequests)),
		Think:      read(load, "think", within(0, maxTime)),
		Batch:      read(load, "batch", whole(1, maxBatch)),
		Measure:    d.measure(o),
		Placements: d.placements(o),
	}
	links, background := o.in("links"), o.in("background")
	for _, name := range d.linkNames(root) {
		both := links.of(name)
		c.Links[name] = Links{Down: d.link(both.in("down"), "down"), Up: d.link(both.in("up"), "up")}
	}
	for _, name := range d.nodes {
		c.Background[name] = d.load(background.of(name), c.Links[d.site(name)])
		d.withinQuota(background.of(name), name, c.Background[name].CPU)
	}
	d.asFound(root, c)
	return c
}

// measure reads the names of phases; the result is in their order.
func (d *decoder) measure(o object) []string {
	ns, paths := o.items("measure", "want phases, such as [upload, infer, download]")
	if !o.has("measure") {
		return append([]string(nil), selector.PhaseNames[:]...)
	}
	given := map[string]bool{}
	for i, n := range ns {
		name := value(d, n, paths[i], oneOf(selector.PhaseNames[:]...))
		if given[name] && name != "" {
			d.add(n.position, paths[i], "%q a second time", name)
		}
		given[name] = true
	}
	var phases []string
	for _, name := range selector.PhaseNames {
		if given[name] {
			phases = append(phases, name)
		}
	}
	return phases
}
