package profiling

import (
	"net"
	"os"
	"testing"

	"github.com/testbed/testbed/emulator/load"
	"github.com/testbed/testbed/emulator/needs"
	"github.com/testbed/testbed/emulator/netns"
	"github.com/testbed/testbed/inference/node"
	"github.com/testbed/testbed/inference/onnx"
)

// TestMain lets the test binary be the router, the node and the load of a
// local world, and the load of a node that listens.
func TestMain(m *testing.M) {
	load.Main()
	netns.Main(func(conn net.Conn, _ []string) error { return node.Serve(conn) })
	os.Exit(m.Run())
}

// library is the path of ONNX Runtime, on a machine that can make a world; else
// t is skipped (see needs).
func library(t *testing.T) string {
	t.Helper()
	needs.Probed(t, netns.Probe, "netns")
	return needs.ONNX(t, onnx.Find)
}
