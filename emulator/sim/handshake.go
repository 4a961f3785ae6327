package sim

import "time"

// A handshake opens a connection.
type handshake struct {
	half    *half
	done    Event
	over    Timer // where nothing can be lost: it is
	again   Timer // the frame is sent once more
	retries int
	begun   time.Duration
}

// A frame that opens a connection is sent again after so long, twice as long and
// so on, so many times.
const (
	firstRetry = time.Second
	retries    = 6
)

func (s *handshake) open(h *half) {
	s.half = h
	s.over.Event = (*shaken)(s)
	s.again.Event = (*retry)(s)
}

// begin is Conn.Connect.
func (s *handshake) begin(done Event) {
	h := s.half
	one := pending{hello, 1}
	s.done, s.retries, s.begun = done, 0, h.engine.now
	if calm(h.legs, one, false) && calm(h.back, one, false) {
		if takes := h.roundTrip(hello, hello); takes < never-s.begun {
			h.engine.Set(&s.over, s.begun+takes)
		}
		return
	}
	s.try()
}

// try sends the frame.
func (s *handshake) try() {
	h := s.half
	h.engine.Set(&s.again, h.engine.now+firstRetry<<s.retries)
	k := h.packet()
	k.hello, k.size = true, hello
	k.move()
}

// retry is a handshake that was not answered.
type retry handshake

// Happen tries again.
func (r *retry) Happen() {
	if r.retries++; r.retries <= retries {
		(*handshake)(r).try()
	}
}

// shaken is a handshake that was.
type shaken handshake

// Happen ends it.
func (s *shaken) Happen() { (*handshake)(s).finish() }

// finish is that the answer is back.
func (s *handshake) finish() {
	h := s.half
	done := s.done
	if s.retries == 0 {
		h.window.sample(h.engine.now - s.begun)
	}
	s.stop()
	if done != nil {
		done.Happen()
	}
}

// stop forgets it.
func (s *handshake) stop() {
	h := s.half
	h.engine.Stop(&s.over)
	h.engine.Stop(&s.again)
	h.packets.life++
	s.done = nil
}
