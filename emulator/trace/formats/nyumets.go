package formats

import (
	"strings"
	"time"
)

// iperfUnits are the units that iperf prints, as powers of ten.
var iperfUnits = map[string]int{"bits/sec": 0, "kbits/sec": 3, "mbits/sec": 6, "gbits/sec": 9}

func detectNYUMETS(head []byte, _ string) bool {
	rows := headLines(head)
	for _, row := range rows {
		_, unit, _ := strings.Cut(row, ",")
		if _, ok := iperfUnits[strings.ToLower(strings.TrimSpace(unit))]; !ok {
			return false
		}
	}
	return len(rows) > 0
}

// readNYUMETS reads the traces of NYU-METS: what iperf printed for each second,
// without header or time: a number and its unit, which changes from line to
// line. Line i holds from second i-1 to i. Nothing can be missing; 0 bits/sec
// is an outage.
func readNYUMETS(src *source) (*Recording, error) {
	l := newLines(src)
	t := newTable(l, holdStart, Rate, "down")
	t.step = time.Second
	for l.nextFull() {
		fields := l.split(',')
		if len(fields) != 2 {
			return nil, l.bad(nil, "%d fields: want two, a rate and its unit, such as 0.57,Mbits/sec", len(fields))
		}
		exponent, ok := iperfUnits[strings.ToLower(fields[1])]
		if !ok {
			return nil, l.bad(nil, "unit %.40q: want bits/sec, Kbits/sec, Mbits/sec or Gbits/sec", fields[1])
		}
		rate, err := l.scaled(fields[0], exponent, "rate in "+fields[1])
		if err != nil {
			return nil, err
		}
		if err := t.add(time.Duration(len(t.at))*time.Second, rate); err != nil {
			return nil, err
		}
	}
	return t.recording()
}
