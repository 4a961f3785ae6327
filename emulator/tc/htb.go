package tc

import (
	"math"

	"github.com/vishvananda/netlink"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/unit"
)

// Handles of what Apply makes: one root, one class that everything is in, and
// the queue of that class.
var (
	rootHandle  = netlink.MakeHandle(1, 0)
	classHandle = netlink.MakeHandle(1, 1)
	queueHandle = netlink.MakeHandle(2, 0)
)

// unlimited is a queue in bytes that nothing fills: the largest that fits the
// kernel's signed arithmetic.
const unlimited = math.MaxInt32

// burst returns the size of the token bucket for rate r: a full frame, below
// which no frame would ever pass, and what r carries while a timer is late.
func burst(r unit.BitRate) unit.Bytes {
	return frame + unit.Bytes(math.Ceil(float64(r)/8*wakeUp.Seconds()))
}

// htbTicks returns how long n bytes take at r in the kernel's ticks, rounded
// up, and 0 if that is more than 32 bits hold.
//
// Note: the library's own conversion goes through whole microseconds and so
// makes buckets of fast links smaller than a frame, which then pass nothing.
func htbTicks(n unit.Bytes, r unit.BitRate) uint32 {
	t := math.Ceil(float64(n) * 8e6 / float64(r) * netlink.TickInUsec())
	if t > math.MaxUint32 {
		return 0
	}
	return uint32(t)
}

// htbClass returns the class that shapes to l.Rate.
func htbClass(index int, l emulator.Link) *netlink.HtbClass {
	ticks := htbTicks(burst(l.Rate), l.Rate)
	rate := uint64(l.Rate) / 8 // bytes/s
	return &netlink.HtbClass{
		ClassAttrs: netlink.ClassAttrs{LinkIndex: index, Parent: rootHandle, Handle: classHandle},
		Rate:       rate,
		Ceil:       rate,
		Buffer:     ticks,
		Cbuffer:    ticks,
		Quantum:    uint32(frame), // else derived from the rate, with a kernel warning
	}
}

// queueLimit returns the bytes that may wait in the queue of an HTB class. A
// Link counts the packet being sent as waiting; HTB has already let it go.
func queueLimit(q unit.Bytes) uint32 {
	if q == 0 {
		return unlimited
	}
	return uint32(min(max(q-frame, frame), unlimited))
}

// applyHTB makes a root whose default is the one class, so that nothing passes
// unshaped, and its queue.
func applyHTB(index int, l emulator.Link) error {
	root := netlink.NewHtb(netlink.QdiscAttrs{LinkIndex: index, Handle: rootHandle, Parent: netlink.HANDLE_ROOT})
	root.Defcls = 1
	if err := netlink.QdiscAdd(root); err != nil {
		return err
	}
	if err := netlink.ClassAdd(htbClass(index, l)); err != nil {
		return err
	}
	return addFIFO(index, queueHandle, classHandle, queueLimit(l.Queue))
}
