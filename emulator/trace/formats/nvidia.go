package formats

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// nvidiaLayout is how nvidia-smi writes a time; digits of a second follow.
const nvidiaLayout = "2006/01/02 15:04:05"

func detectNvidia(head []byte, _ string) bool {
	rows := headLines(head)
	if len(rows) == 0 {
		return false
	}
	fields := strings.Split(rows[0], ",")
	_, err := time.Parse(nvidiaLayout, strings.TrimSpace(fields[0]))
	return err == nil || slices.ContainsFunc(fields, func(name string) bool {
		return strings.HasPrefix(strings.TrimSpace(name), "utilization.")
	})
}

// An nvidiaTable says what the columns of a file are. -1: it has none.
type nvidiaTable struct {
	fields            int // of a row
	timestamp, gpu    int // gpu: which one
	used, total, free int // memory
	shares            []nvidiaShare
}

// An nvidiaShare is a column with a utilization.
type nvidiaShare struct {
	name  string
	field int
}

// An nvidiaFile is a file while it is read.
type nvidiaFile struct {
	*lines
	nvidiaTable
	fleet  *fleet
	shares shares
	gpus   map[string]bool
}

// readNvidia reads the CSV of nvidia-smi --query-gpu, with whatever columns it
// was asked for, found by the header: utilization.gpu becomes the column gpu
// (the time in which a kernel ran, however few cores it used),
// utilization.memory becomes memory (the time in which memory was read or
// written: its bandwidth, not how full it is), other ones (encoder, decoder,
// jpeg, ofa) likewise; memory.used with memory.total or memory.free becomes
// memory_used. Of several GPUs each has its own, numbered: gpu0, memory0, gpu1.
//
// Without a header, percentages are told by their unit, the first is gpu and
// the second memory, and the notes say so; without units too it is refused.
//
// Utilization is that of the last sixth of a second to second before the time
// of a row; it is taken to hold since the row before, and in the first row for
// the median step. Values in brackets ([N/A]) are missing.
func readNvidia(src *source) (*Recording, error) {
	l := newLines(src)
	n := &nvidiaFile{lines: l, fleet: newFleet(l, holdEnd), gpus: make(map[string]bool)}
	var notes []string
	for l.nextFull() {
		if n.fields == 0 {
			header, note, err := nvidiaColumns(l, l.split(','))
			if err != nil {
				return nil, err
			}
			n.nvidiaTable, notes = header, append(notes, note...)
			if len(note) == 0 {
				continue
			}
		}
		note, err := l.cut(n.row(l.split(',')))
		if err != nil {
			return nil, err
		}
		notes = append(notes, note...)
	}
	if len(n.gpus) == 1 {
		n.fleet.alone(n.names("")...)
	}
	notes = append(notes, n.fleet.guessBegin()...)
	return n.fleet.recording(append(notes, n.shares.notes()...)...)
}

// nvidiaColumns finds the columns by the first line. If that is a row already,
// the note says what was guessed.
func nvidiaColumns(l *lines, first []string) (t nvidiaTable, note []string, err error) {
	if _, err := time.Parse(nvidiaLayout, first[0]); err == nil {
		return guessNvidia(l, first)
	}
	t = nvidiaTable{fields: len(first)}
	at := make(map[string]int)
	for i, name := range first {
		name, _, _ = strings.Cut(name, " [") // its unit
		at[name] = i
		if name, ok := strings.CutPrefix(name, "utilization."); ok && !t.has(name) {
			t.shares = append(t.shares, nvidiaShare{name, i})
		}
	}
	find := func(names ...string) int {
		for _, name := range names {
			if i, ok := at[name]; ok {
				return i
			}
		}
		return -1
	}
	t.timestamp = find("timestamp")
	t.gpu = find("index", "uuid", "gpu_uuid", "pci.bus_id", "gpu_bus_id", "serial", "gpu_serial")
	t.used, t.total, t.free = find("memory.used"), find("memory.total"), find("memory.free")
	if t.timestamp < 0 {
		return t, nil, l.bad(nil, "no column timestamp: want --query-gpu=timestamp,index,utilization.gpu,...")
	}
	if len(t.names("")) == 0 {
		return t, nil, l.bad(nil, "no column of utilization: want --query-gpu=timestamp,index,utilization.gpu,...")
	}
	return t, nil, nil
}

