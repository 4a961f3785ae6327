//go:build linux

package relay

import (
	"errors"
	"os"
	"testing"

	"github.com/testbed/testbed/emulator/needs"
)

// Inside is set in the environment of a test binary that runs in namespaces of
// its own; Outside says why one does not.
const Inside, Outside = "RELAY_TEST_INSIDE", "RELAY_TEST_OUTSIDE"

// NeedWorld skips a test where namespaces are not allowed (see needs).
func NeedWorld(t testing.TB) {
	t.Helper()
	if why := os.Getenv(Outside); why != "" {
		needs.Skip(t, "relay", errors.New("no namespaces: "+why))
	}
}
