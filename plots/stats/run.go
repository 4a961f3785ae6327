package stats

import (
	"time"

	"github.com/testbed/testbed/runner/record"
)

// An Origin is the run that another was made from.
type Origin = record.Origin

// About is what was run, on what.
type About struct {
	Title       string            `json:"title"`
	Description string            `json:"description"`
	Testbed     string            `json:"testbed"`
	Error       string            `json:"error,omitempty"`
	Command     []string          `json:"command"` // of a simulation without --out
	File        string            `json:"file"`
	Hash        string            `json:"sha256"`
	Seed        uint64            `json:"seed"`
	Started     time.Time         `json:"started,omitzero"` // this, Took and Host are not told of a simulation, on which they have no effect
	Took        time.Duration     `json:"took_ns,omitempty"`
	Arms        []string          `json:"arms"`
	Selectors   []record.Selector `json:"selectors"`
	Shadows     []record.Selector `json:"shadows,omitempty"`
	Placements  []string          `json:"placements"`
	Batch       int               `json:"batch"` // images in a request
	Node        string            `json:"node"`
	Budget      string            `json:"budget"`
	Require     record.Require    `json:"require"`
	Tolerance   record.Tolerance  `json:"tolerance"`
	Axes        []record.Axis     `json:"axes"`
	Repetitions int               `json:"repetitions"`
	Planned     int               `json:"planned_pairs"`
	Resamples   int               `json:"resamples"`
	Dataset     string            `json:"dataset"`
	Classes     int               `json:"classes"`
	Of          *Origin           `json:"of,omitempty"`       // the run that this one repeats
	Unscored    string            `json:"unscored,omitempty"` // why accuracies are published ones, not measured; empty: they were measured
	Models      []ModelInfo       `json:"models"`
	ProfileFrom string            `json:"profile_from,omitempty"` // the device profile that the selectors went by; empty: measured by the run
	Host        record.Host       `json:"host,omitzero"`
	Nodes       []Fact            `json:"nodes"`
}

// AxisColumns are names for the axes as columns of a table that has others.
func (a About) AxisColumns(taken []string) []string { return record.AxisColumns(a.Axes, taken) }

// ModelInfo is what was known of a model before the run.
type ModelInfo struct {
	Name     string `json:"name"`
	Bytes    int64  `json:"bytes"`
	MACs     int64  `json:"macs"`
	Accuracy Number `json:"accuracy"`
	Images   int    `json:"images"` // that Accuracy was measured on; 0: it was not measured here
	Source   string `json:"source,omitempty"`
	Weights  string `json:"weights,omitempty"` // seeded: random
	Load     Number `json:"load_ms"`           // on the judged node, without load; null: not profiled
	Infer    Number `json:"infer_ms"`          // likewise
	SHA256   string `json:"sha256"`
}

// A Fact is one thing a node said of itself, its path in run.json and its
// value.
type Fact struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}
