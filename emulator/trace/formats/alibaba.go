package formats

import (
	"math"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// alibabaLayout is where a table of Alibaba's has what is used of it.
type alibabaLayout struct {
	id                      *regexp.Regexp // of field 0
	fields, time, cpu, memo int
}

// alibabaLayouts are machine_usage and container_usage, by their columns
// (cluster-trace-v2018/schema.txt).
var alibabaLayouts = []alibabaLayout{
	{regexp.MustCompile(`^m_\d+$`), 9, 1, 2, 3},
	{regexp.MustCompile(`^c_\d+$`), 11, 2, 3, 4},
}

// alibabaGrouped is how the mean over machines begins, as others have made it.
var alibabaGrouped = []string{"cpu_util_percent", "mem_util_percent"}

func detectAlibaba(head []byte, _ string) bool {
	rows := headLines(head)
	if len(rows) == 0 {
		return false
	}
	fields := strings.Split(rows[0], ",")
	_, ok := alibabaTable(fields)
	return ok || hasHeader(head, alibabaGrouped...) || alibabaHeader(fields)
}

// alibabaTable finds the layout of a row.
func alibabaTable(fields []string) (alibabaLayout, bool) {
	i := slices.IndexFunc(alibabaLayouts, func(t alibabaLayout) bool {
		return t.id.MatchString(fields[0]) && t.fields == len(fields)
	})
	if i < 0 {
		return alibabaLayout{}, false
	}
	return alibabaLayouts[i], true
}

// alibabaHeader reports whether fields are a header that someone has put above
// one of the tables, which have none.
func alibabaHeader(fields []string) bool {
	return fields[0] == "machine_id" || fields[0] == "container_id"
}

// readAlibaba reads machine_usage.csv (9 columns) and container_usage.csv (11)
// of Alibaba's cluster-trace-v2018, or a part of them, and the means over all
// machines that others have made of it, with a header.
//
// CPU and memory are percentages, which hold from their time on; of a container
// they are of what it may use. -1 and 101, and all else outside of 0 to 100,
// are missing values. Rows come in any order. Each machine or container has a
// column of its name and one with .memory behind; of a single one they are cpu
// and memory. Network and disk are left out: their unit is not told.
//
// The means have no time: the step is that in the file's name, as in
// grouped_10_seconds, or else the file is refused.
func readAlibaba(src *source) (*Recording, error) {
	l := newLines(src)
	f := newFleet(l, holdStart)
	f.unordered = true
	var notes []string
	for l.nextFull() {
		fields := l.split(',')
		if l.n == 1 && fields[0] == alibabaGrouped[0] {
			return readGrouped(l, []string{"cpu", "memory"}, alibabaGrouped, 100, 0)
		}
		if l.n == 1 && alibabaHeader(fields) {
			continue
		}
		note, err := l.cut(f.alibaba(l, fields))
		if err != nil {
			return nil, err
		}
		notes = append(notes, note...)
	}
	f.alone("cpu", "memory")
	return f.recording(notes...)
}

// alibaba adds a row.
func (f *fleet) alibaba(l *lines, fields []string) error {
	t, ok := alibabaTable(fields)
	if !ok {
		for _, t := range alibabaLayouts {
			if t.id.MatchString(fields[0]) && len(fields) < t.fields {
				return l.short(len(fields), t.fields)
			}
		}
		return l.bad(nil, "%d columns from %.40q: want 9 of machine_usage (m_1,...) or 11 of container_usage (c_1,m_1,...)", len(fields), fields[0])
	}
	at, err := integerTime(l, fields[t.time], time.Second)
	if err != nil {
		return err
	}
	for i, suffix := range []string{"", ".memory"} {
		v, err := alibabaPercent(l, fields[t.cpu+i])
		if err != nil {
			return err
		}
		if err := f.add(fields[0]+suffix, at, v); err != nil {
			return err
		}
	}
	return nil
}

// alibabaPercent reads a percentage as a share; what is none is missing.
func alibabaPercent(l *lines, text string) (float64, error) {
	if missing(text) {
		return math.NaN(), nil
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return 0, l.bad(nil, "%.40q: want a percentage, or -1 or 101 for none", text)
	}
	if !(v >= 0 && v <= 100) {
		return math.NaN(), nil
	}
	return v / 100, nil
}

// stepInName finds the step in names such as usage_grouped_300_seconds_day_1.
var stepInName = regexp.MustCompile(`(\d{1,6})_seconds`)

// readGrouped reads the rest of a CSV without times, below the header in l:
// columns with these headers and a whole of 1 or 100. usual is the step if the
// file's name has none; 0 if there is no usual one.
func readGrouped(l *lines, names, headers []string, whole float64, usual time.Duration) (*Recording, error) {
	t := newTable(l, holdStart, Utilization, names...)
	if m := stepInName.FindStringSubmatch(path.Base(l.name)); m != nil {
		step, _ := strconv.Atoi(m[1]) // six digits
		t.step = time.Duration(step) * time.Second
	} else {
		t.step = usual
	}
	if t.step == 0 {
		return nil, l.bad(nil, "no column of times, and no step in the file's name: want a name with it, such as grouped_10_seconds.csv")
	}
	header := columnsOf(l.split(','))
	width := len(l.split(','))
	var s shares
	notes := []string{"the mean over all machines: far smoother than any of them", "no times in the file: a row every " + t.step.String()}
	for l.nextFull() {
		note, err := l.cut(func() error {
			fields := l.split(',')
			if len(fields) != width {
				return l.short(len(fields), width)
			}
			row := make([]float64, len(names))
			for i := range names {
				var err error
				if row[i], err = s.read(l, fields[header[headers[i]]], headers[i], whole); err != nil {
					return err
				}
			}
			return t.add(time.Duration(len(t.at))*t.step, row...)
		}())
		if err != nil {
			return nil, err
		}
		notes = append(notes, note...)
	}
	return t.recording(append(notes, s.notes()...)...)
}
