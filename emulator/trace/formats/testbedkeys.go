package formats

import (
	"slices"
	"strings"
	"time"

	"github.com/testbed/testbed/emulator/trace"
)

// testbedKeys are the lines before the header of our CSV.
type testbedKeys struct {
	hold           hold
	lengths, wraps map[string]keyLine // by column; "" is all
	notes          []string
}

// A keyLine is a value and its line.
type keyLine struct {
	length time.Duration
	wrap   trace.Wrap
	line   int
}

// read reads a line that begins with #.
func (k *testbedKeys) read(l *lines) error {
	text := strings.TrimSpace(strings.TrimPrefix(l.text, "#"))
	key, value, ok := strings.Cut(text, ": ")
	column := ""
	for _, name := range []string{"length_s", "wrap"} {
		if rest, found := strings.CutPrefix(text, name+" of "); found {
			if i := strings.LastIndex(rest, ": "); i >= 0 { // the column may have ": " in its name
				key, column, value = name, rest[:i], rest[i+2:]
			}
		}
	}
	switch {
	case !ok:
		if text != "" {
			k.notes = append(k.notes, text)
		}
	case key == "hold":
		i := slices.Index([]string{"start", "end"}, value)
		if i < 0 {
			return l.bad(nil, "hold %.40q: want start or end", value)
		}
		k.hold = hold(i)
	case key == "wrap":
		i := slices.Index(wraps, value)
		if i < 0 {
			return l.bad(nil, "wrap %.40q: want loop, hold or stop", value)
		}
		k.wraps[column] = keyLine{wrap: trace.Wrap(i), line: l.n}
	case key == "length_s":
		length, err := l.time(value, time.Second)
		if err != nil {
			return err
		}
		if length > trace.Longest {
			return l.bad(nil, "length_s %.40s: want at most %v", value, trace.Longest)
		}
		k.lengths[column] = keyLine{length: length, line: l.n}
	case key == "note":
		k.notes = append(k.notes, value)
	default:
		k.notes = append(k.notes, text)
	}
	return nil
}

// apply sets the lengths and wraps of r.
func (k *testbedKeys) apply(l *lines, r *Recording) error {
	for i := range r.Columns {
		c := &r.Columns[i]
		wrap, ok := k.wraps[c.Name]
		if !ok {
			wrap = k.wraps[""] // or Loop
		}
		c.Wrap = wrap.wrap
		v, ok := k.lengths[c.Name]
		if !ok {
			v, ok = k.lengths[""]
		}
		if !ok {
			continue
		}
		if last := c.At[len(c.At)-1]; v.length <= last {
			return l.at(v.line, trace.ErrPeriod, "length_s %v: want more than %v, where column %.40s has its last value", v.length.Seconds(), last, c.Name)
		}
		c.Period = v.length
	}
	return nil
}
