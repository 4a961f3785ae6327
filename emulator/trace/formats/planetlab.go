package formats

import (
	"slices"
	"strings"
	"time"
)

// detectPlanetlab: whole numbers up to 100 that go down somewhere; where they do
// not, the file is rather one of Mahimahi.
func detectPlanetlab(head []byte, _ string) bool {
	rows := numeric(head, 1)
	return rows != nil && !rising(rows, 0) && !slices.ContainsFunc(rows, func(row []float64) bool {
		return row[0] < 0 || row[0] > 100 || row[0] != float64(int(row[0]))
	})
}

// readPlanetlab reads a workload of PlanetLab, as CloudSim has them: the CPU
// utilization of a virtual machine, a whole percentage a line, one every 300 s,
// which holds from its time on. CoMon's own counting of idle time is behind it.
func readPlanetlab(src *source) (*Recording, error) {
	const step = 300 * time.Second
	l := newLines(src)
	t := newTable(l, holdStart, Utilization, "cpu")
	t.step = step
	var s shares
	for l.nextFull() {
		used, err := s.percent(l, strings.TrimSpace(l.text), "a percentage of CPU")
		if err != nil {
			return nil, err
		}
		if err := t.add(time.Duration(len(t.at))*step, used); err != nil {
			return nil, err
		}
	}
	return t.recording(s.notes()...)
}
