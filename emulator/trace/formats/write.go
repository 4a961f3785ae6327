package formats

import (
	"bufio"
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/testbed/testbed/emulator/trace"
)

// outUnits are the units in which WriteCSV writes, by quantity.
var outUnits = []unitSuffix{
	Rate:        {"_kbps", Rate, 3},
	Delay:       {"_ms", Delay, -3},
	Loss:        {"_share", Loss, 0},
	Utilization: {"_pct", Utilization, -2},
}

// WriteCSV writes the columns of r as our own CSV, from which Read makes the
// same columns again, to the last bit: names, values, times, lengths and wraps.
// The Notes become lines before the header, and so do the name and the format
// that r was read from. A Trace is not written: see WriteMahimahi.
//
// It is an error, before anything is written, if r has no columns, or one has a
// name that the format cannot say: an empty or doubled one, blanks at its ends,
// a line break; or loss in the name of what is none, and the reverse.
func WriteCSV(w io.Writer, r *Recording) error {
	header, err := csvHeader(r)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(w) // an error stays until Flush
	for _, line := range csvKeys(r) {
		fmt.Fprintf(out, "# %s\n", line)
	}
	rows := csv.NewWriter(out)
	if err := rows.Write(header); err != nil {
		return err
	}
	next := make([]int, len(r.Columns))
	cells := make([]string, len(header))
	for at, ok := time.Duration(0), true; ok; at, ok = soonest(r.Columns, next) {
		cells[0] = decimal(strconv.FormatInt(int64(at), 10), -9)
		for i, c := range r.Columns {
			cells[i+1] = ""
			if k := next[i]; k < len(c.At) && c.At[k] == at {
				cells[i+1] = shifted(c.Value[k], -outUnits[c.Quantity].exponent)
				next[i]++
			}
		}
		if err := rows.Write(cells); err != nil {
			return err
		}
	}
	rows.Flush()
	return out.Flush()
}

// csvHeader returns the header, or says why there can be none.
func csvHeader(r *Recording) ([]string, error) {
	if len(r.Columns) == 0 {
		return nil, fmt.Errorf("%s: no columns to write: want rates, or the mahimahi format", r.Name)
	}
	header := []string{"t_s"}
	seen := make(map[string]bool)
	for _, c := range r.Columns {
		if err := c.Check(); err != nil {
			return nil, fmt.Errorf("column %s: %w", c.Name, err)
		}
		if c.Quantity < Rate || c.Quantity > Utilization {
			return nil, fmt.Errorf("column %s: quantity %d: want rate, delay, loss or utilization", c.Name, c.Quantity)
		}
		name := c.Name + outUnits[c.Quantity].suffix
		if c.Name == "loss" {
			name = c.Name
		}
		base, u, ok := splitUnit(name)
		switch {
		case c.Name == "" || strings.ContainsAny(c.Name, "\r\n\"") || strings.TrimSpace(c.Name) != c.Name || strings.HasPrefix(c.Name, "\ufeff") || timeUnits[name] != 0:
			return nil, fmt.Errorf("column %q: want a name without quotes, line breaks and blanks at its ends, and not that of the time", c.Name)
		case !ok || base != c.Name || u.Quantity != c.Quantity:
			return nil, fmt.Errorf("column %q: want loss in the names of losses, and of losses only", c.Name)
		case seen[c.Name]:
			return nil, fmt.Errorf("column %q: want it once", c.Name)
		}
		seen[c.Name] = true
		header = append(header, name)
	}
	return header, nil
}

// csvKeys returns the lines before the header, without their #.
func csvKeys(r *Recording) (keys []string) {
	clean := strings.NewReplacer("\n", " ", "\r", " ").Replace
	if r.Name != "" {
		keys = append(keys, clean("source: "+r.Name+" ("+r.Format+")"))
	}
	for _, note := range r.Notes {
		keys = append(keys, clean("note: "+note))
	}
	keys = append(keys, "hold: start")
	first := r.Columns[0]
	add := func(key, all string, of func(c Column) string) {
		keys = append(keys, key+": "+all)
		for _, c := range r.Columns {
			if of(c) != all {
				keys = append(keys, key+" of "+c.Name+": "+of(c))
			}
		}
	}
	length := func(c Column) string { return decimal(strconv.FormatInt(int64(c.Period), 10), -9) }
	wrap := func(c Column) string { return wraps[c.Wrap] }
	// The shortest length is that of all, so that no column is too long for it.
	shortest := slices.MinFunc(r.Columns, func(a, b Column) int { return int(min(max(a.Period-b.Period, -1), 1)) })
	add("length_s", length(shortest), length)
	add("wrap", wrap(first), wrap)
	return keys
}

// soonest returns the first time of the columns from their next step on.
func soonest(columns []Column, next []int) (at time.Duration, ok bool) {
	for i, c := range columns {
		if next[i] < len(c.At) && (!ok || c.At[next[i]] < at) {
			at, ok = c.At[next[i]], true
		}
	}
	return at, ok
}

// shifted writes v times a power of ten as a decimal that is exact: read and
// shifted back, it is v again. Only what nobody would measure has an exponent.
func shifted(v float64, exponent int) string {
	mantissa, exp, _ := strings.Cut(strconv.FormatFloat(v, 'e', -1, 64), "e")
	e, _ := strconv.Atoi(exp)
	whole, part, _ := strings.Cut(mantissa, ".")
	if e += exponent; e < -30 || e > 30 {
		return mantissa + "e" + strconv.Itoa(e)
	}
	return decimal(whole+part, e-len(part))
}

// decimal writes digits times a power of ten, without an exponent or zeros that
// say nothing.
func decimal(digits string, exponent int) string {
	if digits = strings.TrimLeft(digits, "0"); digits == "" {
		return "0"
	}
	if exponent >= 0 {
		return digits + strings.Repeat("0", exponent)
	}
	if n := len(digits) + exponent; n > 0 {
		digits = digits[:n] + "." + digits[n:]
	} else {
		digits = "0." + strings.Repeat("0", -n) + digits
	}
	return strings.TrimSuffix(strings.TrimRight(digits, "0"), ".")
}

// WriteMahimahi writes a column of rates in Mahimahi's format; see ToTrace.
func WriteMahimahi(w io.Writer, c Column) error {
	t, err := ToTrace(c)
	if err != nil {
		return err
	}
	return trace.WriteMahimahi(w, t)
}
