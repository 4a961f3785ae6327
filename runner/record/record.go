// Package record is the run directory: the only thing between running and
// reporting. Its files are append-only while a run lasts; every line is whole
// or absent after a crash.
package record

import (
	"slices"
	"time"

	"github.com/testbed/testbed/emulator/unit"
	"github.com/testbed/testbed/selector"
)

// Schema is the version of the formats in a run directory.
const Schema = 2

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

	Sample string `json:"sample"`       // the first of a batch
	Option string `json:"option"`       // selector.Option.Label
	Model  string `json:"model"`        // of its first part
	Node   string `json:"node"`         // of its first part
	By     string `json:"by,omitempty"` // node whose answers counted, of an option of two parts; empty if some of each did

	Due  time.Duration `json:"due_ns"`
	Sent time.Duration `json:"sent_ns"`
	Done time.Duration `json:"done_ns"`
	// Late is by how much the pause before it took longer than it should, and
	// handing it over after the decision; 0 where there is no pause.
	Late time.Duration `json:"late_ns,omitempty"`

	Phases selector.Phases `json:"phases"` // add up to Done - Sent
	// Measured is the t of the verdict: the sum of the phases that the
	// scenario's measure names.
	Measured time.Duration `json:"measured_ns"`

	Up   unit.Bytes `json:"up_bytes"`   // request body
	Down unit.Bytes `json:"down_bytes"` // answer body
	Got  unit.Bytes `json:"fetch_bytes,omitempty"`

	Label      int     `json:"label"`
	Prediction int     `json:"prediction"`           // -1 if there was none
	Confidence float64 `json:"confidence,omitempty"` // largest softmax of the answer; 0: not known
	Error      string  `json:"error,omitempty"`

	Parts []Part `json:"parts,omitempty"` // of an option of two parts, those that ran
	// Wasted is the time that nodes computed for answers that did not count.
	Wasted time.Duration `json:"wasted_ns,omitempty"`
	Batch  []Answer      `json:"batch,omitempty"` // of a request of several images, all of them; Label and Prediction are the first's
}

// A Part is what one model did of a request by an option of two.
type Part struct {
	Option string          `json:"option"` // model@node
	Images int             `json:"images"` // that it answered
	Sent   time.Duration   `json:"sent_ns"`
	Done   time.Duration   `json:"done_ns"`
	Phases selector.Phases `json:"phases"`
	Counts bool            `json:"counts"` // its answer, or part of the batch, was the request's
	Error  string          `json:"error,omitempty"`
}

// An Answer is that to one image of a batch.
type Answer struct {
	Sample     string `json:"sample"`
	Label      int    `json:"label"`
	Prediction int    `json:"prediction"`
}

// A Replay is one line of replays.jsonl: at an instant of a trial, every option
// on the images of that pair, and what selectors that are judged without being
// an arm would have chosen then. It comes after the pair of the arms.
type Replay struct {
	Condition  string `json:"condition"`
	Repetition int    `json:"repetition"`
	Pair       int    `json:"pair"`
	Sample     string `json:"sample"`
	// Rewound says that links and loads that vary stood, for every option,
	// as when the pair began; else the options met them one after the other.
	Rewound bool           `json:"rewound,omitempty"`
	Options []ReplayOption `json:"options"` // one for each of Header.Profile, in its order
	Shadows []ReplayShadow `json:"shadows,omitempty"`
}

// NotHere is the Error of an option that requests of the condition cannot take,
// and which was not asked.
const NotHere = "not in this condition"

// A ReplayOption is how one option did.
type ReplayOption struct {
	Phases   selector.Phases `json:"phases"`
	Measured time.Duration   `json:"measured_ns"` // as Request.Measured
	Right    int             `json:"right"`       // images answered rightly
	Error    string          `json:"error,omitempty"`
}

// A ReplayShadow is the choice of a selector that was only asked.
type ReplayShadow struct {
	Selector string        `json:"selector"`
	Option   int           `json:"option"` // index into Replay.Options
	Took     time.Duration `json:"took_ns"`
	Failed   string        `json:"failed,omitempty"` // as selector.Decision.Failed
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
	// From says, where no request was sent and a record was looked at, whether
	// Outcome is FromRecord or FromSim; empty: it is of the request.
	From string `json:"from,omitempty"`
}

// Where the outcome of a decision is from, of which no request was sent.
const (
	FromRecord = "record" // it was recorded of another selector's request, or when options were replayed
	FromSim    = "sim"    // it was simulated in the world that was measured
)

// A Telemetry is one line of telemetry.jsonl: what one node's links and CPUs
// did between From and At, which is a second or what was left of the trial.
type Telemetry struct {
	From       time.Duration `json:"from_ns"` // since the start of the run
	At         time.Duration `json:"at_ns"`
	Condition  string        `json:"condition"`
	Repetition int           `json:"repetition"`
	Node       string        `json:"node"`
	Links      []LinkSample  `json:"links,omitempty"`

	CPUAsked      float64      `json:"cpu_asked"`               // background, share of the node's CPUs, 0 to 1
	CPUAchieved   float64      `json:"cpu_achieved"`            // by the background load itself
	CPUBusy       float64      `json:"cpu_busy"`                // of the node's CPUs, by anyone
	CPUOthers     float64      `json:"cpu_others"`              // by anyone but the inference
	CPUPressure   float64      `json:"cpu_pressure,omitempty"`  // share of time in which something waited for a CPU
	CPUThrottled  float64      `json:"cpu_throttled,omitempty"` // share of time in which the node's quota held it back
	Loads         []LoadSample `json:"loads,omitempty"`         // background other than CPU
	MemoryFree    unit.Bytes   `json:"memory_free_bytes,omitempty"`
	GPU           float64      `json:"gpu,omitempty"` // utilization, by anyone, 0 to 1
	GPUMemoryFree unit.Bytes   `json:"gpu_memory_free_bytes,omitempty"`
	RSS           unit.Bytes   `json:"rss_bytes"` // of the node's process
	FrequencyMHz  float64      `json:"frequency_mhz,omitempty"`
	TemperatureC  float64      `json:"temperature_c,omitempty"`
}

// Loaded says whether the node had background load: any was asked for, or
// there was some of which nothing is asked, such as a bulk transfer.
func (t Telemetry) Loaded() bool {
	return t.CPUAsked > 0 || slices.ContainsFunc(t.Loads, func(l LoadSample) bool { return l.Asked > 0 || l.Achieved > 0 })
}

// A LoadSample is background load of one Resource over the time of the line.
type LoadSample struct {
	Resource string  `json:"resource"`
	Asked    float64 `json:"asked"`         // mean share, 0 to 1; of resident memory bytes
	Achieved float64 `json:"achieved"`      // likewise
	Bps      float64 `json:"bps,omitempty"` // achieved: bits/s of traffic; bytes/s of memory bandwidth
}

// The resources of a node that can be loaded.
const (
	CPU         = "cpu"
	Memory      = "memory"   // bandwidth
	Resident    = "resident" // memory held
	GPU         = "gpu"
	TrafficDown = "traffic-down"
	TrafficUp   = "traffic-up"
)

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
