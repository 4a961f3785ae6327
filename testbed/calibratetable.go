package main

import (
	"fmt"
	"math"
	"os"
	"strings"
	"unicode/utf8"

	"golang.org/x/term"

	"github.com/testbed/testbed/emulator/calibrate"
)

// printCalibration prints the rows as a table, then why some are off, and a
// summary.
func (a *app) printCalibration(r *calibrate.Report) error {
	if a.settings.GetBool("json") {
		return a.printJSON(calibration{Host: thisHost(), Rows: r.Rows, Missing: append([]string{}, r.Missing...)})
	}
	cells := [][]string{{"name", "engine", "load", "asked", "achieved", "unit", "off", "within", ""}}
	for _, row := range r.Rows {
		verdict := "PASS"
		if !row.Pass {
			verdict = "off"
		}
		within := number(row.Tolerance, false)
		switch row.Bound {
		case calibrate.Least:
			within = "≥ " + number(row.Asked-row.Tolerance, false)
		case calibrate.Most:
			within = "≤ " + number(row.Asked+row.Tolerance, false)
		}
		cells = append(cells, []string{
			row.Name, row.Engine, row.Load, number(row.Asked, false), number(row.Achieved, false), row.Unit,
			number(row.Achieved-row.Asked, true), within, verdict,
		})
	}
	var out strings.Builder
	table(&out, cells, a.width())
	for _, row := range r.Off() {
		fmt.Fprintf(&out, "\n%s, %s, %s: %s", row.Name, row.Engine, row.Load, row.Why)
	}
	if len(r.Off()) > 0 {
		out.WriteString("\n")
	}
	fmt.Fprintf(&out, "\n%d of %d rows pass\n", len(r.Rows)-len(r.Off()), len(r.Rows))
	_, err := fmt.Fprint(a.out, out.String())
	return err
}

// width is that of the terminal that results go to, or that of a page.
func (a *app) width() int {
	if f, ok := a.out.(*os.File); ok {
		if w, _, err := term.GetSize(int(f.Fd())); err == nil && w > 0 {
			return w
		}
	}
	return 100
}

// texts are the columns of a calibration that hold words.
var texts = map[int]bool{0: true, 1: true, 2: true, 5: true, 8: true}

// difference is the column that is left out where lines would be too wide: it
// follows from two others.
const difference = 6

// table writes rows in columns, numbers to the right. Where a line would be
// wider than width, columns come closer, and then there is one less.
func table(out *strings.Builder, rows [][]string, width int) {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	total := 0
	for _, w := range widths {
		total += w
	}
	gap, left := "  ", -1
	if total+2*(len(widths)-1) > width {
		gap = " "
		if total+len(widths)-1 > width {
			left = difference
		}
	}
	for _, row := range rows {
		var cells []string
		for i, cell := range row {
			pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			switch {
			case i == left:
				continue
			case texts[i]:
				cell += pad
			default:
				cell = pad + cell
			}
			cells = append(cells, cell)
		}
		out.WriteString(strings.TrimRight(strings.Join(cells, gap), " ") + "\n")
	}
}

// number writes four digits or all of those before the point, three if it is a
// difference, which has a sign.
func number(v float64, signed bool) string {
	format, digits := "%.*g", 4
	if signed {
		format, digits = "%+.*g", 3
	}
	if math.Abs(v) >= 1000 {
		return fmt.Sprintf(strings.Replace(format, "g", "f", 1), 0, v)
	}
	if math.Abs(v) < 1e-3 {
		v = math.Round(v*1e5) / 1e5 // no exponents
		if v == 0 {
			return "0"
		}
		return strings.TrimRight(fmt.Sprintf(strings.Replace(format, "g", "f", 1), 5, v), "0")
	}
	return fmt.Sprintf(format, digits, v)
}
