package worldtest_test

import (
	"testing"
	"time"

	"github.com/testbed/testbed/emulator/worldtest"
)

// TestRelay: the relay plays the whole contract, with the fates of the model.
// Early is what the clock of a link is known to from outside; Late is for a
// machine that others use too.
func TestRelay(t *testing.T) {
	need(t, "relay")
	worldtest.Run(t, openEngine("relay"), worldtest.Options{
		Early: 300 * time.Microsecond,
		Late:  3 * time.Millisecond,
		Tries: 5,
	})
}
