package formats

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// googleGrouped is how the mean over machines begins, as others have made it.
var googleGrouped = []string{"avg_cpu", "avg_mem"}

// googleBegin is when the trace of Google begins, on its own clock. Times
// before it stand for things that were so already.
const googleBegin = 600 * time.Second

func detectGoogle(head []byte, _ string) bool {
	first := head
	if rows := headLines(head); len(rows) > 0 {
		first = []byte(rows[0])
	}
	return hasHeader(head, googleGrouped...) ||
		bytes.Contains(first, []byte("average_usage")) && bytes.Contains(first, []byte("start_time"))
}

// A googleRow is what is used of a row of instance_usage. BigQuery exports
// whole numbers as strings.
type googleRow struct {
	Start      json.Number `json:"start_time"`
	End        json.Number `json:"end_time"`
	Collection json.Number `json:"collection_id"`
	Instance   json.Number `json:"instance_index"`
	Machine    json.Number `json:"machine_id"`
	Average    struct {
		CPUs   json.Number `json:"cpus"`
		Memory json.Number `json:"memory"`
	} `json:"average_usage"`
}

// A googleFile is such a table while it is read.
type googleFile struct {
	*lines
	fleet  *fleet
	shares shares
	header map[string]int // of a CSV
	width  int
	before int // rows from before the trace begins
}

// readGoogle reads instance_usage of Google's cluster data 2019 as BigQuery
// exports it, as CSV with a header or as JSON lines, and the means over all
// machines that others have made of it, with avg_cpu.
//
// average_usage is in units of the largest machine, 0 to 1, over the window
// from start_time to end_time in microseconds; it holds from the start on. The
// clock of the trace has 600 s where it begins: rows before that are left out,
// and the recording counts from its first row. Each instance (collection and
// index; machine, where there is no collection) has a column of its name and
// one with .memory behind; of a single one they are cpu and memory.
//
// The means have a row every 300 s, unless the file's name says otherwise.
func readGoogle(src *source) (*Recording, error) {
	l := newLines(src)
	g := &googleFile{lines: l, fleet: newFleet(l, holdStart)}
	g.fleet.unordered = true
	notes := []string{"utilization is of the largest machine in the cluster"}
	for l.nextFull() {
		if l.n == 1 && strings.Contains(l.text, googleGrouped[0]) {
			return readGrouped(l, []string{"cpu", "memory"}, googleGrouped, 1, 300*time.Second)
		}
		note, err := l.cut(g.line())
		if err != nil {
			return nil, err
		}
		notes = append(notes, note...)
	}
	if g.before > 0 {
		notes = append(notes, fmt.Sprintf("rows from before the trace begins, at 600 s of its clock: %d; they are left out", g.before))
	}
	g.fleet.alone("cpu", "memory")
	return g.fleet.recording(append(notes, g.shares.notes()...)...)
}

func (g *googleFile) line() error {
	row := googleRow{}
	switch {
	case strings.HasPrefix(g.text, "{"):
		if err := json.Unmarshal([]byte(g.text), &row); err != nil {
			return g.bad(nil, "%v: want a row of instance_usage", err)
		}
	case g.header == nil:
		return g.readHeader(g.split(','))
	default:
		fields := g.split(',')
		if len(fields) != g.width {
			return g.short(len(fields), g.width)
		}
		row = g.row(fields)
	}
	return g.add(row)
}

// readHeader reads the header of a CSV; a nested field has a point or a line
// between its names.
func (g *googleFile) readHeader(fields []string) error {
	for i := range fields {
		fields[i] = strings.Replace(fields[i], "average_usage_", "average_usage.", 1)
	}
	g.header, g.width = columnsOf(fields), len(fields)
	for _, name := range []string{"start_time", "end_time", "average_usage.cpus"} {
		if _, ok := g.header[name]; !ok {
			return g.bad(nil, "no column %s: want the header of instance_usage with it", name)
		}
	}
	return nil
}

// row takes from fields what they have.
func (g *googleFile) row(fields []string) (row googleRow) {
	for name, to := range map[string]*json.Number{
		"start_time":           &row.Start,
		"end_time":             &row.End,
		"collection_id":        &row.Collection,
		"instance_index":       &row.Instance,
		"machine_id":           &row.Machine,
		"average_usage.cpus":   &row.Average.CPUs,
		"average_usage.memory": &row.Average.Memory,
	} {
		if i, ok := g.header[name]; ok {
			*to = json.Number(fields[i])
		}
	}
	return row
}

func (g *googleFile) add(row googleRow) error {
	start, err := integerTime(g.lines, row.Start.String(), time.Microsecond)
	if err != nil {
		return err
	}
	end, err := integerTime(g.lines, row.End.String(), time.Microsecond)
	if err != nil {
		return err
	}
	if end <= start {
		return g.bad(nil, "window from %v to %v: want an end after its start", start, end)
	}
	if start < googleBegin {
		g.before++
		return nil
	}
	name := row.Collection.String() + "-" + row.Instance.String()
	if row.Collection == "" {
		name = row.Machine.String()
	}
	cpu, err := g.shares.share(g.lines, row.Average.CPUs.String(), "average_usage.cpus")
	if err != nil {
		return err
	}
	memory, err := g.shares.share(g.lines, row.Average.Memory.String(), "average_usage.memory")
	if err != nil {
		return err
	}
	if err := g.fleet.window(name, start, end, cpu); err != nil {
		return err
	}
	return g.fleet.window(name+".memory", start, end, memory)
}
