package formats

import (
	"fmt"
	"strings"
	"time"
)

// detectNorway wants six numbers of which the first is a time since 1970 in
// seconds (1e8 is 1973, 1e11 is the year 5138).
func detectNorway(head []byte, _ string) bool { return isCommute(head, 1e8, 1e11) }

// detectGhent wants it in milliseconds.
func detectGhent(head []byte, _ string) bool { return isCommute(head, 1e11, 1e14) }

func isCommute(head []byte, low, high float64) bool {
	rows := numeric(head, 6)
	for _, row := range rows {
		if row[0] < low || row[0] >= high {
			return false
		}
	}
	return rows != nil
}

// commuteSlack is how far the two lengths of a line may be apart without a note; they
// are rounded to milliseconds each.
const commuteSlack = 10 * time.Millisecond

// readCommute reads the logs of commutes in Norway (HSDPA; Riiser, MMSys 2013)
// and Ghent (LTE; van der Hooft, 2016):
//
//	1285743175 1480729 59.851265 10.781479 337896 1001
//	epoch      ms      latitude  longitude bytes  ms since the last line
//
// The epoch is in seconds in the first and milliseconds in the second, and not
// used: the second column does not jump with the clock. The rate of a line is
// that of the time since the line before (interval end), which the last column
// tells for the first line also. Long intervals are those in which the phone
// wrote nothing; their bytes are counted in full.
func readCommute(src *source) (*Recording, error) {
	l := newLines(src)
	t := newTable(l, holdEnd, Rate, "down")
	t.begun = true
	other := 0
	for l.nextFull() {
		at, length, rate, err := commuteLine(l)
		if err != nil {
			return nil, err
		}
		if n := len(t.at); n == 0 {
			t.begin = at - length
		} else if off := at - t.at[n-1] - length; off > commuteSlack || off < -commuteSlack {
			other++
		}
		if err := t.add(at, rate); err != nil {
			return nil, err
		}
	}
	if other > 0 {
		return t.recording(fmt.Sprintf("lines whose length is not the time since the line before: %d; their rate is over their length, and holds for the time", other))
	}
	return t.recording()
}

// commuteLine returns when an interval ends, its length, and its rate.
func commuteLine(l *lines) (at, length time.Duration, rate float64, err error) {
	fields := strings.Fields(l.text)
	if len(fields) != 6 {
		return 0, 0, 0, l.bad(nil, "%d fields: want six: epoch, ms, latitude, longitude, bytes and ms since the last line", len(fields))
	}
	if at, err = l.time(fields[1], time.Millisecond); err != nil {
		return 0, 0, 0, err
	}
	if length, err = l.time(fields[5], time.Millisecond); err != nil {
		return 0, 0, 0, err
	}
	if length == 0 {
		return 0, 0, 0, l.bad(nil, "0 ms since the last line: want more")
	}
	received, err := l.number(fields[4], "count of bytes")
	if err != nil {
		return 0, 0, 0, err
	}
	return at, length, received * 8 / length.Seconds(), nil
}