// guessNvidia tells columns by the units in the first row. A bare 0 before
// the first percentage is the index of a GPU: no other quantity is 0 there.
func guessNvidia(l *lines, row []string) (t nvidiaTable, note []string, err error) {
	t = nvidiaTable{fields: len(row), gpu: -1, used: -1, total: -1, free: -1}
	names := []string{"gpu", "memory"}
	for i, text := range row {
		switch {
		case text == "0" && len(t.shares) == 0 && t.gpu < 0:
			t.gpu = i
		case strings.HasSuffix(text, "%") && len(t.shares) < len(names):
			t.shares = append(t.shares, nvidiaShare{names[len(t.shares)], i})
		}
	}
	if len(t.shares) == 0 {
		return t, nil, l.bad(nil, "no header, and no column with %%: write the header as the first line, such as timestamp, index, utilization.gpu [%%]")
	}
	text := "no header: by their units, "
	for i, s := range t.shares {
		if i > 0 {
			text += " and "
		}
		text += fmt.Sprintf("column %d is taken as utilization.%s", s.field+1, s.name)
	}
	if t.gpu >= 0 {
		text += fmt.Sprintf("; column %d as index", t.gpu+1)
	}
	return t, []string{text}, nil
}

func (t *nvidiaTable) has(name string) bool {
	return slices.ContainsFunc(t.shares, func(s nvidiaShare) bool { return s.name == name })
}

// names are those of the columns that each GPU has, with a suffix.
func (t *nvidiaTable) names(suffix string) (names []string) {
	for _, s := range t.shares {
		names = append(names, s.name+suffix)
	}
	if t.used >= 0 && (t.total >= 0 || t.free >= 0) {
		names = append(names, "memory_used"+suffix)
	}
	return names
}

func (n *nvidiaFile) row(fields []string) error {
	if len(fields) < n.fields {
		return n.short(len(fields), n.fields)
	}
	if len(fields) > n.fields {
		return n.bad(nil, "%d columns: want %d, as in the first line", len(fields), n.fields)
	}
	at, err := wallTime(n.lines, nvidiaLayout, fields[n.timestamp])
	if err != nil {
		return err
	}
	var values []float64
	for _, s := range n.nvidiaTable.shares {
		v, err := n.shares.percent(n.lines, bare(fields[s.field]), "a percentage of "+s.name)
		if err != nil {
			return err
		}
		values = append(values, v)
	}
	v, err := n.memory(fields)
	if err != nil {
		return err
	}
	for i, name := range n.names(n.suffix(fields)) {
		if err := n.fleet.add(name, at, append(values, v)[i]); err != nil {
			return err
		}
	}
	return nil
}

// suffix tells the GPUs apart.
func (n *nvidiaFile) suffix(fields []string) string {
	suffix := ""
	if n.gpu >= 0 {
		suffix = fields[n.gpu]
	}
	n.gpus[strings.Clone(suffix)] = true
	if _, err := strconv.ParseUint(suffix, 10, 16); err != nil && suffix != "" {
		return "." + suffix
	}
	return suffix
}

// memory is the share of memory that is used.
func (n *nvidiaFile) memory(fields []string) (share float64, err error) {
	size := func(column int) (v float64) {
		if column >= 0 && err == nil {
			v, err = n.optional(bare(fields[column]), "size of memory")
		}
		return v
	}
	used, total, free := size(n.used), size(n.total), size(n.free)
	if n.total < 0 {
		total = used + free
	}
	if err != nil || !(total > 0) || math.IsNaN(used) {
		return math.NaN(), err
	}
	share, ok := n.shares.of(used, total)
	if !ok {
		return 0, n.bad(nil, "%v of %v MiB used: want at most all", used, total)
	}
	return share, nil
}

// bare is a value without its unit, empty if it is missing.
func bare(text string) string {
	if strings.HasPrefix(text, "[") {
		return "" // [N/A], [Not Supported], [Unknown Error], [GPU is lost]
	}
	number, _, _ := strings.Cut(text, " ")
	return strings.TrimSuffix(number, "%")
}
