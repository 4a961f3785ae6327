//go:build linux

package calibrate_test

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/calibrate"
	"github.com/testbed/testbed/emulator/netns"
)

// TestMain lets the test binary be the router and the nodes of its worlds.
func TestMain(m *testing.M) {
	netns.Main(calibrate.Node)
	os.Exit(m.Run())
}

// need skips a test on a machine that lacks a feature, unless TESTBED_NEED
// names it.
func need(t *testing.T, features ...string) {
	t.Helper()
	must := strings.Split(os.Getenv("TESTBED_NEED"), ",")
	for _, f := range append([]string{"netns", "veth"}, features...) {
		err := netns.Probe(f)
		switch {
		case err == nil:
		case errors.Is(err, emulator.ErrUnsupported) && !slices.Contains(must, f):
			t.Skipf("%s: %v", f, err)
		default:
			t.Fatal(err)
		}
	}
}
