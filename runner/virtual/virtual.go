// Package virtual is the world in virtual time: the network and the servers of
// emulator/sim, and devices that are what a profile says of them, joined into a
// runner.World.
//
// Everything means what it does in package local, and what is not measured is
// made up from the profiles, by the seeds of the plan: how long a request
// computes, and what it answers. The same calls always give the same answers at
// the same times.
package virtual

import (
	"github.com/testbed/testbed/inference/model"
	"github.com/testbed/testbed/inference/profile"
)

// Options say what Open needs beside the plan.
type Options struct {
	Models  []model.Model              // those of the scenario, in its order
	Devices map[string]profile.Profile // what each inference node is, by its name
	Classes int                        // that the models tell apart, 2 or more
}

// A Description is what run.json says of the world.
type Description struct {
	World    string          `json:"world"` // sim
	Nodes    map[string]Node `json:"nodes"`
	Warnings []string        `json:"warnings,omitempty"`
}

// A Node is the device that a node is.
type Node struct {
	Profile   string   `json:"profile"`
	Device    string   `json:"device"`
	Published string   `json:"published,omitempty"` // whose numbers these are; empty: measured
	Speed     float64  `json:"speed,omitempty"`     // computes so many times as fast as Profile; 0: as fast
	Threads   int      `json:"threads,omitempty"`   // of one inference; 0: as Profile says
	Notes     []string `json:"notes,omitempty"`     // of the profile
}
