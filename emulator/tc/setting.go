package tc

import (
	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/tc/wire"
	"github.com/testbed/testbed/emulator/unit"
)

// Options are what a Link leaves open. The zero Options are what is right.
type Options struct {
	// Seed is where the kernel's losses, jitter and duplicates start. Zero
	// means that the kernel chooses.
	Seed uint64

	// Burst is the size of the token bucket of HTB and TBF. Zero means a full
	// frame and what passes in a millisecond. One that differs makes the link
	// wrong; that is what it is for.
	Burst unit.Bytes

	// Limit is what may wait: packets in netem, CoDel and a queue of packets,
	// those that wait out their delay included, else bytes. Zero means as the
	// Link says. One that differs makes the link wrong, too.
	Limit int

	// OnStep, if not nil, is called after each change that a Player made, on
	// its thread: it must be quick, and not call the Player.
	OnStep func(Step)
}

// Handles of what Apply makes: one root, one class that everything is in, and
// the queue of that class.
var (
	rootHandle  = wire.MakeHandle(1, 0)
	classHandle = wire.MakeHandle(1, 1)
	queueHandle = wire.MakeHandle(2, 0)
)

// objects returns what plays a Link that does not vary, the root first.
// stopped says that its bottleneck stands still.
func (k kind) objects(l emulator.Link, stopped bool, o Options) []wire.Object {
	root := wire.Object{Handle: rootHandle, Parent: wire.Root}
	switch k {
	case netem:
		root.Options = netemOptions(l, stopped, o)
		return []wire.Object{root}
	case tbf:
		root.Options = tbfOptions(l, o)
		return []wire.Object{root}
	case htb:
		// Without a default, what no filter knows would pass unshaped.
		root.Options = &wire.HTB{Default: uint32(classHandle & 0xffff)}
		return []wire.Object{
			root,
			{Class: true, Handle: classHandle, Parent: rootHandle, Options: htbOptions(l, o)},
			{Handle: queueHandle, Parent: classHandle, Options: queueOptions(l, o)},
		}
	}
	return nil
}
