package scenarios

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/trace"
	"github.com/testbed/testbed/emulator/trace/formats"
)

// overTime reads what of a link comes from recordings.
func (d *decoder) overTime(o object, direction string, l *emulator.Link) {
	if r := d.recording(o, "trace"); r != nil {
		switch {
		case r.Trace != nil && !o.in("trace").has("column"):
			l.Trace = d.opportunities(o.in("trace"), r)
		default:
			l.Rates = d.column(o.in("trace"), r, formats.Rate, direction)
		}
	}
	if r := d.recording(o, "delay_trace"); r != nil {
		if in := o.in("delay_trace"); roundTrips(r) && !in.has("scale") {
			d.add(in.n.position, in.path, "%s has round trips, and a delay is of one direction: want scale: 0.5x for half of them here (or 1x for all)", r.Name)
		}
		l.Delays = d.column(o.in("delay_trace"), r, formats.Delay, "delay")
	}
	if r := d.recording(o, "loss_trace"); r != nil {
		l.Losses = d.column(o.in("loss_trace"), r, formats.Loss, "loss")
	}
}

// roundTrips says whether the delays of a recording are there and back.
func roundTrips(r *formats.Recording) bool {
	return slices.ContainsFunc(r.Notes, func(n string) bool { return strings.Contains(n, "round trip") })
}

// opportunities is the trace of a recording that lists them. It is played as
// it is: what its times mean would change if it were stretched or cut.
func (d *decoder) opportunities(o object, r *formats.Recording) *trace.Trace {
	for _, key := range []string{"wrap", "from", "to", "speed", "scale"} {
		if n := o.n.child(key); n != nil && !(key == "wrap" && n.text == "loop") {
			d.value(n, join(o.path, key), "a trace of opportunities is played as it is, and loops; make a trace of rates of it by testbed traces convert")
		}
	}
	return r.Trace
}

// column is a column of a recording as a quantity over time. first is the name
// of the one that is meant if none is named; else there must be only one.
func (d *decoder) column(o object, r *formats.Recording, q formats.Quantity, first string) *trace.Series {
	name := d.columnName(o, r, q, first)
	if name == "" {
		return nil
	}
	at := o.n
	c, err := r.Column(name)
	if err != nil || c.Quantity != q {
		d.value(o.n.child("column"), join(o.path, "column"), "want a column of "+quantityNames[q]+": "+strings.Join(columns(r, q), ", "))
		return nil
	}
	if o.has("from") || o.has("to") {
		from, to := read(o, "from", within(0, maxTime)), c.Period
		if o.has("to") {
			to = min(to, read(o, "to", within(0, maxTime)))
		}
		if c, err = c.Cut(from, to); err != nil {
			d.value(at, o.path, fmt.Sprintf("want a part of its %v: %v", r.Length().Round(time.Millisecond), err))
			return nil
		}
	}
	speed, scale := read(o, "speed", asFactor), read(o, "scale", asFactor)
	if speed == 0 || scale == 0 {
		return nil // noted
	}
	if c, err = c.Faster(speed); err == nil {
		c, err = c.Scale(scale)
	}
	if err != nil {
		d.value(at, o.path, err.Error())
		return nil
	}
	s := c.Series
	s.Name = r.Name
	s.Wrap = map[string]trace.Wrap{"loop": trace.Loop, "hold": trace.Hold, "stop": trace.Stop}[read(o, "wrap", oneOf(wraps...))]
	if _, most := s.Range(); q == formats.Loss && most > 1 {
		d.value(at, o.path, "want losses of at most 100%")
		return nil
	}
	return &s
}

// columnName is the column that is meant; empty if none is, which is noted.
func (d *decoder) columnName(o object, r *formats.Recording, q formats.Quantity, first string) string {
	if o.has("column") {
		return read(o, "column", asText)
	}
	names := columns(r, q)
	switch {
	case slices.Contains(names, first):
		return first
	case len(names) == 1:
		return names[0]
	case len(names) == 0:
		d.add(o.n.position, o.path, "%s (%s) has no %s", r.Name, r.Format, quantityNames[q])
	default:
		d.add(o.n.position, o.path, "%s has several columns of %s: name one by column: %s", r.Name, quantityNames[q], strings.Join(names, ", "))
	}
	return ""
}

var quantityNames = map[formats.Quantity]string{formats.Rate: "rates", formats.Delay: "delays", formats.Loss: "losses", formats.Utilization: "utilization"}

func columns(r *formats.Recording, q formats.Quantity) (names []string) {
	for _, c := range r.Columns {
		if c.Quantity == q {
			names = append(names, c.Name)
		}
	}
	return names
}

// recording reads the file under key; nil if there is none, or a mistake that
// was noted. A file is read once for each format.
func (d *decoder) recording(o object, key string) *formats.Recording {
	if !o.has(key) {
		return nil
	}
	in := o.in(key)
	if in.n == nil {
		return nil
	}
	which, format := "file", read(in, "format", asFormat)
	if in.has("mahimahi") {
		which, format = "mahimahi", "mahimahi"
	}
	if in.has("mahimahi") == in.has("file") {
		d.add(in.n.position, in.path, "want file, or mahimahi as short for it with format: mahimahi; one of them")
		return nil
	}
	name := read(in, which, asText)
	known, ok := d.recordings[format+" "+name]
	if !ok {
		known.recording, known.err = d.open(name, format)
		d.recordings[format+" "+name] = known
	}
	d.unread(in, which, known.err)
	return known.recording
}

// unread notes why a recording cannot be read.
func (d *decoder) unread(o object, key string, err error) {
	n, at := o.n.child(key), join(o.path, key)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		d.value(n, at, "no such file: want a trace, its name relative to "+d.dir())
	case errors.Is(err, fs.ErrInvalid):
		d.value(n, at, "want a file in the directory of "+d.fileName()+" or below, by its name relative to it; copy or link it there")
	case err != nil && d.broken == nil:
		d.broken = err
	}
}

// A reading is a recording, or why there is none.
type reading struct {
	recording *formats.Recording
	err       error
}

func asFormat(text string) (string, string) { return oneOf(formatNames()...)(text) }

func formatNames() []string {
	names := []string{"auto"}
	for _, f := range formats.Formats() {
		names = append(names, f.Name)
	}
	return names
}

// fileName is the name of the scenario file without its directory.
func (d *decoder) fileName() string { return path.Base(d.file) }

// dir is the directory of the scenario file, for messages.
func (d *decoder) dir() string {
	if dir := path.Dir(d.file); dir != "." {
		return dir
	}
	return "the scenario file"
}

// open reads a recording. In errors it has the name as seen from where the
// scenario's was given; in what is recorded, that in the scenario.
func (d *decoder) open(name, format string) (*formats.Recording, error) {
	full := path.Join(path.Dir(d.file), name)
	if path.IsAbs(name) || !fs.ValidPath(full) {
		return nil, fs.ErrInvalid
	}
	source, err := fs.ReadFile(d.fsys, full)
	if err != nil {
		return nil, err
	}
	r, err := formats.Read(bytes.NewReader(source), full, format)
	if err != nil {
		return nil, err
	}
	r.Name = name
	if r.Trace != nil {
		r.Trace.Name = name
	}
	return r, nil
}
