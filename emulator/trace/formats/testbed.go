package formats

import (
	"strings"
	"time"

	"github.com/testbed/testbed/emulator/trace"
)

// A unitSuffix is how the name of a column in our CSV ends.
type unitSuffix struct {
	suffix string
	Quantity
	exponent int // of ten, from it to our unit
}

// unitSuffixes are all there are. A share is a Loss if its column has loss in
// its name, and a Utilization otherwise.
var unitSuffixes = []unitSuffix{
	{"_bps", Rate, 0}, {"_kbps", Rate, 3}, {"_mbps", Rate, 6}, {"_gbps", Rate, 9},
	{"_us", Delay, -6}, {"_ms", Delay, -3}, {"_s", Delay, 0},
	{"_pct", Utilization, -2}, {"_share", Utilization, 0},
}

// timeUnits are the names that the column of times may have.
var timeUnits = map[string]time.Duration{"t_s": time.Second, "t_ms": time.Millisecond}

// wraps are the words for them.
var wraps = []string{trace.Loop: "loop", trace.Hold: "hold", trace.Stop: "stop"}

func detectTestbed(head []byte, _ string) bool {
	for _, row := range headLines(head) {
		if strings.HasPrefix(row, "#") {
			continue
		}
		for _, name := range strings.Split(row, ",") {
			if _, ok := timeUnits[strings.TrimSpace(name)]; ok {
				return true
			}
		}
		return false
	}
	return false
}

// readTestbed reads our own CSV, which WriteCSV writes:
//
//	# source: walk to the station, 2026-02-03
//	# licence: CC-BY-4.0
//	# hold: start
//	# length_s: 2.5
//	t_s,down_kbps,up_kbps,delay_ms,loss
//	0,12000,3000,40,0
//	0.5,0,,300,0.02
//
// The names of columns end in their unit: _bps, _kbps, _mbps, _gbps; _us, _ms,
// _s; _pct, _share. Only loss may go without: it is a share, 0 to 1. Columns
// with loss in their name are losses, others in _pct or _share utilization.
// Times are in t_s or t_ms. An empty cell is a value that stays.
//
// Lines of "# key: value" before the header: hold is start (a row's values hold
// from its time on) or end (they held since the row before); length_s is how
// long the recording is, without which the last row lasts as long as the median
// row; wrap is loop, hold or stop. "length_s of NAME" and "wrap of NAME" are of
// one column. All others, such as source, licence, unit and sha256, become
// Notes; that of a note its value alone.
func readTestbed(src *source) (*Recording, error) {
	l := newLines(src)
	keys := testbedKeys{lengths: make(map[string]keyLine), wraps: make(map[string]keyLine)}
	for l.nextFull() {
		if !strings.HasPrefix(l.text, "#") {
			break
		}
		if err := keys.read(l); err != nil {
			return nil, err
		}
	}
	t := newTable(l, keys.hold, Rate)
	t.sparse, t.steps = true, true
	if l.n == 0 || strings.HasPrefix(l.text, "#") {
		return t.recording()
	}
	h, err := readHeader(l, t)
	if err != nil {
		return nil, err
	}
	for l.nextFull() {
		if err := h.row(l, t); err != nil {
			return nil, err
		}
	}
	t.begun = len(t.at) > 0 && t.at[0] > 0
	r, err := t.recording(keys.notes...)
	if err != nil {
		return nil, err
	}
	return r, keys.apply(l, r)
}

// A testbedHeader is where the columns are.
type testbedHeader struct {
	width    int
	time     int
	unit     time.Duration
	from     []int // of each column of the table
	exponent []int
}

// readHeader reads the header, and adds the columns to t.
func readHeader(l *lines, t *table) (*testbedHeader, error) {
	fields := l.split(',')
	h := &testbedHeader{width: len(fields), time: -1}
	seen := make(map[string]bool)
	for i, name := range fields {
		if unit, ok := timeUnits[name]; ok && h.time < 0 {
			h.time, h.unit = i, unit
			continue
		}
		base, u, ok := splitUnit(name)
		if !ok || base == "" {
			return nil, l.bad(nil, "column %.40q has no unit: want a name that ends in one, such as down_kbps, delay_ms or cpu_pct", name)
		}
		if seen[base] {
			return nil, l.bad(nil, "column %.40q: want names that differ in more than the unit", name)
		}
		seen[base] = true
		t.column(base, u.Quantity)
		h.from, h.exponent = append(h.from, i), append(h.exponent, u.exponent)
	}
	if h.time < 0 || len(h.from) == 0 {
		return nil, l.bad(nil, "want a header with t_s and at least one column, such as t_s,down_kbps")
	}
	return h, nil
}

// splitUnit cuts the name of a column from its unit.
func splitUnit(name string) (base string, u unitSuffix, ok bool) {
	for _, u := range unitSuffixes {
		base, ok := strings.CutSuffix(name, u.suffix)
		if !ok {
			continue
		}
		if u.Quantity == Utilization && isLoss(base) {
			u.Quantity = Loss
		}
		return base, u, true
	}
	return name, unitSuffix{"", Loss, 0}, isLoss(name)
}

// isLoss reports whether a column of that name is one of losses.
func isLoss(name string) bool { return strings.Contains(name, "loss") }

// row reads a row into t.
func (h *testbedHeader) row(l *lines, t *table) error {
	fields := l.split(',')
	if len(fields) != h.width {
		return l.bad(nil, "%d fields: want %d, as in the header", len(fields), h.width)
	}
	at, err := l.time(fields[h.time], h.unit)
	if err != nil {
		return err
	}
	row := make([]float64, len(h.from))
	for i, from := range h.from {
		q := t.cols[i].Quantity
		if row[i], err = l.optionalScaled(fields[from], h.exponent[i], quantityNames[q]); err != nil {
			return err
		}
		if (q == Loss || q == Utilization) && row[i] > 1 {
			return l.bad(nil, "%.40q: want a %s of at most 1, which is 100 %%", fields[from], quantityNames[q])
		}
	}
	return t.add(at, row...)
}

// quantityNames are for errors.
var quantityNames = []string{Rate: "rate", Delay: "delay", Loss: "loss", Utilization: "utilization"}
