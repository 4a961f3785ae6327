package formats

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/testbed/testbed/emulator/trace"
)

// sadfReport begins a report in the JSON of sadf.
var sadfReport = regexp.MustCompile(`"timestamp":\s*\{`)

func detectSadf(head []byte, _ string) bool {
	return bytes.HasPrefix(head, []byte("# hostname;interval;timestamp")) ||
		bytes.Contains(head, []byte(`"sysstat"`)) && sadfReport.Match(head)
}

// readSadf reads sadf -d, also with -U, -t or -T, and sadf -j; of activities
// other than CPU it reads past. A row holds for the time before it: the first
// one for as long as its own interval says. CPUs are columns: cpu for all of
// them together (-1 in the file), cpu0, cpu1 and so on. Restarts are noted; the
// first row after one is as if it held since the row before.
func readSadf(src *source) (*Recording, error) {
	src, json, err := beginsWith(src, '{')
	if err != nil {
		return nil, err
	}
	if json {
		return readSysstatJSON(src)
	}
	l := newLines(src)
	s := &sadfText{lines: l, fleet: newFleet(l, holdEnd)}
	notes := []string{sysstatNote}
	for l.nextFull() {
		note, err := l.cut(s.line(l.split(';')))
		if err != nil {
			return nil, err
		}
		notes = append(notes, note...)
	}
	if s.restarts > 0 {
		notes = append(notes, fmt.Sprintf("restarts of the machine: %d", s.restarts))
	}
	return s.fleet.recording(append(notes, s.shares.notes()...)...)
}

// A sadfText is the output of sadf -d while it is read.
type sadfText struct {
	*lines
	fleet  *fleet
	shares shares

	table    idleTimes // that the rows belong to
	inTable  bool      // and not to one that is passed over
	restarts int
}

func (s *sadfText) line(fields []string) error {
	switch {
	case strings.HasPrefix(s.text, "#"):
		s.table, s.inTable = idleHeader(fields)
		return nil
	case len(fields) > 3 && strings.HasPrefix(fields[3], "LINUX-RESTART"):
		s.restarts++
		return nil
	case len(fields) > 3 && strings.HasPrefix(fields[3], "COM "): // a comment of sadc -C
		return nil
	case !s.inTable:
		return nil
	case len(fields) != s.table.fields:
		return s.short(len(fields), s.table.fields)
	}
	at, err := sadfTime(s.lines, fields[2])
	if err != nil {
		return err
	}
	name, err := cpuColumn(s.lines, fields[s.table.cpu])
	if err != nil {
		return err
	}
	used, err := s.table.used(s.lines, &s.shares, fields)
	if err != nil {
		return err
	}
	if !s.fleet.begun {
		interval, err := integerTime(s.lines, fields[1], time.Second)
		if err != nil || interval == 0 || interval > trace.Longest {
			return s.bad(nil, "%.40q: want an interval in seconds, above 0", fields[1])
		}
		s.fleet.begin, s.fleet.begun = at-interval, true
	}
	return s.fleet.add(name, at, used)
}

// sadfTime reads the three ways in which sadf -d writes a time: with UTC, in
// the zone of the machine or of the reader (-t, -T), in seconds since 1970 (-U).
func sadfTime(l *lines, text string) (time.Duration, error) {
	if isNumber(text) {
		return integerTime(l, text, time.Second)
	}
	return wallTime(l, time.DateTime, strings.TrimSuffix(text, " UTC"))
}
