package formats

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// azureGrouped is the header of the sums over all VMs, as others have made them.
var azureGrouped = []string{"timestamp", "cpu_usage", "assigned_mem"}

func detectAzure(head []byte, _ string) bool {
	if hasHeader(head, azureGrouped...) {
		return true
	}
	rows := headLines(head)
	return len(rows) > 0 && !slices.ContainsFunc(rows, func(line string) bool {
		fields := strings.Split(line, ",")
		return len(fields) != azureFields || !isDigits(fields[0]) || len(fields[1]) < 16 || isNumber(fields[1]) ||
			slices.ContainsFunc(fields[2:], func(s string) bool { return !isNumber(s) })
	})
}

// azureFields are timestamp, vm id, min, max and avg of CPU.
const azureFields = 5

// readAzure reads the VM CPU readings of Azure's public data set, V1 and V2:
// timestamp in seconds, id of the VM, and the least, largest and average CPU
// utilization of 300 s in percent, without a header. The average is used, and
// holds from its time on. Each VM is a column of its id; a single one is cpu.
//
// It also reads the sums over all VMs that others have made, with the header
// timestamp,cpu_usage,assigned_mem. Those are no utilization: they are divided
// by their largest value, so that only their shape remains, and the notes say
// so. Memory is left out: it is what was assigned, not what was used.
func readAzure(src *source) (*Recording, error) {
	l := newLines(src)
	f := newFleet(l, holdStart)
	f.unordered, f.step = true, 300*time.Second
	var s shares
	var notes []string
	for l.nextFull() {
		fields := l.split(',')
		if l.n == 1 && slices.Equal(fields, azureGrouped) {
			return readAzureSums(l)
		}
		note, err := l.cut(f.azure(&s, fields))
		if err != nil {
			return nil, err
		}
		notes = append(notes, note...)
	}
	f.alone("cpu")
	return f.recording(append(notes, s.notes()...)...)
}

// azure adds a row.
func (f *fleet) azure(s *shares, fields []string) error {
	l := f.src
	if len(fields) < azureFields {
		return l.short(len(fields), azureFields)
	}
	if len(fields) > azureFields {
		return l.bad(nil, "%d columns: want %d: timestamp, vm id, min, max and avg CPU", len(fields), azureFields)
	}
	at, err := integerTime(l, fields[0], time.Second)
	if err != nil {
		return err
	}
	var cpu [3]float64
	for i, what := range []string{"min CPU", "max CPU", "avg CPU"} {
		if cpu[i], err = s.percent(l, fields[2+i], what+" in percent"); err != nil {
			return err
		}
	}
	least, most, mean := cpu[0], cpu[1], cpu[2]
	const rounding = 1e-6
	if mean < least-rounding || mean > most+rounding {
		return l.bad(nil, "avg CPU %s is not from min %s to max %s: want the columns timestamp, vm id, min, max, avg", fields[4], fields[2], fields[3])
	}
	return f.add(fields[1], at, mean)
}

// readAzureSums reads the rest of the sums, below the header in l.
func readAzureSums(l *lines) (*Recording, error) {
	t := newTable(l, holdStart, Utilization, "cpu")
	var notes []string
	for l.nextFull() {
		note, err := l.cut(func() error {
			fields := l.split(',')
			if len(fields) != len(azureGrouped) {
				return l.short(len(fields), len(azureGrouped))
			}
			at, err := integerTime(l, fields[0], time.Second)
			if err != nil {
				return err
			}
			sum, err := l.optional(fields[1], "sum of CPU utilization")
			if err != nil {
				return err
			}
			return t.add(at, sum)
		}())
		if err != nil {
			return nil, err
		}
		notes = append(notes, note...)
	}
	r, err := t.recording(notes...)
	if err != nil {
		return nil, err
	}
	values := r.Columns[0].Value
	most := slices.Max(values)
	if !(most > 0) || math.IsInf(1/most, 0) {
		return nil, l.bad(nil, "the largest sum is %v: want one above 0", most)
	}
	for i := range values {
		values[i] /= most
	}
	r.Notes = append([]string{fmt.Sprintf("NOT A UTILIZATION: sums over all VMs, divided by the largest, %.0f; 100 %% is the busiest time of the data, so scale it to the level that you want", most)}, r.Notes...)
	return r, nil
}

// isDigits reports whether s is a whole number, 0 or more.
func isDigits(s string) bool {
	_, err := strconv.ParseUint(s, 10, 64)
	return err == nil
}
