package formats

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/testbed/testbed/emulator/trace"
)

// The largest files that are read. They are past anything that was ever
// recorded, and keep a hostile file from filling the memory.
const (
	maxLine   = 1 << 20 // bytes in a line
	maxRows   = 4 << 20 // lines of a file
	maxValues = 8 << 20 // of all columns together
	maxBytes  = 1 << 28 // of a file that must be read whole
)

// A lines hands out the lines of a file with their numbers.
type lines struct {
	name string
	text string // the line, without its end
	n    int    // its number, from 1
	scan *bufio.Scanner
	over bool // there were more than maxRows
}

func newLines(src *source) *lines {
	l := &lines{name: src.name, scan: bufio.NewScanner(src)}
	l.scan.Buffer(nil, maxLine)
	return l
}

// next goes to the next line, and says whether there is one.
func (l *lines) next() bool {
	if l.n >= maxRows {
		l.over = l.scan.Scan()
		return false
	}
	if !l.scan.Scan() {
		return false
	}
	l.n++
	l.text = strings.TrimSuffix(l.scan.Text(), "\r")
	if l.n == 1 {
		l.text = strings.TrimPrefix(l.text, "\ufeff")
	}
	return true
}

// nextFull goes to the next line that is not blank.
func (l *lines) nextFull() bool {
	for l.next() {
		if strings.TrimSpace(l.text) != "" {
			return true
		}
	}
	return false
}

// err says why next stopped: nil at the end of the file.
func (l *lines) err() error {
	if l.over {
		return fmt.Errorf("%s: more than %d lines: cut it", l.name, maxRows)
	}
	if errors.Is(l.scan.Err(), bufio.ErrTooLong) {
		return l.at(l.n+1, nil, "longer than %d bytes: want lines of text", maxLine)
	}
	if err := l.scan.Err(); err != nil {
		return fmt.Errorf("%s:%d: %w", l.name, l.n+1, err)
	}
	return nil
}

// bad is an error about the line. err is a sentinel for errors.Is, or nil.
func (l *lines) bad(err error, format string, args ...any) error {
	return l.at(l.n, err, format, args...)
}

// at is an error about another line than the last.
func (l *lines) at(line int, err error, format string, args ...any) error {
	return &trace.SyntaxError{Name: l.name, Line: line, Msg: fmt.Sprintf(format, args...), Err: err}
}

// split cuts the line at commas, and takes off quotes and blanks around what
// is between them.
func (l *lines) split(comma rune) (fields []string) {
	fields = strings.Split(l.text, string(comma))
	if strings.Contains(l.text, `"`) {
		r := csv.NewReader(strings.NewReader(l.text))
		r.Comma, r.LazyQuotes, r.TrimLeadingSpace = comma, true, true
		if quoted, err := r.Read(); err == nil {
			fields = quoted
		}
	}
	for i := range fields {
		fields[i] = strings.TrimSpace(fields[i])
	}
	return fields
}

// number reads a finite number, 0 or more. what is what it is of, for errors,
// such as "rate in Mbit/s".
func (l *lines) number(s, what string) (float64, error) {
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) || v < 0 || strings.ContainsAny(s, "xX_") {
		return 0, l.bad(nil, "%.40q: want a %s, a number, 0 or more", s, what)
	}
	return v + 0, nil // -0 is 0
}

// missing reports whether s stands for a value that was not had.
func missing(s string) bool {
	switch strings.ToLower(s) {
	case "", "-", "--", "na", "n/a", "[n/a]", "nan", "null", "none":
		return true
	}
	return false
}

// optional is number, or NaN where missing.
func (l *lines) optional(s, what string) (float64, error) {
	if missing(s) {
		return math.NaN(), nil
	}
	return l.number(s, what)
}

// scaled reads a number, 0 or more, times a power of ten, without an error of
// its own: 0.1 with 3 is 100.
func (l *lines) scaled(s string, exponent int, what string) (float64, error) {
	v, err := l.number(s, what)
	if err != nil {
		return 0, err
	}
	mantissa, own := s, 0
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		mantissa = s[:i]
		if own, err = strconv.Atoi(s[i+1:]); err != nil {
			return 0, l.bad(nil, "%.40q: want a %s with a smaller exponent", s, what)
		}
	}
	v, err = strconv.ParseFloat(mantissa+"e"+strconv.Itoa(own+exponent), 64)
	if err != nil || math.IsInf(v, 0) {
		return 0, l.bad(nil, "%.40q: want a %s that is smaller", s, what)
	}
	return v + 0, nil
}

// optionalScaled is scaled, or NaN where missing.
func (l *lines) optionalScaled(s string, exponent int, what string) (float64, error) {
	if missing(s) {
		return math.NaN(), nil
	}
	return l.scaled(s, exponent, what)
}

// date reads a date with its time of day, as the time since 1970, in a layout
// of package time. No time zone is taken into account.
func (l *lines) date(s, layout string) (time.Duration, error) {
	t, err := time.Parse(layout, s)
	if err != nil {
		return 0, l.bad(nil, "%.40q: want a time such as %s", s, layout)
	}
	if t.Year() < 1970 || t.Year() > 2200 {
		return 0, l.bad(nil, "%.40q: want a time from 1970 to 2200", s)
	}
	return t.Sub(time.Unix(0, 0)), nil
}

// wantColumns says which of these columns the header has not, if any.
func (l *lines) wantColumns(has map[string]int, names ...string) error {
	for _, name := range names {
		if _, ok := has[name]; !ok {
			return l.bad(nil, "no column %s: want a header with %s", name, strings.Join(names, ", "))
		}
	}
	return nil
}

// time reads a decimal number of units, such as 1285743175.25 seconds, to the
// nanosecond: a time of day or one since the beginning, 0 or more.
func (l *lines) time(s string, unit time.Duration) (time.Duration, error) {
	if d, ok := exact(s, unit); ok {
		return d, nil
	}
	v, err := l.number(s, "time in "+unitName(unit))
	if err != nil {
		return 0, err
	}
	if v >= float64(math.MaxInt64/unit) {
		return 0, l.bad(nil, "%.40q: want a time in %s of this age", s, unitName(unit))
	}
	return time.Duration(math.Round(v * float64(unit))), nil
}

// exact reads digits with a point as units, without the error of a float64.
func exact(s string, unit time.Duration) (time.Duration, bool) {
	if s == "" || len(s) > 40 || strings.Trim(s, "0123456789.") != "" {
		return 0, false
	}
	d, err := time.ParseDuration(s + map[time.Duration]string{time.Second: "s", time.Millisecond: "ms"}[unit])
	return d, err == nil
}

// unitName is for errors.
func unitName(unit time.Duration) string {
	switch unit {
	case time.Second:
		return "seconds"
	case time.Millisecond:
		return "milliseconds"
	}
	return "units of " + unit.String()
}
