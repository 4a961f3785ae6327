// Package formats reads recordings of networks and of utilization as others
// have published or measured them, and writes some of them again.
//
// What a number means differs from format to format: its unit, whether a
// sample speaks of the interval before it or after it, what stands for a
// missing one. Each reader says so in its comment, turns it into bit/s,
// seconds and shares, and notes what it had to leave out or repair.
package formats

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/testbed/testbed/emulator/trace"
)

// A Recording is a file as read.
type Recording struct {
	Name    string   // of the file
	Format  string   // by which it was read
	Columns []Column // at least one, unless Trace is set
	Notes   []string // what was left out or repaired, and gaps; one line each

	// Trace is set instead of, or beside, Columns by formats that list
	// opportunities to deliver.
	Trace *trace.Trace
}

// A Column is one quantity of a Recording over time.
type Column struct {
	Name     string // unique in the Recording: down, up, delay, loss, cpu, gpu, memory or, where there are several, what the file calls it
	Quantity Quantity
	trace.Series
}

// A Quantity is what the values of a Column are.
type Quantity int

// The quantities and their units.
const (
	Rate        Quantity = iota // bit/s
	Delay                       // seconds; a round trip if the file has round trips, and then the Notes say so
	Loss                        // share of packets, 0 to 1
	Utilization                 // share, 0 to 1
)

// A Format is one kind of file that can be read.
type Format struct {
	Name string // as it is asked for
	Doc  string // one line: what the file looks like and where it comes from
}

// A reader is a Format with its code.
type reader struct {
	Format
	detect func(head []byte, name string) bool // head: the first 64 KiB at most
	read   func(src *source) (*Recording, error)
}

// A source is a file being read.
type source struct {
	name string // for errors and records; it is not opened
	io.Reader
}

// headSize is how much of a file is looked at to find out its format.
const headSize = 64 << 10

// readers are tried in this order; the more telling formats come first.
func readers() []reader { return slices.Concat(utilizationReaders, networkReaders) }

// Formats returns all formats that Read knows.
func Formats() (all []Format) {
	for _, r := range readers() {
		all = append(all, r.Format)
	}
	return all
}

// Read reads a recording in the format of that name; with "" or "auto" in the
// one that it looks like. name is the file's, for errors, for records and as a
// hint of its format; it is not opened.
//
// An error about a line is a *trace.SyntaxError.
func Read(r io.Reader, name, format string) (*Recording, error) {
	var head []byte
	if format == "" || format == "auto" {
		head = make([]byte, headSize)
		n, err := io.ReadFull(r, head)
		if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		head = head[:n]
		r = io.MultiReader(bytes.NewReader(head), r)
	}
	var names []string
	for _, known := range readers() {
		if known.Name == format || head != nil && known.detect(head, name) {
			return known.finish(&source{name, r})
		}
		names = append(names, known.Name)
	}
	if head != nil {
		return nil, fmt.Errorf("%s: not a format that is known: want one of %s, or its name given", name, strings.Join(names, ", "))
	}
	return nil, fmt.Errorf("format %q: want auto or one of %s", format, strings.Join(names, ", "))
}

// finish reads and checks that what was read keeps the promises of Recording.
func (r reader) finish(src *source) (*Recording, error) {
	rec, err := r.read(src)
	if err != nil {
		return nil, err
	}
	rec.Name, rec.Format = src.name, r.Name
	if rec.Trace == nil && len(rec.Columns) == 0 {
		return nil, fmt.Errorf("%s: %w", src.name, trace.ErrEmpty)
	}
	for _, c := range rec.Columns {
		if err := c.Check(); err != nil {
			return nil, fmt.Errorf("column %s: %w", c.Name, err)
		}
	}
	return rec, nil
}

// Column returns a column by its name.
func (r *Recording) Column(name string) (Column, error) {
	var names []string
	for _, c := range r.Columns {
		if c.Name == name {
			return c, nil
		}
		names = append(names, c.Name)
	}
	return Column{}, fmt.Errorf("%s: no column %q: it has %s", r.Name, name, strings.Join(names, ", "))
}

// Length is how long the recording is: its longest column, or its Trace.
func (r *Recording) Length() (length time.Duration) {
	if r.Trace != nil {
		length = r.Trace.Period
	}
	for _, c := range r.Columns {
		length = max(length, c.Period)
	}
	return length
}
