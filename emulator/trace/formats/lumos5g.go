package formats

import (
	"strings"
	"time"
)

func detectLumos5G(head []byte, _ string) bool {
	return hasHeader(head, "run_num", "seq_num", "throughput")
}

// readLumos5G reads Lumos5G 1.0: TCP goodput of mmWave 5G on foot and by car,
// in Mbit/s, a row for each second of a run (seq_num). A row holds from its
// second until the next of its run. A run is known by run_num, mobility_mode
// and trajectory_direction together, and each is a column, such as 3/driving/CW.
// An empty Throughput is missing: the one before holds.
func readLumos5G(src *source) (*Recording, error) {
	l := newLines(src)
	g := newGroups(l, "down")
	g.step = time.Second
	if !l.nextFull() {
		return g.recording()
	}
	fields := l.split(',')
	columns, width := columnsOf(fields), len(fields)
	if err := l.wantColumns(columns, "run_num", "seq_num", "throughput"); err != nil {
		return nil, err
	}
	for l.nextFull() {
		if fields = l.split(','); len(fields) != width {
			return nil, l.bad(nil, "%d fields: want %d, as in the header", len(fields), width)
		}
		at, err := l.time(fields[columns["seq_num"]], time.Second)
		if err != nil {
			return nil, err
		}
		rate, err := l.optionalScaled(fields[columns["throughput"]], 6, "rate in Mbit/s")
		if err != nil {
			return nil, err
		}
		run := []string{fields[columns["run_num"]]}
		for _, name := range []string{"mobility_mode", "trajectory_direction"} {
			if at, ok := columns[name]; ok {
				run = append(run, fields[at])
			}
		}
		if err := g.add(strings.Join(run, "/"), at, rate); err != nil {
			return nil, err
		}
	}
	return g.recording()
}
