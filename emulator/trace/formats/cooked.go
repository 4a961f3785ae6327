package formats

import (
	"strings"
	"time"
)

func detectCooked(head []byte, _ string) bool {
	rows := numeric(head, 2)
	return rows != nil && rising(rows, 0)
}

// readCooked reads Pensieve's "cooked" traces: seconds and Mbit/s a line,
// parted by blanks or a tab.
//
// The rate of a line is that of the time since the line before, as Pensieve's
// simulator has it (its sim/fixed_env.py takes cooked_bw[i] from cooked_time[i-1]
// to cooked_time[i]); others read it as the time after. The first line speaks
// of the time since 0, unless that is more than three median steps away, as in
// a part cut out of a longer trace: then it is left out, as it is where it is
// at 0 (Pensieve never uses it either).
//
// Nothing can be missing. Zeros are outages. Rates are those of a payload; what
// a link needs on top for headers is not added.
func readCooked(src *source) (*Recording, error) {
	l := newLines(src)
	t := newTable(l, holdEnd, Rate, "down")
	for l.nextFull() {
		fields := strings.Fields(l.text)
		if len(fields) != 2 {
			return nil, l.bad(nil, "%d fields: want two, a time in seconds and a rate in Mbit/s", len(fields))
		}
		at, err := l.time(fields[0], time.Second)
		if err != nil {
			return nil, err
		}
		rate, err := l.scaled(fields[1], 6, "rate in Mbit/s")
		if err != nil {
			return nil, err
		}
		if err := t.add(at, rate); err != nil {
			return nil, err
		}
	}
	t.begun = len(t.at) > 0 && t.at[0] > 0 && (len(t.at) == 1 || t.at[0] <= gapFactor*medianStep(t.at))
	return t.recording()
}
