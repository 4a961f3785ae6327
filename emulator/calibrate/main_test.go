//go:build linux

package calibrate_test

import (
	"os"
	"testing"

	"github.com/testbed/testbed/emulator/calibrate"
	"github.com/testbed/testbed/emulator/needs"
	"github.com/testbed/testbed/emulator/netns"
)

// TestMain lets the test binary be the router and the nodes of its worlds.
func TestMain(m *testing.M) {
	netns.Main(calibrate.Node)
	os.Exit(m.Run())
}

// need skips a test on a machine that lacks a feature, or where there are no
// worlds at all (see needs).
func need(t *testing.T, features ...string) {
	t.Helper()
	needs.Probed(t, netns.Probe, append([]string{"netns", "veth"}, features...)...)
}
