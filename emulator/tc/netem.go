package tc

import (
	"math"
	"time"

	"github.com/vishvananda/netlink"

	"github.com/testbed/testbed/emulator"
)

// netemForever is a limit in packets that nothing reaches.
const netemForever = 1 << 20

// netemQdisc returns netem with its own rate. Without a distribution its
// jitter is uniform in Delay ± Jitter, as the model's is; with a rate it keeps
// order.
//
// Note: the library's own constructor takes loss in single precision and delay
// in whole microseconds; the fields are what the kernel gets.
func netemQdisc(index int, l emulator.Link) *netlink.Netem {
	rate := uint64(l.Rate) / 8 // bytes/s
	if rate == 0 && l.Jitter != 0 {
		rate = keepOrder
	}
	return &netlink.Netem{
		QdiscAttrs: netlink.QdiscAttrs{LinkIndex: index, Handle: rootHandle, Parent: netlink.HANDLE_ROOT},
		Latency:    ticks(l.Delay),
		Jitter:     ticks(l.Jitter),
		Loss:       uint32(math.RoundToEven(l.Loss * math.MaxUint32)),
		Limit:      netemLimit(l),
		Rate64:     rate,
	}
}

// keepOrder is a rate of 100 Gbit/s, in bytes/s: no limit, but netem with a
// rate sends in order.
const keepOrder = 100_000_000_000 / 8

// netemLimit returns netem's limit in packets: what the queue holds and what
// is on its way, in full frames.
func netemLimit(l emulator.Link) uint32 {
	if l.Rate == 0 || l.Queue == 0 {
		return netemForever
	}
	flight := float64(l.Rate) / 8 * (l.Delay + l.Jitter).Seconds()
	n := math.Ceil(flight/float64(frame)) + math.Ceil(float64(l.Queue)/float64(frame))
	return uint32(min(n, netemForever))
}

// ticks returns d in the kernel's ticks, rounded to the nearest.
func ticks(d time.Duration) uint32 {
	t := math.Round(float64(d.Nanoseconds()) / 1000 * netlink.TickInUsec())
	return uint32(min(t, math.MaxUint32))
}
