package trace

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/testbed/testbed/emulator/unit"
)

// The reasons for which a trace is rejected, found with errors.Is.
var (
	ErrEmpty     = errors.New("no delivery opportunity")
	ErrBackwards = errors.New("time goes backwards")
	ErrPeriod    = errors.New("lasts no time")
)

// MahimahiQuantum is what one line of a Mahimahi trace delivers: one full
// packet of 1500 bytes. Our links count the Ethernet layer, where that packet
// is a frame of 1514.
//
// Note: Mahimahi's own code has 1504, for it counts the same packet with the 4
// bytes of its TUN device (src/frontend/link_queue.hh; its manual says 1500).
// With either number here a full frame would take two opportunities, and the
// link be half as fast as under Mahimahi.
const MahimahiQuantum unit.Bytes = 1514

// Longest is the latest time that a Trace or a Series may hold. It keeps sums
// of times far from overflow, and is past anything that was ever recorded.
const Longest = 366 * 24 * time.Hour

const longest = Longest

// maxOpportunities is how many lines are read. They are past anything that was
// ever recorded, ten minutes of 1.3 Gbit/s, and take half a gigabyte.
const maxOpportunities = 64 << 20

// A SyntaxError is a line that cannot be read.
type SyntaxError struct {
	Name string // of the trace
	Line int    // from 1
	Msg  string
	Err  error // a sentinel of this package, or nil
}

// Error returns "name:line: message".
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("%s:%d: %s", e.Name, e.Line, e.Msg)
}

// Unwrap returns Err.
func (e *SyntaxError) Unwrap() error { return e.Err }

// ParseMahimahi reads a trace in Mahimahi's packet-delivery format: one
// nonnegative whole number of milliseconds a line, nondecreasing; a line
// repeated n times is n opportunities. The last line is also the Period.
//
// name is for errors and for Trace.Name only; it is not opened. An error about
// a line is a *SyntaxError.
func ParseMahimahi(r io.Reader, name string) (*Trace, error) {
	t := &Trace{Name: name, Quantum: MahimahiQuantum}
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		if len(t.At) == maxOpportunities {
			return nil, fmt.Errorf("%s: more than %d lines: want a part of it", name, maxOpportunities)
		}
		at, err := parseLine(lines.Text(), t)
		if err != nil {
			return nil, err
		}
		t.At = append(t.At, at)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%s:%d: %w", name, len(t.At)+1, err)
	}
	if len(t.At) == 0 {
		return nil, fmt.Errorf("%s: %w", name, ErrEmpty)
	}
	t.Period = t.At[len(t.At)-1]
	if t.Period == 0 {
		return nil, fmt.Errorf("%s: %w: want a last line above 0", name, ErrPeriod)
	}
	return t, nil
}

// parseLine reads the line that comes next in t.
func parseLine(line string, t *Trace) (time.Duration, error) {
	bad := func(err error, format string, args ...any) error {
		return &SyntaxError{Name: t.Name, Line: len(t.At) + 1, Msg: fmt.Sprintf(format, args...), Err: err}
	}
	line = strings.TrimSuffix(line, "\r")
	ms, err := strconv.ParseUint(line, 10, 63) // no sign
	if err != nil {
		return 0, bad(nil, "%.40q: want a whole number of milliseconds, 0 or more", line)
	}
	if ms > uint64(longest/time.Millisecond) {
		return 0, bad(nil, "%dms: want at most %d (366 days)", ms, longest/time.Millisecond)
	}
	at := time.Duration(ms) * time.Millisecond
	if n := len(t.At); n > 0 && at < t.At[n-1] {
		return 0, bad(ErrBackwards, "%v: %dms after %dms", ErrBackwards, ms, t.At[n-1].Milliseconds())
	}
	return at, nil
}

// WriteMahimahi writes t in Mahimahi's format, from which ParseMahimahi makes
// the same trace again. It is an error, and nothing is written, if that format
// cannot say t: a time that is not a whole millisecond, a Period that is not
// the last opportunity, another Quantum than MahimahiQuantum.
func WriteMahimahi(w io.Writer, t *Trace) error {
	if err := t.Check(); err != nil {
		return err
	}
	if t.Quantum != MahimahiQuantum {
		return fmt.Errorf("%s: quantum %d: the format has %d", t.Name, t.Quantum, MahimahiQuantum)
	}
	if last := t.At[len(t.At)-1]; last != t.Period {
		return fmt.Errorf("%s: period %v: the format has that of the last opportunity, %v", t.Name, t.Period, last)
	}
	for _, at := range t.At {
		if at%time.Millisecond != 0 {
			return fmt.Errorf("%s: opportunity at %v: the format has whole milliseconds", t.Name, at)
		}
	}
	out := bufio.NewWriter(w)
	var line []byte
	for _, at := range t.At {
		line = append(strconv.AppendInt(line[:0], at.Milliseconds(), 10), '\n')
		out.Write(line) // an error stays until Flush
	}
	return out.Flush()
}
