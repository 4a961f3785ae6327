package selector

import (
	"strconv"
	"time"
)

// Every decision says something, so that it is put together without fmt.

// percent prints a share, such as 0.812 as "81.2 %".
func percent(share float64) string { return fixed(100*share, 1) + " %" }

// fixed prints a number with so many digits after the point.
func fixed(x float64, digits int) string { return strconv.FormatFloat(x, 'f', digits, 64) }

// milliseconds prints a time of two or three digits, such as "61 ms".
func milliseconds(d time.Duration) string {
	ms := float64(d) / float64(time.Millisecond)
	switch {
	case ms < 10:
		return fixed(ms, 1) + " ms"
	case ms < 10_000:
		return fixed(ms, 0) + " ms"
	}
	return fixed(ms/1000, 1) + " s"
}
