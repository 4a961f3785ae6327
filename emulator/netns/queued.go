//go:build linux

package netns

import (
	"errors"
	"fmt"
	"math/rand/v2"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/tc"
)

// A queued is a direction that the kernel plays on its way out of an
// interface.
type queued struct {
	ifname string
	player *tc.Player // nil: a perfect wire
	base   tc.Stats   // totals of the interface when it was set
}

// queue makes the way out of an interface as asked. What was made there before
// must have ended.
func (l *link) queue(ifname string, ask emulator.Link, seeds *rand.PCG) (*queued, error) {
	q := &queued{ifname: ifname}
	if ask.Perfect() {
		return q, nil
	}
	o := l.setup.Config.brokenQueue()
	o.Seed = seeds.Uint64()
	var err error
	q.player, err = tc.PlayWith(ifname, ask, o)
	return q, err
}

// start begins to count.
func (q *queued) start() (err error) {
	q.base, err = tc.Read(q.ifname)
	return err
}

// end makes the way out perfect. A nil queued is.
func (q *queued) end() error {
	if q == nil || q.player == nil {
		return nil
	}
	return errors.Join(q.player.Close(), tc.Clear(q.ifname))
}

// status returns what the direction did since start, and of the Reason what is
// to be added. netem's losses are among Dropped.
func (q *queued) status() (LinkStatus, error) {
	now, err := tc.Read(q.ifname)
	if err != nil {
		return LinkStatus{}, fmt.Errorf("read %s: %w", q.ifname, err)
	}
	s := LinkStatus{
		Engine:  engineNone,
		Packets: now.Packets - q.base.Packets,
		Bytes:   int64(now.Bytes - q.base.Bytes),
		Dropped: now.Dropped,
	}
	if q.player == nil {
		return s, nil
	}
	s.Engine = engineTC
	s.addPlayed(q.player.Stats())
	return s, nil
}

// addPlayed adds what a player did. A change that the kernel refused means that
// the link is not what was asked.
func (s *LinkStatus) addPlayed(p tc.PlayStats) {
	s.Steps = Steps{Due: p.Steps, Done: p.Done, LateP50: p.LateP50, LateP99: p.LateP99, Max: p.LateMax, Clamped: p.Clamped}
	if p.Errors > 0 {
		s.Reason += fmt.Sprintf("; the kernel refused %d changes, first: %v", p.Errors, p.Err)
	}
}
