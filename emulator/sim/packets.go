package sim

import (
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/unit"
)

// packets is a transfer of which some may be lost: each segment is a packet, and
// so is each acknowledgement.
type packets struct {
	half *half
	on   bool   // the transfer under way is one
	life uint32 // of which transfer a packet is

	bytes    unit.Bytes
	segments []segment
	sentTo   int  // segments that have been sent once
	ackedTo  int  // the first segment that is not acknowledged
	acked    int  // segments
	flight   int  // segments sent, and neither acknowledged nor given up
	mostOut  int  // of flight
	limited  bool // the window kept segments back

	sent  []sending // in order; those before head are done with
	head  int
	order uint32  // of the last sending
	heard uint32  // of the latest that is acknowledged
	lost  []int32 // segments to be sent again; those before again have been
	again int
	round int // the segment whose acknowledgement ends a round

	recovery
	alarm         Timer
	deadline, due time.Duration // the alarm goes off then, and is put off to deadline
	probed        bool          // a tail loss probe is out
	probes        uint32        // its order, if it repeats a segment
	repaired      bool          // and so was needed
	backoff       int

	received int // segments there, all up to it
	from, to int // the segments around the last, all of which are there
}

// A segment is known by its number in the transfer.
type segment struct {
	at    time.Duration // when it was sent last
	order uint32        // of that
	state state
	there bool // it has arrived
}

type state uint8

const (
	unsent state = iota
	flying
	given // up as lost
	acknowledged
)

type sending struct {
	segment int32
	order   uint32
}

func (p *packets) open(h *half) {
	p.half = h
	p.alarm.Event = (*alarm)(p)
}

// begin sends n bytes.
func (p *packets) begin(n unit.Bytes) {
	count := int((n + payload - 1) / payload)
	*p = packets{
		half: p.half, on: true, life: p.life, bytes: n, alarm: p.alarm,
		segments: append(p.segments[:0], make([]segment, count)...), sent: p.sent[:0], lost: p.lost[:0],
	}
	p.half.window.hystart.round(p.half.engine.now)
	p.transmit(p.half.window.size)
}

// end forgets what is under way; what is there counts as acknowledged.
func (p *packets) end() {
	if !p.on {
		return
	}
	p.life++
	p.half.engine.Stop(&p.alarm)
	if p.repaired {
		p.half.window.loss()
	} else if !p.recovering && p.received == len(p.segments) {
		p.grow(len(p.segments) - p.acked)
	}
}

// transmit sends segments until so many are under way, lost ones first.
func (p *packets) transmit(allowed int) (count int) {
	for p.flight < allowed {
		switch {
		case p.again < len(p.lost):
			p.again++
			if i := p.lost[p.again-1]; p.segments[i].state == given {
				p.send(int(i))
				count++
			}
		case p.sentTo < len(p.segments):
			p.sentTo++
			p.send(p.sentTo - 1)
			count++
		default:
			p.limited = false
			p.arm()
			return count
		}
	}
	p.limited = p.sentTo < len(p.segments)
	p.arm()
	return count
}

// send sends a segment.
func (p *packets) send(i int) {
	p.order++
	p.segments[i].at, p.segments[i].order, p.segments[i].state = p.half.engine.now, p.order, flying
	p.sent = append(p.sent, sending{int32(i), p.order})
	p.flight++
	p.mostOut = max(p.mostOut, p.flight)
	k := p.half.packet()
	k.segment, k.order = i, p.order
	k.size = min(payload, p.bytes-unit.Bytes(i)*payload) + bare
	k.move()
}

