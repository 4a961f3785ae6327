package formats

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// cpuColumn is the name of the column of a CPU as sysstat calls it: a number,
// or all or -1 for all together.
func cpuColumn(l *lines, text string) (string, error) {
	if text == "all" || text == "-1" {
		return "cpu", nil
	}
	if n, err := strconv.ParseUint(text, 10, 16); err == nil {
		return fmt.Sprintf("cpu%d", n), nil
	}
	return "", l.bad(nil, "%.40q: want a CPU, a number or all", text)
}

// idleTimes is where a table of sysstat has what utilization is computed from.
type idleTimes struct {
	fields            int // of a row
	cpu, idle, iowait int // iowait: -1 if the table has none
}

// idleHeader finds them in a header; ok is false if it is of another table.
func idleHeader(fields []string) (t idleTimes, ok bool) {
	t = idleTimes{len(fields), slices.Index(fields, "CPU"), slices.Index(fields, "%idle"), slices.Index(fields, "%iowait")}
	return t, t.cpu >= 0 && t.idle >= 0
}

// used computes the utilization of a row.
func (t idleTimes) used(l *lines, s *shares, row []string) (float64, error) {
	idle, err := l.number(point(row[t.idle]), "percentage of idle time")
	if err != nil {
		return 0, err
	}
	iowait := 0.0
	if t.iowait >= 0 {
		if iowait, err = l.number(point(row[t.iowait]), "percentage of iowait"); err != nil {
			return 0, err
		}
	}
	share, ok := s.used(idle, iowait)
	if !ok {
		return 0, l.bad(nil, "%v %% idle and %v %% iowait: want percentages", idle, iowait)
	}
	return share, nil
}

// detectSysstat finds the header of a table of CPUs in the text of mpstat or
// sar.
func detectSysstat(head []byte) (header []string, ok bool) {
	for _, line := range headLines(head) {
		fields := strings.Fields(line)
		if _, ok := timeOfDay(fields[0], ""); !ok {
			continue
		}
		_, fields = half(fields[1:])
		if _, ok := idleHeader(fields); ok {
			return fields, true
		}
	}
	return nil, false
}

// detectSar: what mpstat calls %sys or %usr, sar calls %system and %user;
// sar -u ALL has mpstat's names, and %steal before %irq.
func detectSar(head []byte, _ string) bool {
	header, ok := detectSysstat(head)
	return ok && !mpstatHeader(header)
}

func mpstatHeader(header []string) bool {
	irq, steal := slices.Index(header, "%irq"), slices.Index(header, "%steal")
	return slices.Contains(header, "%sys") && (irq < 0 || steal < 0 || irq < steal)
}

// A sysstatText is the text of mpstat or sar while it is read.
type sysstatText struct {
	*lines
	fleet  *fleet
	shares shares
	clock  clock

	table    idleTimes // that the rows belong to
	inTable  bool      // and not to one that is passed over
	restarts int
}

// readSysstat reads what mpstat and sar -u print, also with -P ALL, in any
// locale: decimal commas, a clock of 12 or 24 hours, headers again and again,
// other tables between. A row holds for the time before it, the first one since
// the header above it. CPUs are columns: cpu for all of them together, cpu0,
// cpu1 and so on. Lines that do not begin with a time, such as averages at the
// end, are passed over; dates are not in the lines, so midnight is where time
// steps back by more than half a day.
//
// A report without an interval (mpstat alone) is the average since boot: one
// value, which is taken to last 1 s.
func readSysstat(src *source) (*Recording, error) {
	l := newLines(src)
	s := &sysstatText{lines: l, fleet: newFleet(l, holdEnd)}
	notes := []string{sysstatNote}
	for l.nextFull() {
		note, err := l.cut(s.line(strings.Fields(l.text)))
		if err != nil {
			return nil, err
		}
		notes = append(notes, note...)
	}
	if f := s.fleet; len(f.columns) > 0 && f.begin >= f.columns[0].at[0] {
		notes = append(notes, "rows have the time of their header: averages since boot, not of an interval")
		notes = append(notes, f.guessBegin()...)
	}
	if s.restarts > 0 {
		notes = append(notes, fmt.Sprintf("restarts of the machine: %d", s.restarts))
	}
	return s.fleet.recording(append(notes, s.shares.notes()...)...)
}

func (s *sysstatText) line(fields []string) error {
	if c := fields[0][0]; c < '0' || c > '9' {
		return nil
	}
	clock := fields[0]
	half, fields := half(fields[1:])
	if len(fields) == 0 {
		return s.short(1, s.table.fields+1)
	}
	at, err := s.clock.at(s.lines, clock, half)
	if err != nil {
		return err
	}
	if strings.Contains(s.text, "RESTART") {
		s.restarts++
		return nil
	}
	if !slices.ContainsFunc(fields, isNumber) && fields[0] != "all" {
		if s.table, s.inTable = idleHeader(fields); s.inTable && !s.fleet.begun {
			s.fleet.begin, s.fleet.begun = at, true
		}
		return nil
	}
	if !s.inTable {
		return nil
	}
	return s.row(at, fields)
}

func (s *sysstatText) row(at time.Duration, fields []string) error {
	if len(fields) != s.table.fields {
		return s.short(len(fields), s.table.fields)
	}
	name, err := cpuColumn(s.lines, fields[s.table.cpu])
	if err != nil {
		return err
	}
	used, err := s.table.used(s.lines, &s.shares, fields)
	if err != nil {
		return err
	}
	return s.fleet.add(name, at, used)
}

// isNumber reports whether s is one, also with a decimal comma.
func isNumber(s string) bool {
	_, err := strconv.ParseFloat(point(s), 64)
	return err == nil
}
