// Package calibrate measures how faithfully this machine plays links: it makes
// worlds, sends traffic of its own through them, and holds what it finds to
// targets. Each measurement is a Row.
//
// Nothing is measured twice until it passes: where the noise of a shared
// machine would decide, a number is the median of a fixed number of repeats,
// which its measurement states.
package calibrate

import "github.com/testbed/testbed/emulator/trace"

// Options say what is measured.
type Options struct {
	Engines []string // relay and tc; empty: those that this machine has
	Loads   []string // Idle and Busy; empty: both
	Only    []string // names of parts, as Parts has them; empty: all
	Quick   bool     // fewer sizes and rates, and shorter

	// Break is netns.Config.Break: what is broken on purpose, to see that a
	// calibration notices. Empty: nothing.
	Break string

	// Trace is the recorded trace that is replayed; nil: that part is left out.
	Trace *trace.Trace
}

// NodeArg is the first of Node.Args of every node of a calibration.
const NodeArg = "calibrate"

// The loads under which a machine is measured.
const (
	Idle = "idle" // nothing but the measurement
	Busy = "busy" // besides, a spinning thread for each CPU, at ordinary priority
)

// A Row is one measurement. It passes if achieved is within Tolerance of
// Asked, or, if Bound says so, on the right side of Asked.
type Row struct {
	Name      string  `json:"name"`
	Engine    string  `json:"engine"` // relay, tc, or none: a path without link
	Load      string  `json:"load"`   // Idle or Busy
	Asked     float64 `json:"asked"`
	Achieved  float64 `json:"achieved"` // in the same unit
	Unit      string  `json:"unit"`
	Tolerance float64 `json:"tolerance"` // in the same unit; twice as wide if Busy
	Bound     string  `json:"bound,omitempty"`
	Pass      bool    `json:"pass"`
	Why       string  `json:"why,omitempty"` // of a row that is off: by how much, and the reason where one is known
}

// The bounds of rows whose Asked is a limit rather than a target.
const (
	Least = "least" // achieved is to be at least Asked − Tolerance
	Most  = "most"  // achieved is to be at most Asked + Tolerance
)

// A Report is what was measured.
type Report struct {
	Rows []Row

	// Missing says what could not be measured here, and why, a line each:
	// engines that this machine has not, links that an engine cannot play.
	Missing []string
}

// Off returns the rows that do not pass.
func (r *Report) Off() (off []Row) {
	for _, row := range r.Rows {
		if !row.Pass {
			off = append(off, row)
		}
	}
	return off
}

// Deviation returns how far the row is off as a share of its tolerance: it
// passes within ±1. Of a row with a limit that is the share of the limit which
// was used: 1 at the limit, below 1 on its right side. It is infinite for
// something off whose tolerance is 0.
func (r Row) Deviation() float64 {
	off := r.Achieved - r.Asked
	switch {
	case r.Bound == Most:
		return r.Achieved / (r.Asked + r.Tolerance)
	case r.Bound == Least:
		return (r.Asked - r.Tolerance) / r.Achieved
	case off == 0:
		return 0
	}
	return off / r.Tolerance
}