// arrive is that a segment is there: it is acknowledged, or the transfer is over.
func (p *packets) arrive(i int, order uint32) {
	p.segments[i].there = true
	if i == p.to && p.from < p.to {
		p.to++
	} else if i < p.from || i > p.to {
		p.from, p.to = i, i+1
	}
	for p.to < len(p.segments) && p.segments[p.to].there {
		p.to++
	}
	for p.received < len(p.segments) && p.segments[p.received].there {
		p.received++
	}
	if p.received == len(p.segments) {
		p.repaired = p.probed && order == p.probes
		if p.timedOut && order <= p.last {
			p.undo()
		}
		p.half.finish()
		return
	}
	k := p.half.packet()
	k.reply, k.segment, k.order, k.size = true, i, order, bare
	k.upTo, k.from, k.to = p.received, p.from, p.to
	k.move()
}

// hear is that an acknowledgement is back: of all segments up to one, and of a
// block with the one whose sending it answers.
func (p *packets) hear(k *packet) {
	h, now := p.half, p.half.engine.now
	if s := &p.segments[k.segment]; s.order == k.order { // else the time it was sent is forgotten
		h.window.sample(now - s.at)
		if k.segment >= p.round {
			p.round = p.sentTo
			h.window.hystart.round(now)
		}
		h.window.hear(now, now-s.at)
	}
	before := p.acked
	for i := p.ackedTo; i < k.upTo; i++ {
		p.acknowledge(i)
	}
	p.ackedTo = max(p.ackedTo, k.upTo)
	for i := max(k.from, p.ackedTo); i < k.to; i++ {
		p.acknowledge(i)
	}
	p.heard = max(p.heard, k.order)
	newly := p.acked - before
	if newly > 0 {
		p.probed, p.backoff = false, 0
		if p.timedOut && k.order <= p.last {
			p.undo()
		}
	}
	p.recover(newly, p.detect())
}

// acknowledge is that segment i is known to be there.
func (p *packets) acknowledge(i int) {
	s := &p.segments[i]
	switch s.state {
	case acknowledged:
		return
	case flying:
		p.flight--
	}
	s.state = acknowledged
	p.acked++
}

// grow has the window grow by so many acknowledged segments.
func (p *packets) grow(n int) {
	w := &p.half.window
	if p.limited || w.slow() && w.size < 2*p.mostOut {
		if w.slow() && !p.limited {
			n = min(n, 2*p.mostOut-w.size)
		}
		w.acked(n, p.half.engine.now)
	}
}

// A packet is a frame on its way over the links of a half.
type packet struct {
	half  *half
	life  uint32
	reply bool // it goes back
	hello bool
	leg   int // the next link
	size  unit.Bytes
	bad   bool // it is corrupted
	timer Timer

	segment        int
	order          uint32
	upTo, from, to int // of an acknowledgement
}

// packet takes one from those that are not in use.
func (h *half) packet() (k *packet) {
	e := h.engine
	if n := len(e.packets); n > 0 {
		k, e.packets = e.packets[n-1], e.packets[:n-1]
	} else {
		k = new(packet)
		k.timer.Event = k
	}
	*k = packet{half: h, life: h.packets.life, timer: k.timer}
	return k
}

// move sends k over its next link, or has it arrive.
func (k *packet) move() {
	h := k.half
	legs := h.legs
	if k.reply {
		legs = h.back
	}
	if k.leg < len(legs) {
		out, fate := legs[k.leg].push(k.size)
		k.leg++
		k.bad = k.bad || fate&emulator.Corrupted != 0
		if fate.Arrives() && out < never {
			h.engine.Set(&k.timer, out)
		} else {
			h.engine.packets = append(h.engine.packets, k)
		}
		return
	}
	h.engine.packets = append(h.engine.packets, k) // it is read before another is taken
	switch {
	case k.bad || k.life != h.packets.life:
	case k.hello && k.reply:
		h.handshake.finish()
	case k.hello:
		back := h.packet()
		back.hello, back.reply, back.size = true, true, hello
		back.move()
	case k.reply:
		h.packets.hear(k)
	default:
		h.packets.arrive(k.segment, k.order)
	}
}

// Happen is that k is through a link.
func (k *packet) Happen() { k.move() }
