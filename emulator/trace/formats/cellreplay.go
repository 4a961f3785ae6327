package formats

import (
	"math"
	"strings"
	"time"
)

// detectCellReplay wants whole numbers, three or more a line, of which the
// first rises and those from the third on do so too.
func detectCellReplay(head []byte, _ string) bool {
	rows := numeric(head, -3)
	for _, row := range rows {
		for i, v := range row {
			if v < 0 || v != math.Trunc(v) || i > 2 && v < row[i-1] {
				return false
			}
		}
	}
	return rows != nil && rising(rows, 0)
}

// readCellReplay reads the light traces of CellReplay (NSDI 2025): the time in
// ms, the base delay in ms, one way (half of a measured round trip), and when
// the packets of a train came after the first of them.
//
// The column is the base delay, from the time of a line on; CellReplay itself
// goes from one to the next in a straight line. The trains are for short
// flows on an idle link and are left out: what the link carries is in the heavy
// trace, which is Mahimahi's.
func readCellReplay(src *source) (*Recording, error) {
	l := newLines(src)
	t := newTable(l, holdStart, Delay, "delay")
	for l.nextFull() {
		fields := strings.Fields(l.text)
		if len(fields) < 2 {
			return nil, l.bad(nil, "%d fields: want a time in ms, a base delay in ms, and the opportunities of a train", len(fields))
		}
		at, err := l.time(fields[0], time.Millisecond)
		if err != nil {
			return nil, err
		}
		delay, err := l.scaled(fields[1], -3, "base delay in ms")
		if err != nil {
			return nil, err
		}
		if err := t.add(at, delay); err != nil {
			return nil, err
		}
	}
	return t.recording("the opportunities of the packet trains are left out: the capacity is in the heavy trace, which is mahimahi")
}
