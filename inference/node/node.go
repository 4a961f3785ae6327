// Package node is what a node of the world does: an inference node fetches,
// loads and runs models; the repository serves them; control sends images.
// The runner tells a node what to do over a socket the node was started with
// (net/rpc), which is not part of the emulated network and costs it nothing.
package node

import (
	"time"

	"github.com/testbed/testbed/inference/model"
	"github.com/testbed/testbed/selector"
)

// A Config is what a node is told when it is started, as JSON.
type Config struct {
	Name string `json:"name"`
	Role string `json:"role"` // control, repository or inference

	Address string `json:"address"` // of this node on the emulated network, IPv4
	Port    int    `json:"port"`    // that it serves on, if it serves

	Threads    int           `json:"threads"`              // of one inference
	Library    string        `json:"library"`              // ONNX Runtime's shared library
	Repository string        `json:"repository,omitempty"` // host:port of the repository node
	Models     []model.Model `json:"models"`               // that the node may be asked for
	Congestion string        `json:"congestion"`           // TCP congestion control to ask for, such as cubic
}

// A Description is what a node says of itself, for run.json.
type Description struct {
	Name       string            `json:"name"`
	Role       string            `json:"role"`
	PID        int               `json:"pid"`
	CPUs       []int             `json:"cpus"`       // it is pinned to
	Congestion string            `json:"congestion"` // TCP congestion control that its sockets got
	Runtime    map[string]string `json:"runtime"`    // inference library, its version and options
	Warnings   []string          `json:"warnings,omitempty"`
}

// PrepareArgs asks an inference node to hold open sessions of exactly Models
// for Arm; with no Models, to hold nothing: no file, no session.
type PrepareArgs struct {
	Arm    string
	Models []string
}

// ProfileArgs asks for Runs timed inferences of a model after one warm-up,
// and Loads timed session openings.
type ProfileArgs struct {
	Model       string
	Runs, Loads int
	Image       []byte // to run it on
}

// A Profile holds medians.
type Profile struct {
	Load, Preprocess, Infer time.Duration
}

// A Status is what an inference node knows of itself.
type Status struct {
	Held, Loaded []string // for the arm asked for
	// Others is the share of the node's CPUs that anybody but this process
	// used over the last second; Busy is by anybody.
	Others, Busy float64
	RSSBytes     int64
	// Goodput in bits/s of the arm's last fetches and the last probe (harmonic
	// mean of at most five), 0 if there was none. Of a fetch it is the file
	// over the time from the request to the last byte, less one round trip.
	DownBps int64
}

// DoArgs asks control to send one image.
type DoArgs struct {
	Address, Arm, Model string // Address is host:port of the inference node
	Image               []byte
	Timeout             time.Duration
}

// A Reply is how it went. Sent and Done are readings of CLOCK_MONOTONIC, which
// all processes of a host share.
type Reply struct {
	Sent, Done time.Duration
	Phases     selector.Phases
	Up, Down   int64 // bytes of the bodies
	Fetched    int64 // bytes of the model
	Prediction int   // -1 if none
	Err        string
}

// ProbeArgs asks an inference node to measure the path between the repository
// and itself, over the emulated network: Pings round trips, then DownBytes
// towards it and UpBytes from it (a size of 0 leaves that direction out).
// What the node remembers of earlier transfers (Status.DownBps) is forgotten
// first.
type ProbeArgs struct {
	DownBytes, UpBytes int64 // payload of each transfer
	Pings              int
}

// A Probe is what it measured. Rates are of TCP payload, over the second half
// of the bytes, as the receiver saw them arrive: slow start is over by then.
// The times are readings of CLOCK_MONOTONIC.
type Probe struct {
	DownBps, UpBps     int64
	DownHalf, DownLast time.Duration // when half of the bytes, and the last, had arrived
	UpHalf, UpLast     time.Duration
	RTT                time.Duration // median
	RTTMin             time.Duration
}
