// Package local is the world on this machine: namespaces and links by
// emulator/netns, nodes by inference/node, joined into a runner.World.
package local

import (
	"io"

	"github.com/testbed/testbed/inference/model"
	"github.com/testbed/testbed/inference/node"
)

// NodeMain is what a node process does with its socket, for netns.Main.
func NodeMain(conn io.ReadWriteCloser) error { return node.Serve(conn) }

// A Description is what run.json says of the world.
type Description struct {
	World    any                         `json:"world"`
	Nodes    map[string]node.Description `json:"nodes"`
	Warnings []string                    `json:"warnings,omitempty"`
}

// Options say what Open needs beside the plan.
type Options struct {
	Models  []model.Model // those of the scenario, resolved
	Library string        // ONNX Runtime's shared library
	Image   []byte        // an image file, to profile on
	Cache   string        // folder for optimised models, of nodes that keep them
}
