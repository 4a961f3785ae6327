// Package selector decides which model answers each inference request, and
// where.
//
// A Selector sees what a device could know (an Observation) and nothing else.
// Those of this package predict by Expected, in which a node computes as much
// slower as its Curve says of its load, times a factor that is learnt from each
// request; how sure that is is learnt, too (Candidate.Bound). What they choose
// by these predictions is their policy (Policies).
//
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

// An Option is a way to answer a request: a model on a node, with what was
// measured of it beforehand ("profile") on that node without background load;
// or two of these together, of which these fields are the first.
type Option struct {
	Model    string     `json:"model"`
	Node     string     `json:"node"`
	Accuracy float64    `json:"accuracy"`         // fraction right, 0 to 1, of the whole option
	Images   int        `json:"images,omitempty"` // that Accuracy was measured on; 0: it was declared or published
	Size     unit.Bytes `json:"size"`             // of the model file

	Load       time.Duration `json:"load_ns"`       // to open a session, median
	Preprocess time.Duration `json:"preprocess_ns"` // median
	Infer      time.Duration `json:"infer_ns"`      // median

	Placement Placement `json:"placement,omitempty"`
	// Second is the other part, with a placement of its own: Alone.
	Second *Option `json:"second,omitempty"`
	// Threshold is the least confidence (largest softmax) at which the first
	// part's answer is taken, in a cascade and hedged.
	Threshold float64 `json:"threshold,omitempty"`
	// Unsure is the share of answers of the first part below Threshold.
	Unsure float64 `json:"unsure,omitempty"`
	// Share is that of the images of a split request that the first part gets.
	Share float64 `json:"share,omitempty"`
}

// A Placement is how an Option uses nodes.
type Placement string

// The placements. The zero Placement is a model on one node.
const (
	Alone   Placement = ""
	Cascade Placement = "cascade" // the first part answers; if it is unsure, the second does
	Hedged  Placement = "hedged"  // both begin at once; the first answer that is acceptable counts
	Split   Placement = "split"   // the images of a request are shared out
)

// joints are what stands between the parts of an option in its Label.
var joints = map[Placement]string{Cascade: "→", Hedged: "|", Split: "+"}

// Label names an Option among others: "model@node", or both parts with "→"
// (cascade), "|" (hedged) or "+" (split) between them.
func (o Option) Label() string {
	label := o.Model + "@" + o.Node
	if o.Second != nil {
		label += joints[o.Placement] + o.Second.Label()
	}
	return label
}

// An Observation is what can be known when a request arrives.
type Observation struct {
	Seq uint64        `json:"seq"`    // of the request in its trial, from 0
	Now time.Duration `json:"now_ns"` // since the trial began

	Upload   unit.Bytes `json:"upload_bytes"`    // size of an image of this request
	Download unit.Bytes `json:"download_bytes"`  // size of an answer
	Batch    int        `json:"batch,omitempty"` // images in this request; 0 is 1

	Devices []Device `json:"devices"` // every node that an option names
}

// Device returns that of the name; the zero Device, of which nothing is known,
// if there is none.
func (o Observation) Device(name string) Device {
	for _, d := range o.Devices {
		if d.Name == name {
			return d
		}
	}
	return Device{Name: name}
}

// A Device is what a node could know of itself and of its network. A quantity
// that has not been measured yet, or cannot be there, is zero.
type Device struct {
	Name string `json:"name"`

	Down unit.BitRate  `json:"down_bps"` // goodput from the repository to the node: harmonic mean of the last transfers
	Up   unit.BitRate  `json:"up_bps"`   // goodput of images from control to the node
	Back unit.BitRate  `json:"back_bps"` // goodput of answers from the node to control
	RTT  time.Duration `json:"rtt_ns"`   // between control and the node, smallest of the last seen
	// FetchRTT is that between the repository and the node.
	FetchRTT time.Duration `json:"fetch_rtt_ns"`

	// Utilization is the share, 0 to 1, of the node's CPUs that others than
	// the inference itself used over the last second; Busy is that of anybody.
	Utilization float64 `json:"utilization"`
	Busy        float64 `json:"busy"`
	// Pressure is the share of time, 0 to 1, in which something that could
	// run waited for a CPU (PSI some).
	Pressure float64 `json:"pressure"`

	Cores        float64    `json:"cores"`                   // CPUs that the node may use; a quota can make it a fraction
	MemoryFree   unit.Bytes `json:"memory_free_bytes"`       // that can be had without swapping
	FrequencyMHz float64    `json:"frequency_mhz,omitempty"` // mean of the node's CPUs
	TemperatureC float64    `json:"temperature_c,omitempty"` // highest of the machine's sensors
	GPU          *GPU       `json:"gpu,omitempty"`           // nil: none that can be asked

	Held   []string `json:"held,omitempty"`   // models whose file the node holds
	Loaded []string `json:"loaded,omitempty"` // models with an open session on the node

	Ages Ages `json:"age_ns"`
}

