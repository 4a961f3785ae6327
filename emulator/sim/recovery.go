package sim

import "time"

// A recovery is what follows a loss.
type recovery struct {
	recovering bool
	high       int // it is over when all segments before this are acknowledged

	// It began with a timeout: the window grows meanwhile.
	timedOut bool
	before   window // as it was
	from     int    // of packets.sent, what was given up
	last     uint32 // of what was sent before

	// Proportional rate reduction (RFC 6937): from so many under way to the
	// window's size, in step with what arrives.
	begun, delivered, resent int
	waiting                  time.Duration // since when fewer than three segments overtook one; 0: none did
}

// detect gives up segments that were sent before one that has arrived, and
// returns how many: at once if three have overtaken, else after a quarter of a
// round trip (RFC 8985).
func (p *packets) detect() (count int) {
	now := p.half.engine.now
	for p.head < len(p.sent) {
		x := p.sent[p.head]
		s := &p.segments[x.segment]
		if s.state == flying && s.order == x.order {
			if x.order >= p.heard {
				break
			}
			if p.acked-p.ackedTo < 3 && !p.recovering {
				if wait := s.at + p.half.window.roundTrip*5/4; wait > now {
					p.waiting = wait
					return count
				}
			}
			s.state = given
			p.flight--
			p.lost = append(p.lost, x.segment)
			count++
		}
		p.head++
	}
	p.waiting = 0
	return count
}

// recover goes on after an acknowledgement of so many segments, upon which so
// many were given up.
func (p *packets) recover(newly, lost int) {
	w := &p.half.window
	if p.recovering && p.ackedTo >= p.high {
		p.recovering = false
	}
	switch {
	case lost > 0 && !p.recovering:
		p.recovery = recovery{recovering: true, high: p.sentTo, begun: p.flight + lost + newly}
		w.loss()
		p.reduce(newly)
	case p.recovering && !p.timedOut:
		p.reduce(newly)
	default:
		p.grow(newly)
		p.transmit(w.size)
	}
}

// reduce sends as much as the proportion allows, one segment at least when it begins.
func (p *packets) reduce(newly int) {
	size := p.half.window.size
	p.delivered += newly
	var more int
	if p.flight > size {
		more = (p.delivered*size+p.begun-1)/max(p.begun, 1) - p.resent
	} else {
		more = min(max(p.delivered-p.resent, newly)+1, size-p.flight)
	}
	if p.resent == 0 {
		more = max(more, 1)
	}
	p.resent += p.transmit(p.flight + max(more, 0))
}

// arm sets the alarm: for who waits to be given up, else a probe of the tail
// after two round trips, else the timeout.
func (p *packets) arm() {
	h := p.half
	at := h.timeout() << min(p.backoff, 8)
	if !p.probed && !p.recovering {
		probe := 2*h.window.roundTrip + 2*time.Millisecond
		if p.flight == 1 {
			probe += minRTO // the acknowledgement of one may be held back
		}
		at = min(at, probe)
	}
	p.deadline = h.engine.now + at
	if p.waiting > 0 {
		p.deadline = min(p.deadline, p.waiting)
	}
	// It is put off when it goes off: nearly always an acknowledgement comes before.
	if !p.alarm.Pending() || p.deadline < p.due {
		p.due = p.deadline
		h.engine.Set(&p.alarm, p.due)
	}
}

// alarm is packets whose time may be over.
type alarm packets

// Happen gives segments up, probes or times out.
func (a *alarm) Happen() {
	p := (*packets)(a)
	h := p.half
	now := h.engine.now
	switch {
	case now < p.deadline:
		p.due = p.deadline
		h.engine.Set(&p.alarm, p.due)
	case p.waiting > 0 && now >= p.waiting:
		p.recover(0, p.detect())
	case !p.probed && !p.recovering:
		p.probe()
	default:
		p.timeOut()
	}
}

// probe sends another segment, or the last one again, to learn what of the tail
// is lost.
func (p *packets) probe() {
	p.probed = true
	if p.sentTo < len(p.segments) {
		p.transmit(p.flight + 1)
		return
	}
	last := len(p.segments) - 1
	for p.segments[last].state == acknowledged {
		last--
	}
	if p.segments[last].state == flying {
		p.flight--
	}
	p.send(last)
	p.probes = p.order
	p.arm()
}

// patient is after how many timeouts in a row Linux gives a connection up.
const patient = 15

// timeOut gives up all and begins again with one segment.
func (p *packets) timeOut() {
	if p.backoff == patient {
		return
	}
	w := &p.half.window
	if p.backoff == 0 || !p.timedOut {
		p.recovery = recovery{before: *w, from: p.head, last: p.order}
		w.timeout()
	}
	for _, x := range p.sent[p.head:] {
		if s := &p.segments[x.segment]; s.state == flying && s.order == x.order {
			s.state = given
			p.lost = append(p.lost, x.segment)
		}
	}
	p.head, p.flight, p.waiting = len(p.sent), 0, 0
	w.size = 1
	p.recovering, p.timedOut, p.high = true, true, p.sentTo
	p.backoff++
	p.transmit(1)
}

// undo is that something arrived that was sent before the timeout, so nothing
// was lost but time (RFC 3522): all goes on as if it had not been.
func (p *packets) undo() {
	p.half.window = p.before
	for _, x := range p.sent[p.from:] {
		if s := &p.segments[x.segment]; s.state == given && s.order == x.order {
			s.state = flying
			p.flight++
		}
	}
	p.head = p.from
	p.recovery = recovery{}
}
