package formats

import (
	"bytes"
	"math"
	"time"
)

// The columns of Bitbrains that are used.
const (
	bitbrainsTime     = "timestamp [ms]"
	bitbrainsCPU      = "cpu usage [%]"
	bitbrainsMemory   = "memory usage [kb]"
	bitbrainsCapacity = "memory capacity provisioned [kb]"
)

func detectBitbrains(head []byte, _ string) bool {
	return bytes.HasPrefix(bytes.TrimPrefix(head, []byte("\ufeff")), []byte("Timestamp [ms];"))
}

// readBitbrains reads a VM of the Bitbrains traces (GWA-T-12, fastStorage and
// rnd): a header, semicolons and tabs between columns, a row every 300 s, whose
// values hold from its time on. cpu is the percentage of what the VM may use,
// memory the used part of its own.
//
// The header says that times are in milliseconds; in the published files they
// are in seconds since 1970. Times from 100,000,000,000 on are milliseconds
// here (1973), and lower ones seconds (before the year 5138); the notes say
// which.
func readBitbrains(src *source) (*Recording, error) {
	l := newLines(src)
	t := newTable(l, holdStart, Utilization, "cpu", "memory")
	b := &bitbrainsFile{lines: l, table: t}
	var notes []string
	for l.nextFull() {
		note, err := l.cut(b.line(l.split(';')))
		if err != nil {
			return nil, err
		}
		notes = append(notes, note...)
	}
	if b.unit == time.Second {
		notes = append(notes, "times are seconds, for all that the header says ms")
	}
	return t.recording(append(notes, b.shares.notes()...)...)
}

// A bitbrainsFile is a file while it is read.
type bitbrainsFile struct {
	*lines
	table  *table
	shares shares
	header map[string]int
	width  int
	unit   time.Duration // of the times; 0: not known yet
}

func (b *bitbrainsFile) line(fields []string) error {
	if b.header == nil {
		b.header, b.width = columnsOf(fields), len(fields)
		for _, name := range []string{bitbrainsTime, bitbrainsCPU} {
			if _, ok := b.header[name]; !ok {
				return b.bad(nil, "no column %s: want the header of a Bitbrains VM", name)
			}
		}
		return nil
	}
	if len(fields) != b.width {
		return b.short(len(fields), b.width)
	}
	at, err := b.time(fields[b.header[bitbrainsTime]])
	if err != nil {
		return err
	}
	cpu, err := b.shares.percent(b.lines, fields[b.header[bitbrainsCPU]], "a percentage of CPU")
	if err != nil {
		return err
	}
	memory, err := b.memory(fields)
	if err != nil {
		return err
	}
	return b.table.add(at, cpu, memory)
}

// time reads a time in the unit of the first one.
func (b *bitbrainsFile) time(text string) (time.Duration, error) {
	if b.unit == 0 {
		v, err := b.number(text, "time")
		if err != nil {
			return 0, err
		}
		b.unit = time.Second
		if v >= 1e11 {
			b.unit = time.Millisecond
		}
	}
	return b.lines.time(text, b.unit)
}

// memory is the share of memory that is used, NaN if the file does not tell.
func (b *bitbrainsFile) memory(fields []string) (float64, error) {
	used, ok := b.header[bitbrainsMemory]
	capacity, ok2 := b.header[bitbrainsCapacity]
	if !ok || !ok2 {
		return math.NaN(), nil
	}
	u, err := b.optional(fields[used], "memory usage in KB")
	if err != nil {
		return 0, err
	}
	c, err := b.optional(fields[capacity], "memory capacity in KB")
	if err != nil || !(c > 0) || math.IsNaN(u) {
		return math.NaN(), err
	}
	share, ok := b.shares.of(u, c)
	if !ok {
		return 0, b.bad(nil, "%v KB used of %v: want at most all", u, c)
	}
	return share, nil
}
