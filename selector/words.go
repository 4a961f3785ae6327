package selector

import (
	"fmt"
	"time"
)

// percent prints a share, such as 0.812 as "81.2 %".
func percent(share float64) string { return fmt.Sprintf("%.1f %%", 100*share) }

// milliseconds prints a time of two or three digits, such as "61 ms".
func milliseconds(d time.Duration) string {
	ms := float64(d) / float64(time.Millisecond)
	switch {
	case ms < 10:
		return fmt.Sprintf("%.1f ms", ms)
	case ms < 10_000:
		return fmt.Sprintf("%.0f ms", ms)
	}
	return fmt.Sprintf("%.1f s", ms/1000)
}
