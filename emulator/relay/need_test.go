//go:build linux

package relay

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// Inside is set in the environment of a test binary that runs in namespaces of
// its own; Outside says why one does not.
const Inside, Outside = "RELAY_TEST_INSIDE", "RELAY_TEST_OUTSIDE"

// NeedWorld skips a test where namespaces are not allowed, unless TESTBED_NEED
// names the relay: a machine that is known to allow them must not lose a test.
func NeedWorld(t testing.TB) {
	t.Helper()
	why := os.Getenv(Outside)
	if why == "" {
		return
	}
	if slices.Contains(strings.Split(os.Getenv("TESTBED_NEED"), ","), "relay") {
		t.Fatalf("no namespaces: %s", why)
	}
	t.Skipf("no namespaces: %s", why)
}
