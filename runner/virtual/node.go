package virtual

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/sim"
	"github.com/testbed/testbed/emulator/unit"
	"github.com/testbed/testbed/inference/estimate"
)

// A node is an inference node in a trial, and what control and the repository
// have to do with it.
type node struct {
	*device
	world *World
	seed  uint64

	conn, files    *sim.Conn // to control, and to the repository
	warm           bool      // conn is open
	way            *estimate.Path
	rates          estimate.Rates // of fetches
	trips          estimate.Trips // of their connections
	images, models path

	server *sim.Server
	job    *sim.Job      // of the request that is under way
	behind bool          // there is something left of one that timed out
	ran    time.Duration // for how long it computed for requests that were answered

	own     float64       // share of its CPUs that it used for requests in the last second of telemetry
	toldRan time.Duration // of ran, and what ran then, when it was over

	under    bool // a request is under way
	running  bool // and being computed
	step     sim.Latch
	deadline sim.Timer
	late     bool // it went off

	arms  []*holding
	taken unit.Bytes // by sessions
	load  emulator.Load
	zero  time.Duration // of the world, when load began
	// computing and inferring, bound.
	slower, slowerInfer func(time.Duration) (float64, time.Duration)
}

// late is when the deadline of a node's request goes off.
type late node

// Happen ends what the request waits for.
func (l *late) Happen() {
	l.late = true
	l.step.Happen()
}

func (n *node) now() time.Duration { return n.world.engine.Now() }

// await waits for the step that was begun; false says that the time is over.
func (n *node) await() bool {
	n.world.engine.Await(&n.step)
	n.step.Reset()
	return !n.late
}

// compute has the node compute, after what else it has to.
func (n *node) compute(work time.Duration, infers bool) bool {
	if work == 0 && !n.behind {
		return true
	}
	n.server.SetSlowdown(n.slower)
	if infers {
		n.server.SetSlowdown(n.slowerInfer)
	}
	n.job.Work, n.job.Done, n.running = work, &n.step, true
	n.server.Do(n.job)
	if !n.await() {
		return false
	}
	n.running = false
	n.ran += n.now() - n.job.Began
	return true
}

// burden has the node loaded from now on, as it is since after the load's begin.
func (n *node) burden(l emulator.Load, since time.Duration) {
	n.load, n.zero = l, n.now()-since
	n.slower, n.slowerInfer = nil, nil
	if n.Quota > 0 || !l.CPU.IsZero() || n.gpu && !l.GPU.IsZero() {
		n.slower, n.slowerInfer = n.computing, n.inferring
	}
}

// A holding is what an arm holds on a node.
type holding struct {
	arm      string
	files    []*work // held, not open
	sessions []*session

	held, loaded []string   // names of all, and of those with a session; sorted, and made anew with each change
	chance       *rand.Rand // of how long its requests compute
}

// A session is an open model. Arms share only what Prepare opens: one that a
// request had to open is that arm's experience.
type session struct {
	*work
	users int
}

// holds says whether the file of a model is there, and whether a session is.
func (h *holding) holds(m *work) (file, open bool) {
	open = slices.ContainsFunc(h.sessions, func(s *session) bool { return s.work == m })
	return open || slices.Contains(h.files, m), open
}

// list makes the names.
func (h *holding) list() {
	h.held, h.loaded = nil, nil
	for _, s := range h.sessions {
		h.loaded = append(h.loaded, s.Name)
	}
	for _, f := range h.files {
		h.held = append(h.held, f.Name)
	}
	h.held = append(h.held, h.loaded...)
	slices.Sort(h.held)
	slices.Sort(h.loaded)
}

// opened notes that a session is open of a file that is held.
func (h *holding) opened(s *session) {
	h.files = slices.DeleteFunc(h.files, func(m *work) bool { return m == s.work })
	h.sessions = append(h.sessions, s)
	h.list()
}

// of is what an arm holds.
func (n *node) of(arm string) *holding {
	for _, h := range n.arms {
		if h.arm == arm {
			return h
		}
	}
	h := &holding{arm: arm, chance: draw(n.seed, n.Name, arm)}
	n.arms = append(n.arms, h)
	return h
}

// session opens a session, if there is memory for it.
func (n *node) session(m *work) (*session, error) {
	if free, known := n.free(); known && m.memory > free {
		return nil, fmt.Errorf("node %s: load %s: out of memory: it takes %v, and %v of the %v of %s are free",
			n.Name, m.Name, m.memory, max(free, 0), n.profile.Device.Memory, n.profile.Device.Name)
	}
	n.taken += m.memory
	return &session{m, 1}, nil
}

// free is the memory that sessions and background have left; known says whether
// the profile tells what there is.
func (n *node) free() (left unit.Bytes, known bool) {
	return n.memory() - n.taken - n.load.Resident, n.profile.Device.Memory > 0
}

// release ends an arm's use of sessions.
func (n *node) release(sessions []*session) {
	for _, s := range sessions {
		if s.users--; s.users == 0 {
			n.taken -= s.memory
		}
	}
}

// prepare has an arm hold open sessions of exactly these models: those that any
// arm has, or new ones. What it held before is let go after that.
func (n *node) prepare(arm string, models []string) error {
	var next []*session
	for _, name := range models {
		s, err := n.resident(name)
		if err != nil {
			n.release(next)
			return fmt.Errorf("prepare %s: %w", arm, err)
		}
		next = append(next, s)
	}
	h := n.of(arm)
	n.release(h.sessions)
	h.files, h.sessions = nil, next
	h.list()
	return nil
}

// resident is a session of a model for one more user.
func (n *node) resident(name string) (*session, error) {
	m := n.work[name]
	if m == nil {
		return nil, n.noModel(name)
	}
	for _, h := range n.arms {
		for _, s := range h.sessions {
			if s.work == m {
				s.users++
				return s, nil
			}
		}
	}
	return n.session(m)
}

func (n *node) noModel(name string) error { return fmt.Errorf("node %s: no model %q", n.Name, name) }
