package formats

import (
	"slices"
	"strings"
	"time"
)

// vmstatHeader returns where vmstat's columns are, if line is its header.
func vmstatHeader(line string) (fields []string, ok bool) {
	fields = strings.Fields(line)
	return fields, len(fields) > 2 && fields[0] == "r" && fields[1] == "b" && slices.Contains(fields, "us") && slices.Contains(fields, "id")
}

func detectVmstat(head []byte, _ string) bool {
	return slices.ContainsFunc(headLines(head), func(line string) bool {
		_, ok := vmstatHeader(line)
		return ok
	})
}

// A vmstatText is the output of vmstat -t while it is read.
type vmstatText struct {
	*lines
	table    *table
	shares   shares
	columns  int // of a row, without its time
	idle     int
	iowait   int // -1: an old vmstat, which has none
	reported bool
}

// readVmstat reads vmstat -t N. A row holds for the time before it. The first
// one is the average since boot: it is left out, and its time is where the
// second one begins. Percentages are whole.
//
// Without -t there is no time in the file, and nothing that tells vmstat 1 from
// vmstat 5: that is refused.
func readVmstat(src *source) (*Recording, error) {
	l := newLines(src)
	v := &vmstatText{lines: l, table: newTable(l, holdEnd, Utilization, "cpu")}
	notes := []string{sysstatNote}
	for l.nextFull() {
		note, err := l.cut(v.line(l.text))
		if err != nil {
			return nil, err
		}
		notes = append(notes, note...)
	}
	if v.reported && len(v.table.at) == 0 && l.err() == nil {
		return nil, l.bad(nil, "one row only, the average since boot: want those of an interval, as of vmstat -t 1")
	}
	if v.reported {
		notes = append(notes, "the first row is left out: it is the average since boot")
	}
	return v.table.recording(append(notes, v.shares.notes()...)...)
}

func (v *vmstatText) line(text string) error {
	if strings.HasPrefix(text, "procs") {
		return nil
	}
	if fields, ok := vmstatHeader(text); ok {
		v.idle, v.iowait = slices.Index(fields, "id"), slices.Index(fields, "wa")
		v.columns = 1 + max(v.idle, v.iowait, slices.Index(fields, "us"), slices.Index(fields, "sy"),
			slices.Index(fields, "st"), slices.Index(fields, "gu"))
		return nil
	}
	fields := strings.Fields(text)
	switch {
	case v.columns == 0:
		return v.bad(nil, "%.40q: want the header of vmstat first", text)
	case len(fields) == v.columns:
		return v.bad(nil, "no time in the line, so the step is not known: record with vmstat -t N")
	case len(fields) != v.columns+2:
		return v.short(len(fields), v.columns+2)
	}
	return v.row(fields[:v.columns], strings.Join(fields[v.columns:], " "))
}

func (v *vmstatText) row(fields []string, stamp string) error {
	at, err := wallTime(v.lines, time.DateTime, stamp)
	if err != nil {
		return err
	}
	if !v.reported {
		v.reported, v.table.begin, v.table.begun = true, at, true
		return nil
	}
	used, err := idleTimes{idle: v.idle, iowait: v.iowait}.used(v.lines, &v.shares, fields)
	if err != nil {
		return err
	}
	return v.table.add(at, used)
}
