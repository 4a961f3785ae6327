package stats

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/testbed/testbed/emulator/unit"
)

// A Number is a float64 that may be missing: NaN, in JSON null.
type Number float64

// Missing is the Number that is not there.
func Missing() Number { return Number(math.NaN()) }

// Known says that n is a finite number.
func (n Number) Known() bool { return !math.IsNaN(float64(n)) && !math.IsInf(float64(n), 0) }

// MarshalJSON writes null for a Number that is not finite, which JSON cannot
// say.
func (n Number) MarshalJSON() ([]byte, error) {
	if !n.Known() {
		return []byte("null"), nil
	}
	return json.Marshal(float64(n))
}

// UnmarshalJSON reads null as Missing.
func (n *Number) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		*n = Missing()
		return nil
	}
	return json.Unmarshal(b, (*float64)(n))
}

// round keeps nine significant digits: more than any of these numbers bears,
// and few enough that two kinds of processor agree on them.
func round(x float64) Number {
	if x == 0 || math.IsNaN(x) || math.IsInf(x, 0) {
		return Number(x)
	}
	y, err := strconv.ParseFloat(strconv.FormatFloat(x, 'g', 9, 64), 64)
	if err != nil {
		return Missing()
	}
	return Number(y)
}

// millis is d in milliseconds.
func millis(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// asAsked writes a fraction that somebody asked for as percent, with as many
// digits as it has: 0.176 is "17.6 %".
func asAsked(n Number) string { return (n * 100).Significant(4) + " %" }

// Percent writes a fraction as percent with digits after the point: 0.413 is
// "41.3 %". A missing Number is "–".
func (n Number) Percent(digits int) string {
	if !n.Known() {
		return "–"
	}
	return n.scaled(100, digits) + " %"
}

// Fixed writes n with digits after the point; a missing Number is "–".
func (n Number) Fixed(digits int) string { return n.scaled(1, digits) }

func (n Number) scaled(by float64, digits int) string {
	if !n.Known() {
		return "–"
	}
	s := strconv.FormatFloat(float64(n)*by, 'f', digits, 64)
	if strings.Trim(s, "-0.") == "" { // no minus before a zero
		s = strings.TrimPrefix(s, "-")
	}
	return strings.Replace(s, "-", "−", 1)
}

// Significant writes n with so many significant digits, without an exponent.
func (n Number) Significant(digits int) string {
	if !n.Known() {
		return "–"
	}
	if n == 0 {
		return "0"
	}
	after := digits - 1 - int(math.Floor(math.Log10(math.Abs(float64(n)))))
	scale := math.Pow(10, float64(after))
	rounded := Number(math.Round(float64(n)*scale) / scale)
	s := rounded.Fixed(max(after, 0))
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}

// Millis writes n milliseconds in the unit that reads best.
func (n Number) Millis() string {
	switch {
	case !n.Known():
		return "–"
	case math.Abs(float64(n)) >= 1000:
		return (n / 1000).Significant(3) + " s"
	case n != 0 && math.Abs(float64(n)) < 1:
		return (n * 1000).Significant(3) + " µs"
	}
	return n.Significant(3) + " ms"
}

// rateText writes a rate in the decimal unit that reads best, with three
// digits, which is finer than any tolerance.
func rateText(r unit.BitRate) string {
	n := Number(r)
	switch {
	case r >= unit.Gbps:
		return (n / Number(unit.Gbps)).Significant(3) + " Gbps"
	case r >= unit.Mbps:
		return (n / Number(unit.Mbps)).Significant(3) + " Mbps"
	case r >= unit.Kbps:
		return (n / Number(unit.Kbps)).Significant(3) + " kbps"
	}
	return fmt.Sprintf("%d bps", int64(r))
}
