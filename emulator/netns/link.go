package netns

import (
	"errors"
	"fmt"
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/relay"
	"github.com/testbed/testbed/emulator/tc"
)

// thisKernel is the kernel that the router runs on.
var thisKernel = kernel{
	can:      tc.Can,
	exact:    tc.Exact,
	redirect: func() error { return tc.Probe("ingress") },
}

// A link moves frames between the interfaces a and b of a port. Down, towards
// the node, is from b to a.
type link struct {
	port
	engine, reason string // empty before the first set
	down, up       emulator.Link
	since          time.Time
	relay          *relay.Relay // nil unless engine is relay

	// Totals of the interfaces when the link was set, unless engine is relay.
	downBase, upBase tc.Stats
}

// set starts the link anew.
func (l *link) set(asked string, down, up emulator.Link, seed uint64) error {
	engine, reason, err := thisKernel.choose(asked, down, up)
	if err != nil {
		return err
	}
	if engine == engineRelay {
		err = l.byRelay(down, up, seed)
	} else {
		err = l.byKernel(down, up)
	}
	if err != nil {
		// Half a link must not pass for one.
		l.engine = ""
		return err
	}
	l.engine, l.reason = engine, reason
	l.down, l.up = down, up
	l.since = time.Now()
	return nil
}

// byRelay has frames read and sent by this process.
func (l *link) byRelay(down, up emulator.Link, seed uint64) error {
	if l.relay == nil {
		// The kernel must move none itself, or each would arrive twice.
		err := errors.Join(tc.ClearRedirect(l.a), tc.ClearRedirect(l.b), tc.Clear(l.a), tc.Clear(l.b))
		if err != nil {
			return err
		}
		if l.relay, err = relay.Open(l.a, l.b); err != nil {
			return err
		}
	}
	l.relay.Set(up, down, seed)
	return nil
}

// byKernel has frames redirected, through queues if there are any.
func (l *link) byKernel(down, up emulator.Link) error {
	redirected := l.engine == engineTC || l.engine == engineNone
	if l.relay != nil {
		err := l.relay.Close()
		l.relay = nil
		if err != nil {
			return err
		}
	}
	if err := errors.Join(tc.Apply(l.a, down), tc.Apply(l.b, up)); err != nil {
		return err
	}
	if !redirected {
		// A set that failed may have left one of them.
		err := errors.Join(tc.ClearRedirect(l.a), tc.ClearRedirect(l.b))
		if err == nil {
			err = errors.Join(tc.Redirect(l.a, l.b), tc.Redirect(l.b, l.a))
		}
		if err != nil {
			return err
		}
	}
	var err error
	if l.downBase, err = tc.Read(l.a); err != nil {
		return err
	}
	l.upBase, err = tc.Read(l.b)
	return err
}

// status returns what the link did since it was set; Asked is left out.
func (l *link) status(now time.Time) (down, up LinkStatus, err error) {
	if l.engine == "" {
		return down, up, errors.New("it was not set")
	}
	if l.engine == engineRelay {
		toB, toA := l.relay.Stats()
		return l.relayed(toA), l.relayed(toB), nil
	}
	down, err = l.counted(l.a, l.down, l.downBase, now)
	if err != nil {
		return down, up, err
	}
	up, err = l.counted(l.b, l.up, l.upBase, now)
	return down, up, err
}

// relayed is the status of a direction that the relay plays.
func (l *link) relayed(s relay.Stats) LinkStatus {
	return LinkStatus{
		Engine:  engineRelay,
		Reason:  l.reason + faults(s),
		Packets: s.Packets,
		Bytes:   int64(s.Bytes),
		Lost:    s.Lost,
		Dropped: s.Dropped,
		LagP50:  s.LagP50,
		LagP99:  s.LagP99,
		LagMax:  s.LagMax,
		Clock:   s.Clock,
	}
}

// faults says what the relay could not carry, if there was anything. It means
// that the link was not what was asked.
func faults(s relay.Stats) string {
	var text string
	for _, f := range []struct {
		n    int64
		what string
	}{
		{s.Missed, "never seen"},
		{s.Failed, "not taken by the kernel"},
		{s.Oversized, "oversized"},
		{s.Unfinished, "without checksum"},
	} {
		if f.n > 0 {
			text += fmt.Sprintf("; %d frames %s", f.n, f.what)
		}
	}
	return text
}

// counted is the status of a direction that the kernel plays on its way out of
// an interface. netem's losses are among Dropped.
func (l *link) counted(ifname string, played emulator.Link, base tc.Stats, now time.Time) (LinkStatus, error) {
	s, err := tc.Read(ifname)
	if err != nil {
		return LinkStatus{}, fmt.Errorf("read %s: %w", ifname, err)
	}
	engine := l.engine
	if played.Perfect() {
		engine = engineNone
	}
	return LinkStatus{
		Engine:  engine,
		Reason:  l.reason,
		Packets: s.Packets - base.Packets,
		Bytes:   int64(s.Bytes - base.Bytes),
		Dropped: s.Dropped,
		Clock:   now.Sub(l.since),
	}, nil
}
