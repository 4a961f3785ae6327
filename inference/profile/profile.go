// Package profile knows how fast a device is: how long it takes to open and to
// run each model, with how many threads, and how much slower it becomes as
// others use its CPUs. Selectors and simulations read it; package
// runner/profiling measures it; some are published and built in.
//
// This package is opinionated about two things. Background load slows all
// models of a device by one factor, which depends on the load and the number of
// threads alone: so a profile of one load predicts another, and a model needs
// no more than its times on an idle device. And what predicts is the mean: an
// inference shorter than the background's own period of some milliseconds is
// either not disturbed or stopped for all of it, so that its median says little
// of what ten of them cost.
package profile

import (
	"time"

	"github.com/testbed/testbed/emulator/unit"
)

// Schema is the version of the file format.
const Schema = 1

// A Profile is what is known of one device. What is not known is zero, and
// left out of a file.
type Profile struct {
	Schema int    `yaml:"schema" json:"schema"`
	Name   string `yaml:"name" json:"name"`
	Device Device `yaml:"device" json:"device"`

	// Published says whose numbers these are; empty: measured here, at Measured.
	Published string    `yaml:"published,omitempty" json:"published,omitempty"`
	Measured  time.Time `yaml:"measured,omitempty" json:"measured,omitzero"`

	Notes    []string `yaml:"notes,omitempty" json:"notes,omitempty"` // what a reader must know, a sentence each
	Models   []Model  `yaml:"models" json:"models"`
	Slowdown []Curve  `yaml:"slowdown,omitempty" json:"slowdown,omitempty"` // ascending by Threads; none: selector.Prior
}

// A Device is the fingerprint of what was measured: a profile is of this
// hardware with this software, and of no other.
type Device struct {
	Name     string            `yaml:"name" json:"name"`
	OS       string            `yaml:"os,omitempty" json:"os,omitempty"`
	Arch     string            `yaml:"arch,omitempty" json:"arch,omitempty"`
	CPU      string            `yaml:"cpu,omitempty" json:"cpu,omitempty"`
	CPUs     int               `yaml:"cpus,omitempty" json:"cpus,omitempty"`     // that the node may use
	Memory   unit.Bytes        `yaml:"memory,omitempty" json:"memory,omitempty"` // of the machine
	Provider string            `yaml:"provider,omitempty" json:"provider,omitempty"`
	Runtime  string            `yaml:"runtime,omitempty" json:"runtime,omitempty"` // name and version
	Options  map[string]string `yaml:"options,omitempty" json:"options,omitempty"` // of the runtime
}

// A Model is what a device needs for one model.
type Model struct {
	Name   string     `yaml:"name" json:"name"`
	SHA256 string     `yaml:"sha256,omitempty" json:"sha256,omitempty"`
	Size   unit.Bytes `yaml:"size,omitempty" json:"size,omitempty"` // of the file

	// Accuracy is the share of right answers, 0 to 1, on Dataset.
	Accuracy float64 `yaml:"accuracy,omitempty" json:"accuracy,omitempty"`
	Dataset  string  `yaml:"dataset,omitempty" json:"dataset,omitempty"`

	Load    Load     `yaml:"load,omitempty" json:"load,omitzero"`
	Memory  Memory   `yaml:"memory,omitempty" json:"memory,omitzero"`
	Threads []Timing `yaml:"threads" json:"threads"` // ascending by Threads
}

// A Load holds medians of the time to open a session, which is to read the
// file, to optimise the graph and to lay out the weights. Cold: the file is
// not in the system's file cache; else it is. Cached: the graph was optimised
// once before and kept, so that it is read, and not optimised again.
type Load struct {
	Cold       time.Duration `yaml:"cold,omitempty" json:"cold_ns,omitempty"`
	Warm       time.Duration `yaml:"warm,omitempty" json:"warm_ns,omitempty"`
	CachedCold time.Duration `yaml:"cached_cold,omitempty" json:"cached_cold_ns,omitempty"`
	Cached     time.Duration `yaml:"cached,omitempty" json:"cached_ns,omitempty"`
	Opens      int           `yaml:"opens,omitempty" json:"opens,omitempty"` // of each kind
}

// A Memory is what the process that runs the model has in RAM.
type Memory struct {
	Before   unit.Bytes `yaml:"before,omitempty" json:"before,omitempty"`     // it opens the model
	Loaded   unit.Bytes `yaml:"loaded,omitempty" json:"loaded,omitempty"`     // opened, and run
	Unloaded unit.Bytes `yaml:"unloaded,omitempty" json:"unloaded,omitempty"` // closed again
}

// A Timing is how long inferences of one image take with a number of threads.
type Timing struct {
	Threads int `yaml:"threads,omitempty" json:"threads"` // 0: not known, and good for any number
	Sample  `yaml:",inline"`

	Preprocess time.Duration `yaml:"preprocess,omitempty" json:"preprocess_ns,omitempty"` // median: image file to input
	Loaded     []Loaded      `yaml:"loaded,omitempty" json:"loaded,omitempty"`            // ascending by Utilization
}

// A Sample sums up inferences. Mean is the median, over visits of the setting
// that are spread over the whole measurement, of each visit's mean: what a
// stall of the machine spoils is one visit. P50 and P95 are by nearest rank.
type Sample struct {
	Mean time.Duration `yaml:"mean,omitempty" json:"mean_ns,omitempty"`
	P50  time.Duration `yaml:"p50,omitempty" json:"p50_ns,omitempty"`
	P95  time.Duration `yaml:"p95,omitempty" json:"p95_ns,omitempty"`
	Runs int           `yaml:"runs,omitempty" json:"runs,omitempty"`
}

// Expected is the mean, or the median where no mean is known.
func (s Sample) Expected() time.Duration {
	if s.Mean > 0 {
		return s.Mean
	}
	return s.P50
}

// A Loaded is a Sample while others used the device's CPUs.
type Loaded struct {
	// Utilization is the share, 0 to 1, of each CPU that others asked for.
	// Achieved is what they got while the model was running: where both want
	// the whole CPU, the system gives each its part.
	Utilization float64 `yaml:"utilization" json:"utilization"`
	Achieved    float64 `yaml:"achieved,omitempty" json:"achieved,omitempty"`
	Sample      `yaml:",inline"`
}
