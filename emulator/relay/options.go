//go:build linux

package relay

import (
	"fmt"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/thread"
)

// Options are how a Relay is run. The zero Options are those of Open.
type Options struct {
	// Strict makes opening fail, with an error that wraps
	// emulator.ErrUnsupported, unless load on the machine cannot hold up the
	// relay: its threads have SCHED_FIFO, or Reserved CPUs.
	Strict bool

	// CPUs are the only ones that both threads run on. None means all that
	// the process may use.
	CPUs []int

	// Reserved is the caller's word that nothing else runs on CPUs, of which
	// there must be one.
	Reserved bool

	// Offload takes in what network cards are to cut up or to finish: packets
	// of up to 64 KiB (TSO, USO, and what GRO made) and those without
	// checksum. They are cut to full frames with checksums, and each of these
	// meets its own fate, all as of the moment the large one arrived. So a
	// far end whose offloads cannot be turned off is carried as it should be,
	// and one whose offloads are on is carried faster.
	//
	// The price on packet sockets is a ring of 480 frames in place of 4096,
	// in eight times the memory of the kernel: 32 MiB an interface.
	Offload bool
}

// check says what is impossible.
func (o Options) check() error {
	if o.Reserved && len(o.CPUs) == 0 {
		return fmt.Errorf("reserved CPUs: want at least one in CPUs")
	}
	for _, cpu := range o.CPUs {
		if cpu < 0 {
			return fmt.Errorf("CPU %d: want 0 or more", cpu)
		}
	}
	return nil
}

// judge is nil if threads that lack what realtime says are good enough.
func (o Options) judge(realtime error) error {
	if !o.Strict || realtime == nil || o.Reserved {
		return nil
	}
	return fmt.Errorf("strict: load on this machine could delay packets (%w): run as root, or allow real-time "+
		"priority %d (ulimit -r %d), or reserve a CPU for the relay (%w)", realtime, thread.Monitor, thread.Monitor, emulator.ErrUnsupported)
}
