package formats

import (
	"bytes"
	"fmt"
	"math"
	"time"
)

func detectSabre(head []byte, _ string) bool {
	return startsWith(head, "[") &&
		bytes.Contains(head, []byte(`"bandwidth_kbps"`)) && bytes.Contains(head, []byte(`"duration_ms"`))
}

// A sabreStep is an element of the array.
type sabreStep struct {
	Duration  *float64 `json:"duration_ms"`
	Bandwidth *float64 `json:"bandwidth_kbps"`
	Latency   *float64 `json:"latency_ms"`
}

// readSabre reads the networks of the Sabre player: a JSON array of steps, each
// with its own length, in ms, kbit/s and ms. The latency is what passes from a
// request to the first byte of its answer, so a round trip; it may be missing.
// A bandwidth of 0 is an outage and is kept. Steps of no length are left out.
func readSabre(src *source) (*Recording, error) {
	j, err := openJSON(src, "an array of duration_ms, bandwidth_kbps and latency_ms")
	if err != nil {
		return nil, err
	}
	t := newTable(j.lines, holdStart, Rate, "down")
	t.column("delay", Delay)
	t.steps, t.sparse = true, true
	at, empty := time.Duration(0), 0
	err = j.array(func() error {
		var s sabreStep
		if err := j.value(&s); err != nil {
			return err
		}
		length, rate, delay, err := s.step(j.lines)
		if err != nil || length == 0 {
			empty++
			return err
		}
		if err := t.add(at, rate, delay); err != nil {
			return err
		}
		at, t.step = at+length, length
		return nil
	})
	if err != nil {
		return nil, err
	}
	var notes []string
	if empty > 0 {
		notes = append(notes, fmt.Sprintf("left out: %d steps of no length", empty))
	}
	return t.roundTrips(notes...)
}

// step returns how long s lasts, its rate and its delay.
func (s sabreStep) step(l *lines) (length time.Duration, rate, delay float64, err error) {
	if s.Duration == nil || s.Bandwidth == nil {
		return 0, 0, 0, l.bad(nil, "a step without duration_ms or bandwidth_kbps: want both")
	}
	length, ok := seconds(*s.Duration / 1e3)
	if !ok {
		return 0, 0, 0, l.bad(nil, "duration_ms %v: want 0 or more, and at most 366 days", *s.Duration)
	}
	rate, delay = *s.Bandwidth*1e3, math.NaN()
	if s.Latency != nil {
		delay = *s.Latency / 1e3
	}
	if rate < 0 || delay < 0 || math.IsInf(rate, 0) {
		return 0, 0, 0, l.bad(nil, "bandwidth_kbps %v, latency_ms %v: want 0 or more", *s.Bandwidth, delay*1e3)
	}
	return length, rate, delay, nil
}
