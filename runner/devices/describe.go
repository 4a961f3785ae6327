package devices

import (
	"time"

	"github.com/testbed/testbed/inference/node"
)

// A Node is a device, as run.json tells of it.
type Node struct {
	Address  string `json:"address"`
	Protocol string `json:"protocol"` // testbed, or oip

	// Of a node of this project: what it says of itself, how its clock compares
	// with ours, and by which address it reaches the repository.
	*node.Description
	Clock      *Clock `json:"clock,omitempty"`
	Repository string `json:"repository,omitempty"`

	// Of another server: what it says it is, and how its models take images.
	Server     string   `json:"server,omitempty"`
	Version    string   `json:"version,omitempty"`
	Extensions []string `json:"extensions,omitempty"`
	Models     []Input  `json:"models,omitempty"`
}

// A Clock compares the clock of a node with ours.
type Clock struct {
	// Ahead is the node's CLOCK_MONOTONIC less ours: no more than a number,
	// since these count from when a host came up.
	Ahead time.Duration `json:"ahead_ns"`
	// Error is how far Ahead can be from the truth: half of the least round
	// trip of several. Upload and download are as exact as that; their sum,
	// and all other phases, do not depend on it.
	Error time.Duration `json:"error_ns"`
}

// An Input is how a model of another server takes an image.
type Input struct {
	Model string `json:"model"`
	Input string `json:"input"` // its name
	Takes string `json:"takes"` // image file, or tensor
}
