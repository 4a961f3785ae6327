package scenarios

import (
	"errors"
	"io/fs"
	"path"
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/trace"
	"github.com/testbed/testbed/emulator/unit"
	"github.com/testbed/testbed/selector"
)

// condition reads what a condition may change: its world, and how it is asked.
func (d *decoder) condition(root *node) Condition {
	o := d.object(root, "", "")
	load := o.in("load")
	c := Condition{
		Links:      map[string]Links{},
		Background: map[string]Load{},
		Residency:  read(o, "residency", oneOf(residencies...)),
		Requests:   read(load, "requests", whole(1, maxRequests)),
		Warmup:     read(load, "warmup", whole(0, maxRequests)),
		Think:      read(load, "think", within(0, maxTime)),
		Measure:    d.measure(o),
	}
	links, background := o.in("links"), o.in("background")
	for _, name := range d.nodes {
		both := links.of(name)
		c.Links[name] = Links{Down: d.link(both.in("down")), Up: d.link(both.in("up"))}
		c.Background[name] = Load{CPU: read(background.of(name), "cpu", asShare)}
	}
	return c
}

// measure reads the names of phases; the result is in their order.
func (d *decoder) measure(o object) []string {
	ns, paths := o.items("measure", "want phases, such as [upload, infer, download]")
	if !o.has("measure") {
		return append([]string(nil), selector.PhaseNames...)
	}
	given := map[string]bool{}
	for i, n := range ns {
		name := value(d, n, paths[i], oneOf(selector.PhaseNames...))
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

// link reads one direction.
func (d *decoder) link(o object) emulator.Link {
	l := emulator.Link{
		Rate:   read(o, "rate", asRate),
		Trace:  d.trace(o.in("trace")),
		Delay:  read(o, "delay", within(0, maxDelay)),
		Jitter: read(o, "jitter", within(0, maxDelay)),
		Loss:   read(o, "loss", asLoss),
		Queue:  read(o, "queue", asQueue),
	}
	if o.has("rate") && o.has("trace") {
		rate, trace := o.n.entry("rate").position, o.n.entry("trace").position
		d.add(last(rate, trace), o.path, "want a rate or a trace, not both")
	}
	if l.Jitter > l.Delay {
		d.value(o.n.child("jitter"), join(o.path, "jitter"), "want at most the delay, "+plain(l.Delay))
	}
	switch {
	case l.Queue == unlimited:
		l.Queue = 0
	case l.Queue == 0:
		l.Queue = defaultQueue(l)
	}
	if err := l.Check(); err != nil && len(d.all) == 0 {
		d.add(o.n.position, o.path, "%v", err)
	}
	return l
}

// last is the later of two positions; an override comes after the file.
func last(a, b position) position {
	if b.override == nil && (a.override != nil || a.line > b.line || a.line == b.line && a.column > b.column) {
		return a
	}
	return b
}

// defaultQueue is 100 ms at the rate of the link, as routers are commonly
// given, and at least 64 full frames, so that TCP's initial window and its
// doubling are not cut at low rates. A link without limit has no queue.
func defaultQueue(l emulator.Link) unit.Bytes {
	rate := l.Rate
	if l.Trace != nil {
		rate = l.Trace.Mean()
	}
	if rate == 0 {
		return 0
	}
	return max(unit.Bytes(int64(rate)/8/int64(time.Second/(100*time.Millisecond))), 64*emulator.FullFrame)
}

// trace reads {mahimahi: file}; nil if there is none. A file is read once.
func (d *decoder) trace(o object) *trace.Trace {
	name := read(o, "mahimahi", asText)
	if !o.has("mahimahi") || name == "" {
		return nil
	}
	if t, ok := d.traces[name]; ok {
		return t
	}
	t, err := d.open(name)
	d.traces[name] = t
	switch {
	case errors.Is(err, fs.ErrNotExist):
		d.value(o.n.child("mahimahi"), join(o.path, "mahimahi"), "no such file: want a trace, its name relative to "+d.dir())
	case errors.Is(err, fs.ErrInvalid):
		d.value(o.n.child("mahimahi"), join(o.path, "mahimahi"), "want a name relative to "+d.dir())
	case err != nil && d.broken == nil:
		d.broken = err
	}
	return t
}

// dir is the directory of the scenario file, for messages.
func (d *decoder) dir() string {
	if dir := path.Dir(d.file); dir != "." {
		return dir
	}
	return "the scenario file"
}

// open reads a trace file. In errors it has the name as seen from where the
// scenario's was given; in the Trace, and so in records, that in the scenario.
func (d *decoder) open(name string) (*trace.Trace, error) {
	full := path.Join(path.Dir(d.file), name)
	if path.IsAbs(name) || !fs.ValidPath(full) {
		return nil, fs.ErrInvalid
	}
	f, err := d.fsys.Open(full)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	t, err := trace.ParseMahimahi(f, full)
	if err != nil {
		return nil, err
	}
	t.Name = name
	return t, nil
}
