package worldtest

import (
	"slices"
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/unit"
)

// A room says whether a queue takes one more packet: so many bytes and packets
// wait, that being sent included, and the sending of one more begins after wait.
type room func(size, bytes unit.Bytes, packets int, wait time.Duration) bool

// taken returns the packets that a queue takes before a bottleneck of rate r:
// a list of those that wait, looked through for each packet.
func taken(sent []time.Duration, packets []Packet, r unit.BitRate, has room) (indexes []int) {
	var done []time.Duration
	for i, at := range sent {
		bytes, n, free := unit.Bytes(0), 0, at
		for k, j := range indexes {
			if done[k] > at {
				bytes += packets[j].Size
				n++
			}
			free = max(free, done[k])
		}
		if has(packets[i].Size, bytes, n, free-at) {
			indexes = append(indexes, i)
			done = append(done, free+r.TimeToSend(packets[i].Size))
		}
	}
	return indexes
}

// queue sends 30 packets that take 10 ms each over a link that holds ten, and
// 20 more when five have left: of those the link must take five.
func (r *run) queue(l emulator.Link, size unit.Bytes, has room) {
	packets := append(burst(30, size, 0), burst(20, size, 55*ms)...)
	r.takes(l, packets, has, r.Packets)
}

// takes holds what came to what a queue takes, give or take some of each
// burst; where a path is exact, packet by packet.
func (r *run) takes(l emulator.Link, packets []Packet, has room, slack int) {
	s := r.send(l, packets).inOrder()
	if r.Bucket != nil {
		slack += int(r.Bucket(l.Rate) / packets[0].Size)
	}
	counts := func(all []int) (of [2]int) {
		for _, i := range all {
			if packets[i].At == packets[0].At {
				of[0]++
			} else {
				of[1]++
			}
		}
		return of
	}
	expected := taken(s.sent, packets, l.Rate, has)
	if r.Late == 0 && !slices.Equal(s.came(), expected) {
		r.Errorf("packets %v came, want %v", s.came(), expected)
	}
	got, want := counts(s.came()), counts(expected)
	for k := range got {
		if got[k] < want[k]-slack || got[k] > want[k]+slack {
			r.Errorf("of burst %d came %d packets, want %d ± %d", k+1, got[k], want[k], slack)
		}
	}
}

// queueBytes: Queue counts bytes, with the packet being sent.
func queueBytes(r *run) {
	l := emulator.Link{Rate: fullEach10Ms, Queue: 10 * full}
	has := func(size, bytes unit.Bytes, _ int, _ time.Duration) bool { return bytes+size <= l.Queue }
	r.queue(l, full, has)
}

// queueSmall: and so ten full frames have the room of 151 small ones.
func queueSmall(r *run) {
	l := emulator.Link{Rate: fullEach10Ms, Queue: 10 * full}
	has := func(size, bytes unit.Bytes, _ int, _ time.Duration) bool { return bytes+size <= l.Queue }
	r.takes(l, burst(300, small, 0), has, r.Packets*int(full/small))
}

// queuePackets: QueuePackets counts packets of whatever size.
func queuePackets(r *run) {
	has := func(_, _ unit.Bytes, packets int, _ time.Duration) bool { return packets < 10 }
	r.queue(emulator.Link{Rate: fullEach10Ms, QueuePackets: 10}, full, has)
	r.queue(emulator.Link{Rate: 80 * unit.Kbps, QueuePackets: 10}, small, has) // 800 bits, 10 ms
}

// queueTime: a packet is dropped that would wait longer than QueueTime before
// its sending begins: the k'th waits 10·k ms.
func queueTime(r *run) {
	l := emulator.Link{Rate: fullEach10Ms, QueueTime: 92 * ms}
	r.queue(l, full, func(_, _ unit.Bytes, _ int, wait time.Duration) bool { return wait <= l.QueueTime })
}

// codel: under twice its rate a link with CoDel drops packets although its
// queue has no limit. None is dropped before the time in the queue was above
// the target for an interval. From then on, at 110 ms, the k'th comes
// interval/√k after the one before (RFC 8289), until the queue is empty at
// 1200 ms: as the sum of 1/√k up to n is about 2√n, that is n ≈ (1090/200)² = 30.
func codel(r *run) {
	packets := paced(1200, full, 0, ms/2) // 600 ms, 24 Mbit/s
	plain := r.send(emulator.Link{Rate: fullEachMs}, packets).all()
	s := r.send(emulator.Link{Rate: fullEachMs, CoDel: &emulator.CoDel{Target: 5 * ms, Interval: 100 * ms}}, packets)
	if n := len(s.lost()); n < 20 || n > 45 {
		r.Errorf("%d packets were dropped, want about 30", n)
	}
	for i, at := range s.first {
		// CoDel decides when a packet leaves the queue.
		if left := plain.first[i] - plain.sent[0]; at == never && left < 90*ms {
			r.Errorf("packet %d was dropped, which would have left %v after the first was sent", i, left)
			break
		}
	}
}
