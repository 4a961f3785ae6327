package formats

import (
	"fmt"
	"strings"
	"time"
)

// fccTime is that of a measurement, in UTC.
const fccTime = "2006-01-02 15:04:05"

// fccColumns are the columns that all tables of transfers begin with, and that
// tables without a header are taken to have.
var fccColumns = []string{"unit_id", "dtime", "target", "address", "fetch_time", "bytes_total", "bytes_sec"}

// detectFCC wants the header, or a number and a time.
func detectFCC(head []byte, _ string) bool {
	if hasHeader(head, "unit_id", "dtime", "bytes_sec") {
		return true
	}
	rows := headLines(head)
	for _, row := range rows {
		l := lines{text: row}
		fields := l.split(',')
		if len(fields) < len(fccColumns) || strings.Trim(fields[0], "0123456789") != "" {
			return false
		}
		if _, err := time.Parse(fccTime, fields[1]); err != nil {
			return false
		}
	}
	return len(rows) > 0
}

// readFCC reads transfers of the FCC's Measuring Broadband America:
// curr_webget, curr_httpgetmt and, upwards, curr_httppostmt, of months with a
// header and without.
//
// bytes_sec is bytes a second. Each pair of unit and target is a measurement of
// its own and a column, such as 10322/http://edition.cnn.com; a lone one is
// down, or up in a file with post in its name.
//
// A row is a fetch of some seconds, and the next is mostly an hour away. It
// holds until then, and a note says how long that is; what Pensieve and others
// do, to put such rows 5 s apart, is a choice for whoever replays it (see
// Column.Faster). Rows of 0 are fetches that failed, and are left out.
func readFCC(src *source) (*Recording, error) {
	l := newLines(src)
	name := "down"
	if strings.Contains(strings.ToLower(src.name), "post") {
		name = "up"
	}
	g := newGroups(l, name)
	columns, failed := columnsOf(fccColumns), 0
	for l.nextFull() {
		fields := l.split(',')
		if strings.EqualFold(fields[0], "unit_id") {
			columns = columnsOf(fields)
			if err := l.wantColumns(columns, "unit_id", "dtime", "target", "bytes_sec"); err != nil {
				return nil, err
			}
			continue
		}
		if len(fields) < len(fccColumns) || len(fields) <= columns["bytes_sec"] {
			return nil, l.bad(nil, "%d fields: want at least %s", len(fields), strings.Join(fccColumns, ","))
		}
		at, err := l.date(fields[columns["dtime"]], fccTime)
		if err != nil {
			return nil, err
		}
		rate, err := l.optional(fields[columns["bytes_sec"]], "rate in bytes a second")
		if err != nil {
			return nil, err
		}
		if !(rate > 0) {
			failed++
			continue
		}
		if err := g.add(fields[columns["unit_id"]]+"/"+fields[columns["target"]], at, 8*rate); err != nil {
			return nil, err
		}
	}
	return g.recording(fccNotes(g, failed)...)
}

// fccNotes says what rows are left out, and how far apart the others are.
func fccNotes(g *groups, failed int) (notes []string) {
	if failed > 0 {
		notes = append(notes, fmt.Sprintf("left out: %d fetches of 0 bytes a second, which failed", failed))
	}
	var most time.Duration
	for _, t := range g.order {
		most = max(most, medianStep(t.at))
	}
	if most > 0 {
		notes = append(notes, fmt.Sprintf("rows are fetches of some seconds, up to %v (median) apart: each holds until the next", most))
	}
	return notes
}
