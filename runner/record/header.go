package record

import (
	"encoding/json"
	"time"

	"github.com/testbed/testbed/emulator/unit"
	"github.com/testbed/testbed/selector"
)

// A Header is run.json: what was to be run, on what, and how it ended. It says
// all that a report needs beside the lines of the other files.
type Header struct {
	Schema  int    `json:"schema"`
	Testbed string `json:"testbed"` // version of the program
	Status  string `json:"status"`  // running, done, interrupted or failed
	Error   string `json:"error,omitempty"`

	Started  time.Time     `json:"started"`           // wall clock, for people
	Finished time.Time     `json:"finished,omitzero"` // of the last session
	Took     time.Duration `json:"took_ns,omitempty"` // of all sessions together
	Command  []string      `json:"command"`

	Name        string `json:"scenario"`
	Title       string `json:"title,omitempty"`
	Description string `json:"description,omitempty"`
	File        string `json:"file"`
	Hash        string `json:"sha256"` // of scenario.yaml as given
	World       string `json:"world"`
	Seed        uint64 `json:"seed"`

	Arms        []string                  `json:"arms"`              // selectors, the baseline first
	Selectors   []Selector                `json:"selectors"`         // what is meant by each of Arms
	Shadows     []Selector                `json:"shadows,omitempty"` // selectors that are judged without being an arm
	Placements  []string                  `json:"placements"`        // nodes, and ways to use two of them, that options are made of
	Batch       int                       `json:"batch,omitempty"`   // images in a request; 0: one
	Node        string                    `json:"node"`              // the inference node that is judged
	Budget      selector.Budget           `json:"budget"`
	Require     Require                   `json:"require"`
	Tolerance   Tolerance                 `json:"tolerance"`
	Axes        []Axis                    `json:"axes"`
	Conditions  []Condition               `json:"conditions"`
	Repetitions int                       `json:"repetitions"`
	Stop        *Stop                     `json:"stop,omitempty"` // nil: all repetitions are to be run
	Models      []Model                   `json:"models"`
	Profile     []selector.Option         `json:"profile"`
	ProfileFrom string                    `json:"profile_from,omitempty"` // the device profile that Profile is from, of several nodes "node: profile; …"; empty: measured before the first trial
	Slowdown    map[string]selector.Curve `json:"slowdown,omitempty"`     // of nodes under load; none: the selectors' prior
	Classes     int                       `json:"classes"`
	Dataset     string                    `json:"dataset"`
	// Unscored says why the answers of the run mean nothing, such as that
	// the weights of its models are random; empty: they were right or wrong.
	Unscored string `json:"unscored,omitempty"`

	// Of says which run this one repeats, or looks at anew; nil: none.
	Of *Origin `json:"of,omitempty"`

	Resolved json.RawMessage `json:"resolved"` // the scenario with its defaults filled in
	Host     Host            `json:"host"`
	Warnings []string        `json:"warnings,omitempty"` // of the world, such as CPUs that are shared
	Nodes    json.RawMessage `json:"nodes"`              // what the nodes said of themselves
}

// An Origin is the run that another was made from.
type Origin struct {
	Dir      string    `json:"dir"`    // as it was given
	Run      string    `json:"sha256"` // of its run.json, hex
	Scenario string    `json:"scenario"`
	Started  time.Time `json:"started"`
	World    string    `json:"world"`
	// As is what was repeated: measured (the world as telemetry and probes
	// found it), asked (the plan), or record (nothing was run: another
	// selector chose among recorded outcomes).
	As string `json:"as"`
	// Of As record: for how many decisions the chosen option's outcome was
	// recorded, and for how many it was simulated or is missing.
	Recorded  int `json:"recorded,omitempty"`
	Simulated int `json:"simulated,omitempty"`
	Missing   int `json:"missing,omitempty"`
}

// A Condition is one cell of the sweep, as asked for.
type Condition struct {
	ID         string            `json:"id"`
	Set        map[string]string `json:"set"`   // path → value
	Names      map[string]string `json:"names"` // axis → name of its value
	Residency  string            `json:"residency"`
	Measure    []string          `json:"measure"`
	Requests   int               `json:"requests"`           // pairs in a trial
	Think      time.Duration     `json:"think_ns,omitempty"` // pause before each request
	Links      []Link            `json:"links"`
	Background []Background      `json:"background"`
	// Placements, if not empty, are those of the run's that requests could
	// take here.
	Placements []string `json:"placements,omitempty"`
}

