//go:build linux

package relay

import (
	"fmt"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/thread"
)

// A direction carries frames from one port to another on a thread of its own.
// Others talk to the thread through next and closing, followed by a wake, and
// never make it wait.
type direction struct {
	in, out port
	wait    *queue
	wake    int  // eventfd
	broken  bool // in has an error that stays

	// What the thread works with, here so that it allocates nothing.
	frame     frame
	segmenter segmenter
	due       [batch]waiting
	packets   [batch][]byte

	current atomic.Pointer[setting]
	next    atomic.Pointer[setting] // for the thread to take; nil if none
	closing atomic.Bool
	done    chan struct{} // closed when the thread has ended
}

// newDirection makes a direction that does not run yet.
func newDirection(in, out port, first *setting) (*direction, error) {
	wake, err := eventfd()
	if err != nil {
		return nil, err
	}
	d := &direction{in: in, out: out, wait: newQueue(4), wake: wake, done: make(chan struct{})}
	d.current.Store(first)
	return d, nil
}

// start runs the thread on those CPUs, and returns what it could not have of
// what thread.Realtime wants; or that it does not run, for the CPUs' sake.
func (d *direction) start(cpus []int) (realtime, err error) {
	ready := make(chan struct{})
	go func() {
		defer close(d.done)
		realtime, err = thread.Realtime(thread.Link), thread.Pin(cpus)
		close(ready)
		if err == nil {
			d.run()
		}
	}()
	<-ready
	return realtime, err
}

// offer gives the thread a new setting, await waits until it has taken it.
func (d *direction) offer(s *setting) {
	d.next.Store(s)
	d.signal()
}

func (d *direction) await(s *setting) {
	select {
	case <-s.inUse:
	case <-d.done:
	}
}

// stop ends the thread and waits for it.
func (d *direction) stop() {
	d.closing.Store(true)
	d.signal()
	<-d.done
}

func (d *direction) closeWake() error { return unix.Close(d.wake) }

func (d *direction) signal() {
	one := [8]byte{1} // any number but 0, in either byte order
	unix.Write(d.wake, one[:])
}

// run is the thread: what is due goes out, what came in is pushed, and when
// there is neither it waits for one of them.
func (d *direction) run() {
	for !d.closing.Load() {
		if s := d.next.Swap(nil); s != nil {
			d.wait.reset()
			d.in.discard()
			s.queued.Store(0)
			d.current.Store(s)
			close(s.inUse)
		}
		s := d.current.Load()
		now := time.Now()
		d.sendDue(s, now.Sub(s.origin))
		if d.receive(s, now) == 0 {
			d.sleep(s)
		}
	}
}

// sendDue sends packets that are due by now, at most a batch.
func (d *direction) sendDue(s *setting, now time.Duration) {
	n := d.wait.take(now, d.due[:])
	for i := range n {
		d.packets[i] = d.wait.packet(d.due[i])
	}
	for sent := 0; sent < n; {
		done, failed := d.out.send(d.packets[sent:n])
		for i := range done {
			s.sent(d.due[sent+i], i < done-failed, d.out.missing(), now)
		}
		sent += done
	}
	d.wait.release(d.due[:n])
}

// receive pushes packets that have come in, at most about a batch, and returns
// how many. read is the time.
func (d *direction) receive(s *setting, read time.Time) int {
	n := 0
	for n < batch && d.in.receive(&d.frame, s.origin, read) {
		if d.frame.at >= s.age { // else it is of the link before this one
			d.push(s)
		}
		d.in.release()
		n += 1 + len(d.frame.data)/int(emulator.FullFrame)
	}
	return n
}

// early is how long before a distant deadline a thread wakes to wait again:
// the kernel rounds a long timeout by up to a thousandth (select's "slack"),
// a short one hardly.
const early = time.Millisecond

// ahead is how long before a deadline a thread asks to be woken, as that takes
// a while; if it took less, it looks again and again until then.
const ahead = 30 * time.Microsecond

// again is how often a thread looks at a port with an error that stays.
const again = 20 * time.Millisecond

// sleep waits until a frame comes in, the next one is due, or there is a
// signal.
func (d *direction) sleep(s *setting) {
	var timeout *unix.Timespec
	if due, ok := d.wait.next(); ok {
		left := due - time.Since(s.origin) - ahead
		if left <= 0 {
			return
		}
		if left > 2*early {
			left -= early
		}
		ts := unix.NsecToTimespec(int64(left))
		timeout = &ts
	}
	fds := [2]unix.PollFd{
		{Fd: int32(d.in.fd()), Events: unix.POLLIN},
		{Fd: int32(d.wake), Events: unix.POLLIN},
	}
	if d.broken { // or this would be a loop without rest
		fds[0].Fd = -1
		if timeout == nil || timeout.Nano() > int64(again) {
			ts := unix.NsecToTimespec(int64(again))
			timeout = &ts
		}
		d.broken = false
	}
	if _, err := unix.Ppoll(fds[:], timeout, nil); err != nil {
		return // interrupted: look again
	}
	if fds[0].Revents&(unix.POLLERR|unix.POLLHUP|unix.POLLNVAL) != 0 {
		d.broken = !d.in.clearError()
	}
	if fds[1].Revents != 0 {
		var count [8]byte
		unix.Read(d.wake, count[:])
	}
}

// eventfd makes a counter that a thread in ppoll can wait for.
func eventfd() (int, error) {
	fd, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		return -1, fmt.Errorf("eventfd: %w", err)
	}
	return fd, nil
}
