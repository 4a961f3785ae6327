package scenarios

import (
	"fmt"
	"strings"
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/unit"
	"github.com/testbed/testbed/inference/model"
	"github.com/testbed/testbed/selector"
)

// A Plan is all that decides a run, seeds included.
type Plan struct {
	Scenario   Scenario
	File       string // as given, for messages
	Source     []byte // the file's bytes (a trace file is inlined in Links)
	Hash       string // SHA-256 of Source, hex
	Conditions []Condition
	Trials     []Trial // in the order in which they are run

	models []place             // of Scenario.Models in the file; none of a plan that was read back from a run
	keys   map[string]position // of the keys at the top of the file; likewise
}

// A place is where something stands in a scenario file.
type place struct {
	at   position
	path string // of the key
}

// A Scenario is what a scenario file says outside of its conditions, defaults
// filled in.
type Scenario struct {
	Name        string          `json:"name"`
	Title       string          `json:"title,omitempty"`
	Description string          `json:"description,omitempty"`
	Seed        uint64          `json:"seed"`
	World       string          `json:"world"`  // netns, devices or sim
	Engine      string          `json:"engine"` // auto, relay or tc
	Device      string          `json:"device"` // auto, packet or tun
	Strict      bool            `json:"strict"` // refuse links that other load may hold up
	Nodes       []Node          `json:"nodes"`  // inference nodes; control and repository are always there
	Repository  Repository      `json:"repository,omitzero"`
	Control     Control         `json:"control,omitzero"`
	Pairs       []string        `json:"pairs,omitempty"` // links between two nodes, a/b, in any condition
	Dataset     Dataset         `json:"dataset"`
	Models      []Model         `json:"models"`
	Placements  []string        `json:"placements"` // of requests: names of nodes, and cascade, hedged and split, which use the first two nodes
	Cascade     Cascade         `json:"cascade"`
	Selectors   []Selector      `json:"selectors"` // two or more; the first is the baseline
	Judge       Judge           `json:"judge"`
	Record      Record          `json:"record,omitzero"`
	Budget      selector.Budget `json:"budget"`
	Axes        []Axis          `json:"vary"`
	Require     Require         `json:"require"`
	Tolerance   Tolerance       `json:"tolerance"`
	Noise       string          `json:"noise,omitempty"` // in the world sim: how much computing varies: none, or, if empty, as each device's profile says
	Timeout     time.Duration   `json:"timeout_ns"`      // of one request
	Repetitions int             `json:"repetitions"`
	Stop        *Stop           `json:"stop,omitempty"` // nil: all repetitions are run
}

// A Node is an inference node.
type Node struct {
	Name    string  `json:"name"`             // lower-case letters, digits and '-'
	CPUs    int     `json:"cpus"`             // how many it may run on; 0: all but one, at least one; in the world of devices unknown
	Quota   float64 `json:"quota,omitempty"`  // CPU time that it and its background load may take, in CPUs; 0: all of CPUs
	Threads int     `json:"threads"`          // of one inference; 0: as many as CPUs
	Beside  string  `json:"beside,omitempty"` // the node whose site and link it shares; empty: a link of its own

	Provider     string `json:"provider,omitempty"`     // execution provider, such as cuda; empty: cpu
	Optimization string `json:"optimization,omitempty"` // of a model when it is opened: extended, basic or off; empty: all
	Spinning     bool   `json:"spinning,omitempty"`     // threads of an inference spin while they wait for work
	Cache        bool   `json:"cache,omitempty"`        // optimised models are kept on the device's disk
	Profile      string `json:"profile,omitempty"`      // a device profile to go by instead of measuring: a file, or the name of a published one

	// In the world sim.
	Device string  `json:"device,omitempty"` // the device profile that the node is: a file, or the name of a published one
	Speed  float64 `json:"speed,omitempty"`  // computes so many times as fast as Device; 0: 1

	// In the world of devices.
	Address  string `json:"address,omitempty"`   // http://host:port or https://host:port
	Protocol string `json:"protocol,omitempty"`  // oip: any server of the Open Inference Protocol, as it stands; empty: testbed node
	TokenEnv string `json:"token_env,omitempty"` // environment variable that holds the node's token; empty: none
	CA       string `json:"ca,omitempty"`        // PEM file of who signed the node's certificate; empty: those the system trusts
}

