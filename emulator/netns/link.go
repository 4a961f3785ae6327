//go:build linux

package netns

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/relay"
	"github.com/testbed/testbed/emulator/tc"
	"github.com/testbed/testbed/emulator/thread"
)

// thisKernel is the kernel that the router runs on.
var thisKernel = kernel{
	can:      tc.Can,
	exact:    tc.Exact,
	redirect: func() error { return tc.Probe("ingress") },
}

// A link moves frames between its ends a and b. Down, towards the node, or
// towards A of a pair, is from b to a.
type link struct {
	port
	tunA, tunB *os.File // where the ends are TUN; else nil
	name       string   // of the node or pair
	setup      SetupArgs
	kernel     kernel // that can play it

	engine, reason string       // empty before the first set
	since          time.Time    // 0 of its clock
	counted        time.Time    // when it was set, but for rewinding
	asked          LinkArgs     // by which it was set last
	relay          *relay.Relay // nil unless engine is relay
	down, up       *queued      // nil if engine is relay
}

// set starts the link anew.
func (l *link) set(ask LinkArgs) error {
	engine, reason, err := l.kernel.choose(cmp.Or(ask.Engine, l.setup.Config.Engine), ask.Down, ask.Up)
	if err != nil {
		return err
	}
	played := ask
	played.Down, played.Up = l.setup.Config.broken(ask.Down), l.setup.Config.broken(ask.Up)
	var zero time.Time
	if engine == engineRelay {
		zero, err = l.byRelay(played)
	} else {
		err = l.byKernel(played)
		zero = time.Now()
	}
	if err != nil {
		// Half a link must not pass for one.
		l.engine = ""
		return err
	}
	l.engine, l.reason, l.since, l.counted, l.asked = engine, reason, zero, zero, ask
	return nil
}

// rewind sets the link as it stands at another age.
func (l *link) rewind(to RewindArgs) error {
	ask := to.LinkArgs
	if to.Same {
		ask = l.asked
		ask.Seed = to.Seed
	}
	engine, reason := l.engine, l.reason
	if !to.Same || engine == "" {
		var err error
		if engine, reason, err = l.kernel.choose(cmp.Or(ask.Engine, l.setup.Config.Engine), ask.Down, ask.Up); err != nil {
			return err
		}
	}
	switch {
	case engine == engineTC:
		return fmt.Errorf("engine tc: a link of the kernel's cannot begin %v after its begin: want engine relay (%w)", to.Since, emulator.ErrUnsupported)
	case engine != l.engine: // nothing has been counted that could go on
		if err := l.set(ask); err != nil {
			return err
		}
	}
	zero := time.Now().Add(-to.Since)
	if c := l.setup.Config; l.relay != nil {
		zero = l.relay.SetAt(c.broken(ask.Up), c.broken(ask.Down), ask.Seed, to.Since)
	}
	l.reason, l.since, l.asked = reason, zero, ask
	return nil
}

// byRelay has frames read and sent by this process. It returns when the link's
// clock was 0.
func (l *link) byRelay(ask LinkArgs) (zero time.Time, err error) {
	if l.relay == nil {
		if l.relay, err = l.openRelay(); err != nil {
			return zero, err
		}
	}
	return l.relay.Set(ask.Up, ask.Down, ask.Seed), nil
}

func (l *link) openRelay() (*relay.Relay, error) {
	o := relay.Options{Strict: l.setup.Config.Strict}
	if l.setup.Config.reserved(l.setup.Own) {
		o.CPUs, o.Reserved = l.setup.Own, true
	}
	if l.tunA != nil {
		return relay.OpenTUN(l.tunA, l.tunB, o)
	}
	// The kernel must move none itself, or each would arrive twice.
	if err := errors.Join(l.endQueues(), tc.ClearRedirect(l.a), tc.ClearRedirect(l.b)); err != nil {
		return nil, err
	}
	return relay.OpenWith(l.a, l.b, o)
}

// byKernel has frames redirected, through queues if there are any.
func (l *link) byKernel(ask LinkArgs) error {
	redirected := l.engine == engineTC || l.engine == engineNone
	if l.relay != nil {
		err := l.relay.Close()
		l.relay = nil
		if err != nil {
			return err
		}
	}
	if err := l.endQueues(); err != nil {
		return err
	}
	var err error
	if l.down, err = l.queue(l.a, ask.Down, rand.NewPCG(ask.Seed, 1)); err != nil {
		return err
	}
	if l.up, err = l.queue(l.b, ask.Up, rand.NewPCG(ask.Seed, 0)); err != nil {
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
	return errors.Join(l.down.start(), l.up.start())
}

// endQueues makes both ends perfect on their way out.
func (l *link) endQueues() error {
	err := errors.Join(l.down.end(), l.up.end())
	l.down, l.up = nil, nil
	return err
}

// status returns what the link did since it was set; Asked is left out.
func (l *link) status(now time.Time) (down, up LinkStatus, err error) {
	switch {
	case l.engine == "":
		return down, up, errors.New("it was not set")
	case l.relay != nil:
		toB, toA := l.relay.Stats()
		down, up = l.relayed(toA), l.relayed(toB)
		down.Zero, up.Zero = thread.Monotonic(toA.Zero), thread.Monotonic(toB.Zero)
	default:
		if down, err = l.down.status(); err == nil {
			up, err = l.up.status()
		}
		for _, s := range []*LinkStatus{&down, &up} {
			s.Reason = l.reason + s.Reason
			s.Clock, s.Zero = now.Sub(l.since), thread.Monotonic(l.since)
		}
	}
	down.Counted, up.Counted = now.Sub(l.counted), now.Sub(l.counted)
	return down, up, err
}

// relayed is the status of a direction that the relay plays.
func (l *link) relayed(s relay.Stats) LinkStatus {
	status := LinkStatus{
		Engine:     engineRelay,
		Reason:     l.reason + faults(s),
		Packets:    s.Packets,
		Bytes:      int64(s.Bytes),
		Lost:       s.Lost,
		Dropped:    s.Dropped,
		Duplicated: s.Duplicated,
		Corrupted:  s.Corrupted,
		LagP50:     s.LagP50,
		LagP99:     s.LagP99,
		LagMax:     s.LagMax,
		Clock:      s.Clock,
	}
	for _, bin := range s.Lag {
		status.Lag = append(status.Lag, LagBin(bin))
	}
	return status
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
