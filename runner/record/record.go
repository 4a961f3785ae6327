// Package record is the run directory: the only thing between running and
// reporting. Its files are append-only while a run lasts; every line is whole
// or absent after a crash.
package record

import (
	"time"

	"github.com/testbed/testbed/emulator/unit"
	"github.com/testbed/testbed/selector"
)

// Schema is the version of the formats in a run directory.
const Schema = 1

// A Request is one line of requests.jsonl. The three times are all kept,
// because each answers another question and none can be had from the others:
//
//	Due       Sent                  Done
//	 │◀─ wait ─▶│◀───── service ──────▶│
//	 │◀──────────── latency ─────────▶│
//
// They count from the start of the run, on one monotonic clock.
type Request struct {
	Condition  string `json:"condition"`  // Condition.ID
	Arm        string `json:"arm"`        // selector
	Repetition int    `json:"repetition"` // from 0; a trial is a condition and a repetition
	Pair       int    `json:"pair"`       // within the trial, from 0; warm-ups count from -1 downwards
	Warmup     bool   `json:"warmup,omitempty"`
	First      bool   `json:"first"` // this arm went first in its pair

	Sample string `json:"sample"`
	Model  string `json:"model"`
	Node   string `json:"node"`

	Due  time.Duration `json:"due_ns"`
	Sent time.Duration `json:"sent_ns"`
	Done time.Duration `json:"done_ns"`

	Phases selector.Phases `json:"phases"` // add up to Done - Sent
	// Measured is the t of the verdict: the sum of the phases that the
	// scenario's measure names.
	Measured time.Duration `json:"measured_ns"`

	Up   unit.Bytes `json:"up_bytes"`   // request body
	Down unit.Bytes `json:"down_bytes"` // answer body
	Got  unit.Bytes `json:"fetch_bytes,omitempty"`

	Label      int    `json:"label"`
	Prediction int    `json:"prediction"` // -1 if there was none
	Error      string `json:"error,omitempty"`
}

// A Decision is one line of decisions.jsonl: what the selector of an arm saw,
// thought and chose for the request with the same condition, arm, repetition
// and pair, and what then happened.
type Decision struct {
	Condition  string               `json:"condition"`
	Arm        string               `json:"arm"`
	Repetition int                  `json:"repetition"`
	Pair       int                  `json:"pair"`
	Observed   selector.Observation `json:"observed"`
	Decision   selector.Decision    `json:"decision"`
	Took       time.Duration        `json:"took_ns"` // by Select
	Outcome    selector.Phases      `json:"outcome"`
}

// A Telemetry is one line of telemetry.jsonl: what one node's links and CPUs
// did between From and At, which is a second or what was left of the trial.
type Telemetry struct {
	From       time.Duration `json:"from_ns"` // since the start of the run
	At         time.Duration `json:"at_ns"`
	Condition  string        `json:"condition"`
	Repetition int           `json:"repetition"`
	Node       string        `json:"node"`
	Links      []LinkSample  `json:"links,omitempty"`

	CPUAsked     float64    `json:"cpu_asked"`    // background, share of the node's CPUs, 0 to 1
	CPUAchieved  float64    `json:"cpu_achieved"` // by the background load itself
	CPUBusy      float64    `json:"cpu_busy"`     // of the node's CPUs, by anyone
	RSS          unit.Bytes `json:"rss_bytes"`    // of the node's process
	FrequencyMHz float64    `json:"frequency_mhz,omitempty"`
	TemperatureC float64    `json:"temperature_c,omitempty"`
}

// A LinkSample is one direction of a link over the last second or so.
type LinkSample struct {
	Link      string        `json:"link,omitempty"` // if not the node's own: another node or a pair, a/b
	Direction string        `json:"direction"`      // "down": towards the node, or the first of a pair; "up": from it
	Asked     unit.BitRate  `json:"asked_bps"`      // offered, mean; 0: no limit
	Rate      unit.BitRate  `json:"rate_bps"`       // delivered, as the asked rate counts packets
	Delay     time.Duration `json:"delay_ns"`       // asked; of one that varies, at the end
	Packets   int64         `json:"packets"`
	Lost      int64         `json:"lost"`
	Dropped   int64         `json:"dropped"`

	Duplicated int64 `json:"duplicated,omitempty"`
	Corrupted  int64 `json:"corrupted,omitempty"`

	// How late the relay sent packets: p99 and maximum since the trial began,
	// and how many were how late in the time of this line.
	LagP99 time.Duration `json:"lag_p99_ns"`
	LagMax time.Duration `json:"lag_max_ns"`
	Lag    []LagBin      `json:"lag,omitempty"`

	// How late the kernel was told of the steps of a link that varies, since
	// the trial began.
	Steps        int64         `json:"steps,omitempty"`
	StepsLateP99 time.Duration `json:"steps_late_p99_ns,omitempty"`
}

// Of returns the name of the link that a sample of a node is about.
func (s LinkSample) Of(node string) string {
	if s.Link != "" {
		return s.Link
	}
	return node
}

// A LagBin is how many packets were late by at most this, and by more than the
// bin before.
type LagBin struct {
	AtMost time.Duration `json:"at_most_ns"`
	Count  int64         `json:"count"`
}

// Real is the engine of links that nobody plays: those between real machines,
// of which nothing is asked.
const Real = "real"

// A Check is one line of checks.jsonl: what was asked of the world at the
// start of a trial and what probes over the emulated network measured, before
// any request of the trial was sent.
type Check struct {
	Condition  string `json:"condition"`
	Repetition int    `json:"repetition"`
	Node       string `json:"node"`
	Engine     string `json:"engine"`
	Reason     string `json:"reason"` // for the engine
	// Differs is how the engine is known to differ from the model of a
	// link; empty if it does not.
	Differs  string        `json:"differs,omitempty"`
	Probes   int           `json:"probes"` // that the numbers are the medians of
	Links    []LinkCheck   `json:"links"`
	AskedRTT time.Duration `json:"asked_rtt_ns"`
	RTT      time.Duration `json:"rtt_ns"` // median
}

// A LinkCheck compares one direction.
type LinkCheck struct {
	Direction string       `json:"direction"`
	AskedRate unit.BitRate `json:"asked_bps"` // 0: no limit, not compared
	Rate      unit.BitRate `json:"rate_bps"`  // on the wire: goodput · 1514/1448
	Loss      float64      `json:"asked_loss"`
}
