package tc

import (
	"math"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/tc/wire"
	"github.com/testbed/testbed/emulator/unit"
)

// unlimited is a queue in bytes that nothing fills: the largest that fits the
// kernel's signed arithmetic. manyPackets is one in packets.
const (
	unlimited   = math.MaxInt32
	manyPackets = 1 << 20
)

// bytesPerSecond returns r as the kernel counts it, rounded to the nearest.
func bytesPerSecond(r unit.BitRate) uint64 { return (uint64(r) + 4) / 8 }

// burst returns the size of the token bucket for rate r: a full frame, below
// which no frame would ever pass, and what r carries while a timer is late
// (reference F4).
func burst(r unit.BitRate) unit.Bytes {
	return frame + unit.Bytes(math.Ceil(float64(r)/8*wakeUp.Seconds()))
}

// overheads returns what a layer adds to a frame, and the least that a frame
// takes on it.
func overheads(l emulator.Layer) (overhead int, least uint16) {
	overhead = int(l.Size(frame) - frame)
	if l == emulator.Wire {
		least = uint16(l.Size(0))
	}
	return overhead, least
}

func htbOptions(l emulator.Link, o Options) *wire.HTBClass {
	overhead, least := overheads(l.Layer)
	return &wire.HTBClass{
		Rate:     bytesPerSecond(l.Rate),
		Burst:    bucketOf(l, o),
		Quantum:  uint32(frame),
		Overhead: uint16(overhead), // IP, which is negative, is netem's
		Least:    least,
	}
}

func bucketOf(l emulator.Link, o Options) unit.Bytes {
	if o.Burst != 0 {
		return o.Burst
	}
	return burst(l.Rate)
}

func tbfOptions(l emulator.Link, o Options) *wire.TBF {
	overhead, least := overheads(l.Layer)
	limit := uint32(o.Limit)
	if limit == 0 {
		limit = uint32(min(int64(queueBytes(l)), unlimited))
	}
	return &wire.TBF{Rate: bytesPerSecond(l.Rate), Burst: bucketOf(l, o), Limit: limit, Overhead: uint16(overhead), Least: least}
}

// queueOptions returns the queue of an HTB class.
func queueOptions(l emulator.Link, o Options) wire.Options {
	packets := uint32(o.Limit)
	switch {
	case l.CoDel != nil:
		if packets == 0 {
			packets = queuePackets(l)
		}
		return &wire.CoDel{Target: l.CoDel.Target, Interval: l.CoDel.Interval, Limit: packets}
	case l.QueuePackets != 0:
		if packets == 0 {
			packets = queuePackets(l)
		}
		return &wire.FIFO{Packets: true, Limit: packets}
	case o.Limit != 0:
		return &wire.FIFO{Limit: uint32(o.Limit)}
	}
	return &wire.FIFO{Limit: uint32(queueBytes(l))}
}

// queueBytes returns the bytes that may wait in front of a token bucket. A
// Link counts the packet being sent as waiting; a bucket has already let it
// go. A packet whose wait would be QueueTime finds rate·QueueTime before it,
// and is itself counted instead of the one being sent.
func queueBytes(l emulator.Link) unit.Bytes {
	switch {
	case l.Queue != 0:
		return min(max(l.Queue-frame, frame), unlimited)
	case l.QueuePackets != 0:
		return min(unit.Bytes(max(l.QueuePackets-1, 1))*frame, unlimited)
	case l.QueueTime != 0:
		return unit.Bytes(min(max(float64(l.Rate)/8*l.QueueTime.Seconds(), float64(frame)), unlimited))
	}
	return unlimited
}

// queuePackets is the same in packets.
func queuePackets(l emulator.Link) uint32 {
	switch {
	case l.QueuePackets != 0:
		return uint32(min(max(l.QueuePackets-1, 1), manyPackets))
	case l.Queue == 0 && l.QueueTime == 0:
		return manyPackets
	}
	return uint32(min((queueBytes(l)+frame-1)/frame, manyPackets))
}
