package host

import (
	"fmt"
	"io"
	"strconv"
	"time"
)

// A Writer writes Samples as CSV, of which formats.Read makes a recording with
// the columns down, up and cpu:
//
//	# recorded: 2026-01-31T12:00:00Z
//	# interface: eth0
//	# interval_s: 1
//	# hold: end
//	# cpu: percentage of all CPUs together that was neither idle nor in iowait
//	t_s,down_kbps,up_kbps,cpu_pct
//	1.000,812.400,33.120,25.00
//
// A row speaks of the time since the row before, the first one of the time
// since 0. So a recording that was interrupted is complete up to its last row.
type Writer struct {
	w    io.Writer
	line []byte
}

// NewWriter writes the header of what r records. at is when the recording
// begins.
func NewWriter(w io.Writer, r *Recorder, at time.Time) (*Writer, error) {
	_, err := fmt.Fprintf(w, `# recorded: %s
# interface: %s
# interval_s: %v
# hold: end
# cpu: percentage of all CPUs together that was neither idle nor in iowait
t_s,down_kbps,up_kbps,cpu_pct
`, at.UTC().Format(time.RFC3339), r.Interface, r.Interval.Seconds())
	if err != nil {
		return nil, fmt.Errorf("write the recording: %w", err)
	}
	return &Writer{w: w}, nil
}

// Write writes one row, in one call of its io.Writer, with times to the
// millisecond and rates to the bit/s.
func (w *Writer) Write(s Sample) error {
	b := w.line[:0]
	for _, field := range []struct {
		value    float64
		decimals int
	}{
		{s.To.Seconds(), 3},
		{float64(s.Down) / 1000, 3},
		{float64(s.Up) / 1000, 3},
		{s.CPU * 100, 2},
	} {
		b = append(strconv.AppendFloat(b, field.value, 'f', field.decimals, 64), ',')
	}
	b[len(b)-1] = '\n'
	w.line = b
	if _, err := w.w.Write(b); err != nil {
		return fmt.Errorf("write the recording: %w", err)
	}
	return nil
}