// A Link is one direction of a link, as asked for.
type Link struct {
	Node      string        `json:"node"`      // or pair of nodes, a/b
	Direction string        `json:"direction"` // down or up
	Rate      unit.BitRate  `json:"rate_bps"`  // 0: no limit; of a trace, its mean
	Trace     string        `json:"trace,omitempty"`
	Delay     time.Duration `json:"delay_ns"`
	Jitter    time.Duration `json:"jitter_ns,omitempty"`
	Loss      float64       `json:"loss,omitempty"`       // mean share of packets
	LossBurst float64       `json:"loss_burst,omitempty"` // mean losses in a row; 0: independent
	Queue     unit.Bytes    `json:"queue_bytes,omitempty"`
	Varies    bool          `json:"varies,omitempty"` // its rate, delay or loss changes over time
	Also      string        `json:"also,omitempty"`   // what else was asked for, in words
}

// A Background is asked utilization of a node.
type Background struct {
	Node     string  `json:"node"`
	Resource string  `json:"resource"`         // CPU and the like
	Asked    float64 `json:"asked"`            // share, 0 to 1, its mean if it varies; of Resident bytes
	Varies   bool    `json:"varies,omitempty"` // over time
	Gives    bool    `json:"gives,omitempty"`  // way to what else uses the link, as TCP does: falling short is its nature
	Also     string  `json:"also,omitempty"`   // what else was asked for, in words, such as where it came from
}

// A Selector is how an arm, or a shadow, chooses.
type Selector struct {
	Name       string   `json:"name"`
	Policy     string   `json:"policy"`               // selector.Policies, exec or http
	Settings   []string `json:"settings,omitempty"`   // what differs from the policy's defaults, in words
	Placements []string `json:"placements,omitempty"` // that it may use; none: all
}

// An Axis names a dimension of the sweep and its values, in order.
type Axis struct {
	Name   string   `json:"name"`
	Values []string `json:"values"`
}

// Require is what the verdict holds a run to.
type Require struct {
	Saving       float64 `json:"saving"`        // least mean of (t_b - t_a)/t_b
	AccuracyDrop float64 `json:"accuracy_drop"` // most accuracy_b - accuracy_a, difference of fractions
	Confidence   float64 `json:"confidence"`    // of intervals
	// Deadline is how long t may take, and OnTime the share of an arm's
	// requests that must not take longer; 0: none was set.
	Deadline time.Duration `json:"deadline_ns,omitempty"`
	OnTime   float64       `json:"on_time,omitempty"`
}

// Stop is the rule by which a run ends once its verdict is decided, after any
// whole repetition from Least on.
type Stop struct {
	Least int `json:"least"` // repetitions before the first look, 1 or more
	// Stopped is after how many repetitions the run ended by the rule; 0: it
	// did not.
	Stopped int `json:"stopped,omitempty"`
}

// Looks is how many times the rule may look, in a run of so many repetitions:
// the look after the last one is the verdict itself.
func (s Stop) Looks(repetitions int) int { return max(repetitions-s.Least, 0) + 1 }

// ToRun is how many repetitions there are to be in the end.
func (h *Header) ToRun() int {
	if h.Stop != nil && h.Stop.Stopped > 0 {
		return h.Stop.Stopped
	}
	return h.Repetitions
}

// Tolerance is how far what was achieved may be from what was asked for.
type Tolerance struct {
	Rate  float64       `json:"rate"`     // share
	Delay time.Duration `json:"delay_ns"` // of the round trip
	CPU   float64       `json:"cpu"`      // difference of shares
	Lag   time.Duration `json:"lag_ns"`   // of packets, p99; twice that beside background load; 0: none was set
}

// A Model is what was known of a model before the run.
type Model struct {
	Name     string     `json:"name"`
	SHA256   string     `json:"sha256"`
	Bytes    unit.Bytes `json:"bytes"`
	MACs     int64      `json:"macs"`
	Accuracy float64    `json:"accuracy"`
	Images   int        `json:"images"`            // that Accuracy was measured on; 0: it was not measured here
	Source   string     `json:"source,omitempty"`  // who declared or published Accuracy, or measured it
	Weights  string     `json:"weights,omitempty"` // seeded: random, so that answers mean nothing; empty: trained
}

// A Host is the machine.
type Host struct {
	OS     string `json:"os"`
	Kernel string `json:"kernel"`
	CPU    string `json:"cpu"`
	CPUs   int    `json:"cpus"`
	Memory int64  `json:"memory_bytes"`
	Go     string `json:"go"`
	User   string `json:"user"` // root or unprivileged
}

// A Run is a whole run directory, read back.
type Run struct {
	Dir       string
	Header    Header
	Requests  []Request
	Decisions []Decision
	Telemetry []Telemetry
	Checks    []Check
	Replays   []Replay
	// Problems are lines that could not be read, and what is missing; the
	// rest is used.
	Problems []string
}
