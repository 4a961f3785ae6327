//go:build linux

package traffic

import (
	"context"
	"errors"
	"net"
	"runtime"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/testbed/testbed/emulator/trace"
)

// grain is how often a sender is woken at most, which costs some 50 µs of CPU
// time: frames that are due closer together than that, above 24 Mbit/s, are
// sent a few at a time.
const grain = 500 * time.Microsecond

// unsent is how much of a paced connection may wait for its window. What has no
// room is not sent later as a burst.
const unsent = 64 << 10

// dialTimeout is how long a connection may take to open: beyond that the kernel
// would try ever more rarely.
const dialTimeout = 5 * time.Second

// again is how long a sender waits before it opens another connection.
const again = 500 * time.Millisecond

// send does as ordered until ctx is done. What it gets from rewound is a new
// Origin.
func send(ctx context.Context, o sendOrder, rewound <-chan time.Duration) error {
	runtime.LockOSThread() // for its timers
	_ = unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0)
	s := &sender{order: o, pacer: newPacer(o.Traffic, clock()-o.Origin), rewound: rewound, origin: o.Origin}
	if !byTCP(o.Traffic) {
		conn, err := net.Dial("udp4", o.To)
		if err != nil {
			return err
		}
		defer conn.Close()
		return s.pace(ctx, conn)
	}
	for ctx.Err() == nil {
		s.connection(ctx)
		s.wait(ctx, again)
	}
	return ctx.Err()
}

type sender struct {
	order   sendOrder
	pacer   *pacer
	rewound <-chan time.Duration
	origin  time.Duration
}

// connection opens a connection and sends until it breaks. A link can be so
// that there is none for long, which is no mistake.
func (s *sender) connection(ctx context.Context) {
	d := net.Dialer{Timeout: dialTimeout, Control: func(_, _ string, c syscall.RawConn) error {
		return c.Control(func(fd uintptr) {
			// As other connections of a world, where it is permitted.
			_ = unix.SetsockoptString(int(fd), unix.IPPROTO_TCP, unix.TCP_CONGESTION, "cubic")
			if !s.order.Traffic.Bulk {
				_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_NOTSENT_LOWAT, unsent)
			}
		})
	}}
	conn, err := d.DialContext(ctx, "tcp4", s.order.To)
	if err != nil {
		return
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })() // a write may wait for ever
	if s.order.Traffic.Bulk {
		s.flood(ctx, conn)
		return
	}
	s.pacer.rewind(clock() - s.origin) // nothing is owed for the time without it
	_ = s.pace(ctx, conn)
}

// flood sends as fast as the connection takes it.
func (s *sender) flood(ctx context.Context, conn net.Conn) {
	data := make([]byte, 256<<10)
	for ctx.Err() == nil {
		if _, err := conn.Write(data); err != nil {
			return
		}
	}
}

// pace sends frames when they are due.
func (s *sender) pace(ctx context.Context, conn net.Conn) error {
	data := make([]byte, payload(s.order.Traffic))
	for ctx.Err() == nil {
		for range s.pacer.take(clock() - s.origin) {
			if _, err := conn.Write(data); err != nil && !passing(err) {
				return err
			}
		}
		now := clock()
		left := grain
		if due := s.pacer.next(); due < trace.Forever-s.origin {
			left = max(left, s.origin+due-now)
		} else {
			left = time.Hour
		}
		s.wait(ctx, left)
	}
	return ctx.Err()
}

// passing reports whether an error of a write is over with that datagram: there
// was no room for it, or nobody took the one before.
func passing(err error) bool {
	return errors.Is(err, unix.ENOBUFS) || errors.Is(err, unix.ECONNREFUSED) || errors.Is(err, unix.EPERM) || errors.Is(err, unix.EINTR)
}

// asleep is how long before it is due a sender stops to listen to others: the
// timers of the runtime are up to a millisecond late, those of the kernel not.
const asleep = 2 * time.Millisecond

// wait returns after that time, or earlier if the trial is rewound or ctx is
// done.
func (s *sender) wait(ctx context.Context, left time.Duration) {
	until := clock() + left
	if left > asleep {
		timer := time.NewTimer(left - asleep/2)
		defer timer.Stop()
		select {
		case <-ctx.Done():
			return
		case s.origin = <-s.rewound:
			s.pacer.rewind(clock() - s.origin)
			return
		case <-timer.C:
		}
	}
	select {
	case s.origin = <-s.rewound:
		s.pacer.rewind(clock() - s.origin)
	default:
		ts := unix.NsecToTimespec(int64(until))
		_ = unix.ClockNanosleep(unix.CLOCK_MONOTONIC, unix.TIMER_ABSTIME, &ts, nil) // interrupted: it looks again
	}
}