// A GPU is what its driver says of it.
type GPU struct {
	Utilization float64    `json:"utilization"` // share of time, 0 to 1, in which any kernel ran
	MemoryFree  unit.Bytes `json:"memory_free_bytes"`
}

// Ages are how long ago, when the Observation was made, the quantities of a
// Device were measured. What is not known has no age: 0.
type Ages struct {
	Down        time.Duration `json:"down,omitempty"`
	Up          time.Duration `json:"up,omitempty"`
	RTT         time.Duration `json:"rtt,omitempty"`
	Utilization time.Duration `json:"utilization,omitempty"` // Busy and Pressure, too
	Machine     time.Duration `json:"machine,omitempty"`     // memory, frequency, temperature, GPU
	Residency   time.Duration `json:"residency,omitempty"`
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

// PhaseNames are the names of the phases, in their order.
var PhaseNames = [...]string{"upload", "queue", "fetch", "load", "preprocess", "infer", "download"}

// List returns the phases in the order of PhaseNames.
func (p Phases) List() [len(PhaseNames)]time.Duration {
	return [...]time.Duration{p.Upload, p.Queue, p.Fetch, p.Load, p.Preprocess, p.Infer, p.Download}
}

// Named returns the phase of that name, one of PhaseNames; it panics on
// another, which a scenario's check does not let through.
func (p Phases) Named(name string) time.Duration {
	for i, of := range p.List() {
		if PhaseNames[i] == name {
			return of
		}
	}
	panic("selector: no phase " + name)
}

// Total is the sum of the phases.
func (p Phases) Total() time.Duration {
	return p.Upload + p.Queue + p.Fetch + p.Load + p.Preprocess + p.Infer + p.Download
}

// Plus adds phase by phase.
func (p Phases) Plus(q Phases) Phases {
	p.Upload += q.Upload
	p.Queue += q.Queue
	p.Fetch += q.Fetch
	p.Load += q.Load
	p.Preprocess += q.Preprocess
	p.Infer += q.Infer
	p.Download += q.Download
	return p
}

// A Decision is a choice with its reasons, as decisions.jsonl keeps it.
type Decision struct {
	Choice     int         `json:"choice"`
	Candidates []Candidate `json:"candidates,omitempty"` // one an option, in their order; none of a selector that does not say
	Reason     string      `json:"reason"`               // one sentence
	// Failed says why the selector itself did not choose (it answered
	// nonsense, late, or not at all), and Choice is what its policy for that
	// says. Empty: it chose.
	Failed string `json:"failed,omitempty"`
}

// A Candidate is an Option as the selector judged it.
type Candidate struct {
	Option    string        `json:"option"` // Option.Label
	Predicted Phases        `json:"predicted"`
	Total     time.Duration `json:"total_ns"`           // predicted mean
	Bound     time.Duration `json:"bound_ns,omitempty"` // that 95 % of requests are predicted to stay within; 0: not predicted
	Excluded  string        `json:"excluded,omitempty"` // why it was not considered; empty if it was
}

// An Outcome is how a request went: what was chosen, and the phases observed.
type Outcome struct {
	Seq      uint64
	Option   Option
	Observed Phases
	// Parts are what each model did: one of an Option that is Alone. A part
	// that did not run, or whose answer did not come, is not among them.
	Parts  []Part
	Failed bool // Observed and Parts are worthless
}

// A Part is what one model of an Option did: on Images images, one after the
// other.
type Part struct {
	Option   Option // Alone
	Images   int
	Observed Phases // of all its images together
	Unsure   bool   // its confidence was below the threshold of the option that it is part of
}
