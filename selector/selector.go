// Package selector decides which model answers each inference request.
//
// A Selector sees what a device could know (an Observation) and nothing else.
// This package must not import emulator, scenarios or runner: a policy that
// could read the true capacity of a link would be an oracle, and a comparison
// with it worth nothing.
package selector

import (
	"time"

	"github.com/testbed/testbed/emulator/unit"
)

// A Selector chooses an Option for each request.
//
// Select and Learn are called from one goroutine, in the order in which things
// happen: Select(r) when request r arrives, before a byte of it is sent;
// Learn(r) when r is done, once for each request. A Selector does no I/O and
// does not block, and given the same calls it answers the same.
type Selector interface {
	// Name is what records and reports call it.
	Name() string

	// Select chooses among opts, which has at least one element and is the
	// same throughout a trial. The Decision's Choice is an index into opts.
	Select(o Observation, opts []Option) Decision

	// Learn tells the Selector how a request that it placed went.
	Learn(o Outcome)
}

// An Option is a model on a node, with what was measured of it beforehand
// ("profile") on that node without background load.
type Option struct {
	Model    string     `json:"model"`
	Node     string     `json:"node"`
	Accuracy float64    `json:"accuracy"` // fraction right, 0 to 1, of the model's test set
	Size     unit.Bytes `json:"size"`     // of the model file

	Load       time.Duration `json:"load_ns"`       // to open a session, median
	Preprocess time.Duration `json:"preprocess_ns"` // median
	Infer      time.Duration `json:"infer_ns"`      // median
}

// An Observation is what the device knows when a request arrives. A quantity
// that has not been measured yet is zero.
type Observation struct {
	Seq uint64        `json:"seq"`    // of the request in its trial, from 0
	Now time.Duration `json:"now_ns"` // since the trial began

	Down unit.BitRate  `json:"down_bps"` // goodput towards the node: harmonic mean of the last transfers
	Up   unit.BitRate  `json:"up_bps"`   // goodput from control to the node, where known
	RTT  time.Duration `json:"rtt_ns"`   // smallest seen in this trial

	// Utilization is the share, 0 to 1, of the node's CPUs that others than
	// the inference itself used over the last second.
	Utilization float64 `json:"utilization"`

	Held   []string `json:"held,omitempty"`   // models whose file the node holds
	Loaded []string `json:"loaded,omitempty"` // models with an open session on the node

	Upload   unit.Bytes `json:"upload_bytes"`   // size of this request
	Download unit.Bytes `json:"download_bytes"` // size of an answer
}

// Phases are the parts of a request's time, in the order in which they happen.
// They add up to the time from sending to the last byte of the answer.
type Phases struct {
	Upload     time.Duration `json:"upload_ns"`
	Queue      time.Duration `json:"queue_ns"`
	Fetch      time.Duration `json:"fetch_ns"`
	Load       time.Duration `json:"load_ns"`
	Preprocess time.Duration `json:"preprocess_ns"`
	Infer      time.Duration `json:"infer_ns"`
	Download   time.Duration `json:"download_ns"`
}

// Total is the sum of the phases.
func (p Phases) Total() time.Duration {
	return p.Upload + p.Queue + p.Fetch + p.Load + p.Preprocess + p.Infer + p.Download
}

// PhaseNames are the names of the phases, in their order.
var PhaseNames = []string{"upload", "queue", "fetch", "load", "preprocess", "infer", "download"}

// Named returns the phase of that name, one of PhaseNames; it panics on
// another, which a scenario's check does not let through.
func (p Phases) Named(name string) time.Duration {
	switch name {
	case "upload":
		return p.Upload
	case "queue":
		return p.Queue
	case "fetch":
		return p.Fetch
	case "load":
		return p.Load
	case "preprocess":
		return p.Preprocess
	case "infer":
		return p.Infer
	case "download":
		return p.Download
	}
	panic("selector: no phase " + name)
}

// A Decision is a choice with its reasons, as decisions.jsonl keeps it.
type Decision struct {
	Choice     int         `json:"choice"`
	Candidates []Candidate `json:"candidates"`
	Reason     string      `json:"reason"` // one sentence
}

// A Candidate is an Option as the selector judged it.
type Candidate struct {
	Model     string        `json:"model"`
	Node      string        `json:"node"`
	Predicted Phases        `json:"predicted"`
	Total     time.Duration `json:"total_ns"`
	Excluded  string        `json:"excluded,omitempty"` // why it was not considered; empty if it was
}

// An Outcome is how a request went: what was chosen, and the phases observed.
type Outcome struct {
	Seq      uint64
	Option   Option
	Observed Phases
	Failed   bool // Observed is worthless
}
