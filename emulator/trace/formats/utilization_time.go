package formats

import (
	"strconv"
	"strings"
	"time"
)

// wallTime reads a date and time of day as time since 1970, as if its zone were
// UTC: a recording is over in days, and the zone is mostly not in the file.
// Where clocks are set back, as in autumn, time goes backwards.
func wallTime(l *lines, layout, text string) (time.Duration, error) {
	t, err := time.Parse(layout, text)
	if err != nil || t.Year() < 1970 || t.Year() > 2200 { // int64 nanoseconds end in 2262
		return 0, l.bad(nil, "%.40q: want a time such as %s", text, layout)
	}
	return time.Duration(t.UnixNano()), nil
}

// integerTime reads a whole number of units since any beginning.
func integerTime(l *lines, text string, unit time.Duration) (time.Duration, error) {
	const most = 200 * 366 * 24 * time.Hour
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 || n > int64(most/unit) {
		return 0, l.bad(nil, "%.40q: want a time, a whole number of units of %v", text, unit)
	}
	return time.Duration(n) * unit, nil
}

// A clock makes one time of the times of day in a file that has no dates. Time
// that steps back by more than half a day is after midnight.
type clock struct {
	days time.Duration
	last time.Duration // time of day
	used bool
}

// at reads a time of day of 24 hours, or of 12 with AM or PM in half.
func (c *clock) at(l *lines, text, half string) (time.Duration, error) {
	day, ok := timeOfDay(text, half)
	if !ok {
		return 0, l.bad(nil, "%.40q: want a time of day such as 15:04:05", strings.TrimSpace(text+" "+half))
	}
	if c.used && c.last-day > 12*time.Hour {
		c.days += 24 * time.Hour
	}
	c.last, c.used = day, true
	return c.days + day, nil
}

// timeOfDay is the time since midnight.
func timeOfDay(text, half string) (d time.Duration, ok bool) {
	layout := "15:04:05"
	if half != "" {
		layout, text = "03:04:05 PM", text+" "+half
	}
	t, err := time.Parse(layout, text)
	if err != nil {
		return 0, false
	}
	return t.Sub(t.Truncate(24 * time.Hour)), true
}

// half returns fields without the AM or PM that they begin with.
func half(fields []string) (half string, rest []string) {
	if len(fields) > 0 && (fields[0] == "AM" || fields[0] == "PM") {
		return fields[0], fields[1:]
	}
	return "", fields
}
