package formats

import (
	"strings"
	"time"
)

func detectPingCSV(head []byte, _ string) bool {
	return hasHeader(head, "rtt [ms]", "probe send time")
}

// readPingCSV reads pings as in the SIGCOMM 2021 5G data: RTT [ms] and Probe
// Send Time, a time of day in whole seconds; other columns are not used.
//
// A round trip holds from the time its probe was sent until the next. One that
// is empty, or words such as "timeout", is a lost probe: the delay before holds,
// and a column loss is 1 there and 0 elsewhere. After midnight the time goes on.
func readPingCSV(src *source) (*Recording, error) {
	l := newLines(src)
	p := newPings(l)
	if !l.nextFull() {
		return p.recording()
	}
	fields := l.split(',')
	columns, width := columnsOf(fields), len(fields)
	if err := l.wantColumns(columns, "rtt [ms]", "probe send time"); err != nil {
		return nil, err
	}
	var last, days time.Duration
	for l.nextFull() {
		if fields = l.split(','); len(fields) != width {
			return nil, l.bad(nil, "%d fields: want %d, as in the header", len(fields), width)
		}
		at, err := l.clock(fields[columns["probe send time"]])
		if err != nil {
			return nil, err
		}
		if last-at > 12*time.Hour {
			days += 24 * time.Hour
		}
		last = at
		rtt := fields[columns["rtt [ms]"]]
		lost := missing(rtt) || rtt == "*" || strings.HasPrefix(strings.ToLower(rtt), "time")
		if err := p.add(at+days, rtt, lost); err != nil {
			return nil, err
		}
	}
	return p.recording()
}

// clock reads a time of day.
func (l *lines) clock(s string) (time.Duration, error) {
	t, err := time.Parse("15:04:05", s)
	if err != nil {
		return 0, l.bad(nil, "%.40q: want a time of day such as 11:35:01", s)
	}
	return t.Sub(t.Truncate(24 * time.Hour)), nil
}
