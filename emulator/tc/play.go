//go:build linux

package tc

import (
	"fmt"
	"reflect"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/lag"
	"github.com/testbed/testbed/emulator/tc/wire"
	"github.com/testbed/testbed/emulator/thread"
	"github.com/testbed/testbed/emulator/trace"
)

// A Player keeps an interface's link as a Link that varies says. Its methods
// may be called from any goroutine.
type Player struct {
	kernel   *kernel
	kind     kind
	link     emulator.Link
	options  Options
	start    time.Time
	realtime error // why the thread has no SCHED_FIFO

	now    state // of the thread, once it runs
	wake   int   // an eventfd
	closed atomic.Bool
	ended  chan struct{} // nil: the link does not vary

	mu    sync.Mutex
	stats PlayStats
	late  lag.Histogram
}

// PlayStats are what a Player did since the link was set.
type PlayStats struct {
	Since time.Duration // since the link was set

	// Steps are the changes that were due by now; those that change nothing
	// for the kernel are none. Done are those that were made before the next
	// was due.
	Steps, Done int64

	// How long after they were due the changes were made.
	LateP50, LateP99, LateMax time.Duration

	// Clamped are the steps, the first included, whose rate was too low to
	// send one full frame before the next, and was raised to that.
	Clamped int64

	Errors int64 // changes that the kernel refused
	Err    error // the first of them
	Seeded bool  // losses and jitter are from Options.Seed
}

// Play makes packets that leave the interface ifname pass through l as Apply
// does, and, if l varies, changes that link as l says, on a thread of its own,
// from now on. seed is that of Options, and is left out where the kernel has
// no seeds.
//
// Queues stay as they are at a change: what waits in netem keeps the time it
// was given, and HTB the time at which the packet being sent is sent. During an
// outage, and at a rate of 0, netem loses all that comes. A loss in bursts
// begins anew with each step.
//
// The caller must Close the Player; the link stays as it is then.
func Play(ifname string, l emulator.Link, seed uint64) (*Player, error) {
	return PlayWith(ifname, l, Options{Seed: seed})
}

// PlayWith is Play with Options.
func PlayWith(ifname string, l emulator.Link, o Options) (*Player, error) {
	kind, err := kindOf(l)
	if err != nil {
		return nil, fmt.Errorf("play on %s: %w", ifname, err)
	}
	if o.Seed != 0 && Probe("netem-seed") != nil {
		o.Seed = 0
	}
	k, err := openKernel(ifname)
	if err != nil {
		return nil, fmt.Errorf("play on %s: %w", ifname, err)
	}
	p := &Player{kernel: k, kind: kind, link: l, options: o}
	p.stats.Seeded = o.Seed != 0 && kind == netem
	p.now = p.at(0)
	if err := k.replace(p.seeded(p.now)); err != nil {
		k.close()
		return nil, fmt.Errorf("play on %s: %w", ifname, err)
	}
	p.start = time.Now()
	if p.now.clamped {
		p.stats.Clamped++
	}
	if p.now.until == trace.Forever {
		return p, nil
	}
	if p.wake, err = unix.Eventfd(0, unix.EFD_CLOEXEC); err != nil {
		k.close()
		return nil, fmt.Errorf("play on %s: %w", ifname, err)
	}
	p.ended = make(chan struct{})
	ready := make(chan error)
	go p.run(ready)
	p.realtime = <-ready
	return p, nil
}

// A state is the link between two steps.
type state struct {
	at, until time.Duration
	objects   []wire.Object // without a seed
	clamped   bool
}

// at returns the state at time t.
func (p *Player) at(t time.Duration) state {
	now, stopped, until := p.link.At(t)
	s := state{at: t, until: until}
	if p.link.Rates != nil && !stopped {
		now.Rate, s.clamped = clamp(now.Rate, until-t)
	}
	o := p.options
	o.Seed = 0
	s.objects = p.kind.objects(now, stopped, o)
	return s
}

// run makes the steps, and says on ready why it has no SCHED_FIFO.
func (p *Player) run(ready chan<- error) {
	defer close(p.ended)
	ready <- thread.Realtime(thread.Link)
	for p.now.until != trace.Forever && p.wait(p.now.until) {
		next := p.at(p.now.until)
		if reflect.DeepEqual(next.objects, p.now.objects) {
			p.now = next
			continue
		}
		if time.Since(p.start) >= next.until {
			p.missed(next)
			continue
		}
		p.change(next)
	}
}

// wait waits until the time t since the start, unless the Player is closed.
func (p *Player) wait(t time.Duration) bool {
	for !p.closed.Load() {
		left := t - time.Since(p.start)
		if left <= 0 {
			return true
		}
		timeout := unix.NsecToTimespec(int64(left))
		fds := []unix.PollFd{{Fd: int32(p.wake), Events: unix.POLLIN}}
		_, _ = unix.Ppoll(fds, &timeout, nil) // an interruption is as good as a wake-up
	}
	return false
}

// missed leaves out a step whose time is over. What the kernel has stays that
// of the step before.
func (p *Player) missed(next state) {
	p.mu.Lock()
	p.stats.Steps++
	p.mu.Unlock()
	p.now.at, p.now.until = next.at, next.until
}

// change tells the kernel what differs. After an error it has perhaps a part
// of that, so the next step tells all.
func (p *Player) change(next state) {
	var err error
	for i, o := range p.seeded(next) {
		if i < len(p.now.objects) && reflect.DeepEqual(next.objects[i], p.now.objects[i]) {
			continue
		}
		if err = p.kernel.change(o); err != nil {
			break
		}
	}
	late := time.Since(p.start) - next.at
	p.now = next
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stats.Steps++
	if next.clamped {
		p.stats.Clamped++
	}
	if err != nil {
		p.now.objects = nil
		p.stats.Errors++
		if p.stats.Err == nil {
			p.stats.Err = err
		}
		return
	}
	p.stats.Done++
	p.late.Add(late)
	if p.options.OnStep != nil {
		p.options.OnStep(Step{Due: next.at, Done: next.at + late, Clamped: next.clamped})
	}
}

// seeded returns what the kernel is told in a state. netem starts its draws
// anew at each change, so that each has a seed of its own.
func (p *Player) seeded(s state) []wire.Object {
	if !p.stats.Seeded {
		return s.objects
	}
	n := *s.objects[0].Options.(*wire.Netem)
	n.Seed = stepSeed(p.options.Seed, s.at)
	root := s.objects[0]
	root.Options = &n
	return []wire.Object{root}
}

// Stats returns what the Player did by now.
func (p *Player) Stats() PlayStats {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.stats
	s.Since = time.Since(p.start)
	s.LateP50, s.LateP99, s.LateMax = p.late.Quantile(0.5), p.late.Quantile(0.99), p.late.Max()
	return s
}

// Realtime returns nil if the thread has SCHED_FIFO, or needs none, else why
// not. Without it, other load on the machine delays steps.
func (p *Player) Realtime() error { return p.realtime }

// Close ends the changes; when it returns there will be none. The link stays
// as it is. A second Close does nothing.
func (p *Player) Close() error {
	if p.closed.Swap(true) {
		return nil
	}
	var err error
	if p.ended != nil {
		_, err = unix.Write(p.wake, []byte{1, 0, 0, 0, 0, 0, 0, 0})
		if err == nil {
			<-p.ended
			err = unix.Close(p.wake)
		}
	}
	p.kernel.close()
	return err
}