// A Repository is where models come from.
type Repository struct {
	Beside string `json:"beside,omitempty"` // the node whose site and link it shares; empty: a link of its own

	// In the world of devices, where this process serves the models.
	Listen  string `json:"listen,omitempty"`  // such as :8802; empty: any free port
	Address string `json:"address,omitempty"` // host:port by which nodes reach it; empty: this host's, as seen on the connection to a node
}

// A Dataset names labelled images.
type Dataset struct {
	Name    string `json:"name"`              // signs, synthetic, folder or cifar10; in the world sim also blank
	Path    string `json:"path,omitempty"`    // of a folder or a CIFAR-10 file
	Classes string `json:"classes,omitempty"` // file of class names, of a folder
	// Of blank, images of which nothing but this is known.
	Size   unit.Bytes `json:"size,omitempty"`   // of each image file
	Labels int        `json:"labels,omitempty"` // how many classes there are

	// Images is how many samples are drawn from: the first of a built-in
	// dataset, a balanced choice of the others.
	Images int `json:"images"`
}

// A Model is a classifier: one that is known by its name, or a file.
type Model struct {
	Name     string        `json:"name"`
	Weights  model.Weights `json:"weights,omitempty"`  // model.Seeded: random ones in the exact architecture; else those built in or stored
	File     string        `json:"file,omitempty"`     // ONNX
	SHA256   string        `json:"sha256,omitempty"`   // of File; checked if not empty
	Accuracy float64       `json:"accuracy,omitempty"` // of File, declared, 0 to 1
	Recipe   model.Recipe  `json:"recipe,omitzero"`    // of File; zero: that of the built-in models
}

// A Control is what sends the requests.
type Control struct {
	Beside string `json:"beside,omitempty"` // the node whose site and link it shares, which then reaches that node at once; empty: a site of its own
}

// A Cascade is when the first part of a cascade, or hedged, is sure enough.
type Cascade struct {
	Threshold float64 `json:"threshold"` // least confidence, 0 to 1
	Images    int     `json:"images"`    // on which accuracy and confidence of such options are measured when a run begins
}

// A Selector is an arm of the experiment, or one that is judged beside.
type Selector struct {
	selector.Config
	Placements []string `json:"placements,omitempty"` // that it may choose; none: all of the scenario's

	// Of policies that are somebody else's program.
	Exec    []string      `json:"exec,omitempty"`       // command, with its arguments
	Dir     string        `json:"dir,omitempty"`        // that it is run in: the scenario file's
	URL     string        `json:"url,omitempty"`        // of an HTTP server
	Timeout time.Duration `json:"timeout_ns,omitempty"` // of one decision
	// Fallback is the policy that decides where the program does not; end:
	// the run ends.
	Fallback string `json:"fallback,omitempty"`
}

// The policies of a Selector beside those of package selector, and the Fallback
// that ends the run.
const (
	ExecPolicy = "exec"
	HTTPPolicy = "http"
	EndRun     = "end"
)

// A Judge says how selectors are judged: every so many pairs of a trial, all
// options answer the pair's image, and the best of them is the oracle.
type Judge struct {
	Every   int        `json:"every"`   // pairs; 0: never
	Shadows []Selector `json:"shadows"` // selectors that are asked then, beside the arms
}

// A Record is what of a run is written down.
type Record struct {
	// Decisions are written of every so many pairs of a trial, from its first
	// on; 0 and 1: of all.
	Decisions int `json:"decisions,omitempty"`
	// Telemetry of the world sim is written of every so much of its time; 0:
	// of every second.
	Telemetry time.Duration `json:"telemetry_ns,omitempty"`
}

// An Axis is one dimension of the sweep.
type Axis struct {
	Name   string      `json:"name"`
	Values []AxisValue `json:"values"`
}

// An AxisValue is one named setting of an Axis.
type AxisValue struct {
	Name string    `json:"name"`
	Set  []Setting `json:"set"`
}

// A Setting changes one key of the scenario, as --set path=value does.
type Setting struct {
	Path  string `json:"path"`  // such as links.edge.down.rate
	Value string `json:"value"` // YAML, such as 5Mbps
}

// Require is what the verdict holds the run to.
type Require struct {
	Saving       float64 `json:"saving"`        // least mean of (t_b - t_a)/t_b
	AccuracyDrop float64 `json:"accuracy_drop"` // most accuracy_b - accuracy_a, difference of fractions
	Confidence   float64 `json:"confidence"`    // of the intervals, 0.95

	Deadline time.Duration `json:"deadline_ns,omitempty"` // most that t may take; 0: none
	OnTime   float64       `json:"on_time,omitempty"`     // least share of requests within Deadline
}

