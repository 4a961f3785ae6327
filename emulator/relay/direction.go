//go:build linux

package relay

import (
	"fmt"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/unit"
)

// A direction carries frames from one port to another on a thread of its own.
// Others talk to the thread through next and closing, followed by a wake, and
// never make it wait.
type direction struct {
	in   *port
	out  *sender
	wait *fifo
	wake int // eventfd

	current atomic.Pointer[setting]
	next    atomic.Pointer[setting] // for the thread to take; nil if none
	closing atomic.Bool
	done    chan struct{} // closed when the thread has ended
}

// newDirection makes a direction that does not run yet.
func newDirection(in, out *port, first *setting) (*direction, error) {
	wake, err := eventfd()
	if err != nil {
		return nil, err
	}
	d := &direction{in: in, out: newSender(out.fd), wait: newFIFO(4), wake: wake, done: make(chan struct{})}
	d.current.Store(first)
	return d, nil
}

// start runs the thread, and returns what it could not have of what
// becomeRealtime wants.
func (d *direction) start() error {
	ready := make(chan error)
	go func() {
		defer close(d.done)
		ready <- becomeRealtime()
		d.run()
	}()
	return <-ready
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

// sendDue sends frames that are due by now, at most a batch.
func (d *direction) sendDue(s *setting, now time.Duration) {
	b, n := d.wait.ready(now, batch)
	if n == 0 {
		return
	}
	done, failed := d.out.send(b, n)
	var bytes int
	for i := b.first; i < b.first+done-failed; i++ {
		bytes += b.size[i]
		s.lag.add(now - b.due[i])
	}
	d.wait.pop(done)
	s.packets.Add(int64(done - failed))
	s.bytes.Add(int64(bytes))
	s.failed.Add(int64(failed))
	s.queued.Add(-int64(done))
}

// receive pushes frames that have come in, at most a batch, and returns how
// many. read is the time.
func (d *direction) receive(s *setting, read time.Time) int {
	for n := range batch {
		f, ok := d.in.receive()
		if !ok {
			return n
		}
		d.push(s, f, f.arrived(s.origin, read))
		d.in.release()
	}
	return batch
}

// push offers one frame to the link, and keeps it until it is due.
func (d *direction) push(s *setting, f frame, at time.Duration) {
	if at < 0 || f.outgoing() {
		return // of the link before this one, or our own
	}
	if unit.Bytes(f.size()) > maxFrame {
		s.oversized.Add(1)
	}
	if f.unfinished() {
		s.unfinished.Add(1)
	}
	if !f.whole() {
		return
	}
	room := d.wait.room()
	if room == nil {
		s.missed.Add(1)
		return
	}
	size := f.write(room)
	switch due, fate := s.shaper.Push(at, unit.Bytes(size)); fate {
	case emulator.Delivered:
		d.wait.commit(size, due)
		s.queued.Add(1)
	case emulator.Lost:
		s.lost.Add(1)
	case emulator.Dropped:
		s.dropped.Add(1)
	}
}

// early is how long before a distant deadline a thread wakes to wait again:
// the kernel rounds a long timeout by up to a thousandth (select's "slack"),
// a short one hardly.
const early = time.Millisecond

// sleep waits until a frame comes in, the next one is due, or there is a
// signal.
func (d *direction) sleep(s *setting) {
	var timeout *unix.Timespec
	if due, ok := d.wait.next(); ok {
		left := due - time.Since(s.origin)
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
		{Fd: int32(d.in.fd), Events: unix.POLLIN},
		{Fd: int32(d.wake), Events: unix.POLLIN},
	}
	if _, err := unix.Ppoll(fds[:], timeout, nil); err != nil {
		return // interrupted: look again
	}
	if fds[0].Revents&unix.POLLERR != 0 {
		// The interface went down. Asking for the error clears it.
		unix.GetsockoptInt(d.in.fd, unix.SOL_SOCKET, unix.SO_ERROR)
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
