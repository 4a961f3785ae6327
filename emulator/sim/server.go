package sim

import (
	"math"
	"time"
)

// A Server carries out jobs in the order in which they came, so many at a time,
// at a speed that may change.
type Server struct {
	engine      *Engine
	idle        int // of its places
	first, last *Job
	slowdown    func(time.Duration) (factor float64, until time.Duration)
}

// A Job is work for a Server. It belongs to the server until Done happens, and
// may then be given again.
type Job struct {
	Work time.Duration // how long it takes where nothing slows it down; 0 or more
	Done Event

	Began time.Duration // when its turn came; what it waited is the rest

	server *Server
	next   *Job
	timer  Timer
}

// NewServer makes a Server that carries out so many jobs at a time, 1 or more.
func NewServer(e *Engine, places int) *Server { return &Server{engine: e, idle: places} }

// SetSlowdown says how many times as long work takes at a time of the engine,
// and until when it stays so, which is after it. It holds for jobs that begin
// from now on; nil: once as long. A factor of infinity is a standstill.
func (s *Server) SetSlowdown(f func(at time.Duration) (factor float64, until time.Duration)) {
	s.slowdown = f
}

// Do carries out j.
func (s *Server) Do(j *Job) {
	j.server, j.next = s, nil
	j.timer.Event = (*finished)(j)
	if s.idle > 0 {
		s.idle--
		s.begin(j)
		return
	}
	if s.first == nil {
		s.first = j
	} else {
		s.last.next = j
	}
	s.last = j
}

func (s *Server) begin(j *Job) {
	j.Began = s.engine.now
	if end := s.end(j.Began, j.Work); end < never {
		s.engine.Set(&j.timer, end)
	}
}

// end is when work is done that begins at a time: its integral over the speed,
// rounded up.
func (s *Server) end(at, work time.Duration) time.Duration {
	if s.slowdown == nil {
		return at + work
	}
	left := float64(work)
	for {
		factor, until := s.slowdown(at)
		if takes := math.Ceil(float64(left * factor)); takes <= float64(until-at) || left == 0 {
			return at + time.Duration(takes)
		}
		if until == never {
			return never
		}
		left -= float64(until-at) / factor
		at = until
	}
}

// finished is a Job whose time is over.
type finished Job

// Happen gives the place to who waits.
func (f *finished) Happen() {
	s := f.server
	if next := s.first; next != nil {
		if s.first = next.next; s.first == nil {
			s.last = nil
		}
		s.begin(next)
	} else {
		s.idle++
	}
	f.Done.Happen()
}
