// Package node is what a node of the world does: an inference node fetches,
// loads and runs models; the repository serves them; control sends images.
// The runner tells a node what to do over a socket the node was started with
// (net/rpc), which is not part of the emulated network and costs it nothing.
//
// A node can also stand alone on a device (Listen): it then serves its own
// models to anybody, and a runner may take it over by its address (DialNode).
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

	// How ONNX Runtime runs a model; the meaning and the zeros are those of
	// onnx.Options.
	Provider     string `json:"provider,omitempty"`
	Optimization string `json:"optimization,omitempty"`
	Spinning     bool   `json:"spinning,omitempty"`
	Cache        string `json:"cache,omitempty"` // folder of optimised models on the node; empty: none

	// QueueLimit is how many requests may wait while one is answered; the
	// next is told to come back (503). 0 is 64.
	QueueLimit int `json:"queue_limit,omitempty"`

	// RequestTimeout bounds a request from its last byte on: one that waits,
	// fetches or loads for longer is given up (504). An inference that runs
	// is not broken off. 0 is no bound but that of the one who asks.
	RequestTimeout time.Duration `json:"request_timeout_ns,omitempty"`

	// Token is what requests to an inference node must bear; empty: none. It
	// is in no record.
	Token string `json:"-"`
}

// A Description is what a node says of itself, for run.json.
type Description struct {
	Name       string            `json:"name"`
	Role       string            `json:"role"`
	PID        int               `json:"pid"`
	CPUs       []int             `json:"cpus"`       // it is pinned to
	Cores      float64           `json:"cores"`      // CPU time that it can take at once, in CPUs: of CPUs, or of its control group if that is less
	Congestion string            `json:"congestion"` // TCP congestion control that its sockets got
	Runtime    map[string]string `json:"runtime"`    // inference library, its version and options
	Machine    Machine           `json:"machine"`    // that it runs on
	Warnings   []string          `json:"warnings,omitempty"`
}

// A Machine is the hardware and system that a node runs on. What could not be
// found out is empty or 0.
type Machine struct {
	Host   string `json:"host,omitempty"`
	OS     string `json:"os"`   // as Go names it
	Arch   string `json:"arch"` // as Go names it
	CPU    string `json:"cpu,omitempty"`
	CPUs   int    `json:"cpus"`             // of the machine, those that are not the node's too
	Memory int64  `json:"memory,omitempty"` // bytes of RAM

	GPUs  []string `json:"gpus,omitempty"`   // that its driver knows
	NoGPU string   `json:"no_gpu,omitempty"` // why there are none: what was looked for
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

// DoArgs asks control to send one image.
type DoArgs struct {
	ID                  uint64 // by which it can be cut short; Client.Do chooses it
	Address, Arm, Model string // Address is host:port of the inference node
	Image               []byte
	Timeout             time.Duration
}

// A Reply is how it went. Sent and Done are readings of CLOCK_MONOTONIC, which
// all processes of a host share.
type Reply struct {
	Sent, Done time.Duration
	Phases     selector.Phases
	Up, Down   int64   // bytes of the bodies
	Fetched    int64   // bytes of the model
	Prediction int     // -1 if none
	Confidence float64 // largest softmax of the answer, 0 to 1; 0 if not known
	Err        string

	// Trip is how long the first packet of the request and the answer were on
	// their way, together, and Tail how long after that packet the last of the
	// request came; 0 if not known.
	Trip, Tail time.Duration
}

// ProbeArgs asks an inference node to measure the path between the repository
// and itself, or control that between an inference node and itself, over the
// emulated network: Pings round trips, then DownBytes towards it and UpBytes from
// it (0 leaves that out). What the node remembers of earlier transfers of what is
// measured (Status.DownBps, Status.FetchRTT) is forgotten first.
type ProbeArgs struct {
	Address            string // host:port of the inference node, of control; else empty
	DownBytes, UpBytes int64  // payload of each transfer
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
