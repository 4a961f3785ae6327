//go:build linux

package calibrate

import (
	"errors"
	"net"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// A Got is a numbered frame as it was received.
type Got struct {
	Index   int
	At      time.Duration // CLOCK_MONOTONIC, as the kernel took it
	Corrupt bool
}

// A listening is what receives frames in a node.
type listening struct {
	ring  *ring
	sink  int // a UDP socket, so that nobody is told that the port is closed
	ready chan error

	mu   sync.Mutex
	got  []Got
	last time.Duration // when the latest was taken from the ring
}

// Listen forgets what came until now, and receives from now on.
func (s *service) Listen(_ None, _ *None) error {
	if s.listening == nil {
		l, err := openListening()
		if err != nil {
			return err
		}
		s.listening = l
	}
	l := s.listening
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ring.missed()
	l.got, l.last = nil, 0
	return nil
}

func openListening() (*listening, error) {
	eth, err := net.InterfaceByName("eth0")
	if err != nil {
		return nil, err
	}
	l := &listening{ready: make(chan error, 1)}
	if l.sink, err = udpSocket(discard); err != nil {
		return nil, err
	}
	if l.ring, err = openRing(eth.Index); err != nil {
		return nil, errors.Join(err, unix.Close(l.sink))
	}
	go func() { _ = on(l.run) }()
	return l, nil
}

// run takes frames from the ring for as long as the process lives.
func (l *listening) run() error {
	offset := realtime()
	keep := func(f []byte, at time.Duration) {
		if i, corrupt, ok := parse(f); ok {
			l.got = append(l.got, Got{i, at - offset, corrupt})
		}
	}
	for {
		l.ring.wait(100 * time.Millisecond)
		offset = realtime() // the clocks are adjusted apart
		l.mu.Lock()
		for l.ring.take(keep) {
			l.last = now()
		}
		l.mu.Unlock()
	}
}

// CollectArgs say when to stop waiting for frames.
type CollectArgs struct {
	Until time.Duration // of CLOCK_MONOTONIC
	Quiet time.Duration // after that, and after the last that came
}

// Collected is what came since Listen.
type Collected struct {
	Got    []Got
	Missed int // came, but there was no room to keep them
}

// Collect waits for frames and answers those that came.
func (s *service) Collect(a CollectArgs, c *Collected) error {
	l := s.listening
	if l == nil {
		return errors.New("collect before listen")
	}
	for !l.enough(a) {
		time.Sleep(2 * time.Millisecond)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	*c = Collected{Got: l.got, Missed: l.ring.missed()}
	l.got = nil
	return nil
}

func (l *listening) enough(a CollectArgs) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return now()-max(l.last, a.Until) >= a.Quiet
}
