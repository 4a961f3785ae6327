package profiling

import (
	"net"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/testbed/testbed/emulator/netns"
	"github.com/testbed/testbed/inference/node"
	"github.com/testbed/testbed/inference/onnx"
)

// TestMain lets the test binary be the router, the node and the load of a
// local world, and the load of a node that listens.
func TestMain(m *testing.M) {
	node.Main()
	netns.Main(func(conn net.Conn, _ []string) error { return node.Serve(conn) })
	os.Exit(m.Run())
}

// library finds ONNX Runtime, and checks that this machine can make a world. A
// test is skipped where either is missing, unless TESTBED_NEED names it.
func library(t *testing.T) string {
	t.Helper()
	must := strings.Split(os.Getenv("TESTBED_NEED"), ",")
	lib, err := onnx.Find()
	if err != nil && slices.Contains(must, "onnx") {
		t.Fatal(err)
	}
	if err != nil {
		t.Skip(err)
	}
	if err := netns.Probe("netns"); err != nil {
		if slices.Contains(must, "netns") {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	return lib
}
