//go:build linux

package netns

import (
	"fmt"

	"github.com/testbed/testbed/emulator"
)

// strict says why a world that must be is not safe from other load: the
// relay's threads have neither SCHED_FIFO nor CPUs that no node runs on.
func (s SetupArgs) strict(realtime func() error) error {
	if !s.Config.Strict || s.Config.reserved(s.Own) {
		return nil
	}
	if err := realtime(); err != nil {
		// Not wrapped: a lack of this right is not one of making namespaces.
		return fmt.Errorf("strict: other load can hold the relay up: no %v, and nodes run on its CPUs %v: "+
			"run as root, or leave a CPU that no node runs on (%w)", err, s.Own, emulator.ErrUnsupported)
	}
	return nil
}
