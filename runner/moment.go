package runner

import (
	"context"
	"time"

	"github.com/testbed/testbed/scenarios"
)

// A moment keeps the time of a trial. It is that of the world since the first
// request of the trial could be sent, but that all requests of a pair begin at
// the same instant, where links or loads vary over time and the world can be
// rewound:
//
//	trial  ──┬───────────────┬─▶ the next pair begins
//	         ├── greedy ─────┤
//	         ├── advanced ─┤
//	         └── oracle … ──────┤ leaves no mark on the trial's time
//
// After the pair, time goes on from the latest end of its arms' requests. Where
// nothing varies, or the world cannot be rewound, requests follow each other in
// the trial's time as they do in the world's.
type moment struct {
	world  World
	zero   time.Duration // the world's time at the trial's 0
	can    bool          // something varies, and the world has not refused
	began  time.Duration // trial time at which the pair began
	latest time.Duration // trial time at which the last of the arms' requests ended
	turned bool          // the world was rewound in this pair
	judged bool          // the time is that of a replay, and not an arm's
}

// begin is the trial's time 0, now.
func begin(ctx context.Context, w World, c scenarios.Condition) (*moment, error) {
	m := &moment{world: w, zero: w.Now(), can: c.Varies()}
	return m, m.rewind(ctx, 0) // what has varied since the world was made, has not
}

// now is the trial's time.
func (m *moment) now() time.Duration { return m.world.Now() - m.zero }

// pair begins a pair, where the one before it ended.
func (m *moment) pair(ctx context.Context) error {
	if m.judged || m.now() < m.latest {
		if err := m.rewind(ctx, m.latest); err != nil {
			return err
		}
	}
	m.began, m.turned, m.judged = m.now(), false, false
	return nil
}

// again goes back to the instant at which the pair began.
func (m *moment) again(ctx context.Context) error {
	err := m.rewind(ctx, m.began)
	m.turned = m.can
	return err
}

// ended notes that a request of an arm has ended.
func (m *moment) ended() { m.latest = max(m.latest, m.now()) }

func (m *moment) rewind(ctx context.Context, to time.Duration) (err error) {
	if !m.can {
		return nil
	}
	if m.can, err = m.world.Rewind(ctx, to); m.can {
		m.zero = m.world.Now() - to
	}
	return err
}