// A Stop ends a run after a whole repetition of all conditions by which its
// verdict is decided.
type Stop struct {
	Least int `json:"least"` // repetitions before the first look; fewer than there are
}

// Tolerance is how far the achieved world may be from the asked one before a
// trial is invalid.
type Tolerance struct {
	Rate  float64       `json:"rate"`     // share of the asked rate
	Delay time.Duration `json:"delay_ns"` // of the round trip
	CPU   float64       `json:"cpu"`      // difference of shares: 0.05 is five points
	Lag   time.Duration `json:"lag_ns"`   // of packets, p99; twice that beside background load
}

// A Condition is one cell of the sweep: the world in which both arms run.
type Condition struct {
	ID    string            `json:"id"` // values of the axes, "5Mbps/busy/cold"; "default" without axes
	Set   []Setting         `json:"set"`
	Names map[string]string `json:"names"` // axis → value's name

	Links      map[string]Links         `json:"links"`      // by node, or pair of nodes a/b
	Background map[string]emulator.Load `json:"background"` // by node
	Residency  string                   `json:"residency"`  // cold, first or warm
	Requests   int                      `json:"requests"`   // pairs in a trial
	Warmup     int                      `json:"warmup"`     // pairs before, not counted
	Measure    []string                 `json:"measure"`    // phases that count in t
	Think      time.Duration            `json:"think_ns"`   // pause between requests
	Batch      int                      `json:"batch"`      // images in a request
	// Placements, if not empty, are those of the scenario's that requests may
	// take here: where the device itself is varied, by its name.
	Placements []string `json:"placements,omitempty"`
}

// Varies says whether links or loads of the condition change over time by
// themselves.
func (c Condition) Varies() bool {
	for _, l := range c.Links {
		if l.Down.Varies() || l.Up.Varies() {
			return true
		}
	}
	for _, l := range c.Background {
		if l.Varies() {
			return true
		}
	}
	return false
}

// Links are the two directions between a node and the rest of the world.
type Links struct {
	Down emulator.Link `json:"down"` // towards the node
	Up   emulator.Link `json:"up"`   // from the node
}

// A Trial is one condition in one repetition: a block of pairs that is run in
// one piece.
type Trial struct {
	Condition  int // index into Plan.Conditions
	Repetition int
	Seeds      Seeds
	Samples    []int // of the dataset, Condition.Batch for each pair, warm-ups first
	// As, if not nil, is the world of this trial instead of the condition's:
	// what was measured of it, where a recorded run is run again.
	As    *Achieved `json:"as,omitempty"`
	First []int     // selector that goes first in this pair, the others after it in turn; balanced, warm-ups first
}

// An Achieved is the world of one trial, on the clock of that trial.
type Achieved struct {
	Links      map[string]Links         `json:"links"`
	Background map[string]emulator.Load `json:"background"`
}

// Seeds has one seed for each random choice, each from the scenario's seed and
// the repetition alone, so that conditions are compared on the same samples
// and losses.
type Seeds struct {
	Samples uint64 `json:"samples"`
	Order   uint64 `json:"order"`
	Link    uint64 `json:"link"`
}

// MaxRate is the largest rate that a scenario may ask for.
const MaxRate = 100 * unit.Gbps

// ModelError says, as a mistake in the scenario file, what is wrong with model i
// of the plan: something that only the machine knows, such as that its weights
// are not there.
func (p *Plan) ModelError(i int, err error) error {
	at := place{path: fmt.Sprintf("models[%d]", i)}
	if i < len(p.models) {
		at = p.models[i]
	}
	ps := &problems{file: p.File}
	ps.add(at.at, at.path, "%v", err)
	return ps.all[0]
}

// KeyError says, as a mistake in the scenario file, what is wrong with what stands
// at path, such as dataset.path: something that only the machine knows.
func (p *Plan) KeyError(path string, err error) error {
	key, _, _ := strings.Cut(path, ".")
	key, _, _ = strings.Cut(key, "[")
	ps := &problems{file: p.File}
	ps.add(p.keys[key], path, "%v", err)
	return ps.all[0]
}

// LinkOf is the name of a node's link: its own, or that of the node it is
// beside.
func (s Scenario) LinkOf(name string) string {
	for _, n := range s.Nodes {
		if n.Name == name && n.Beside != "" {
			return n.Beside
		}
	}
	return name
}
