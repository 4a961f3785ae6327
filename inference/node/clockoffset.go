package node

import (
	"context"
	"time"

	"github.com/testbed/testbed/inference/clock"
)

// offsetExchanges is how often ClockOffset asks: among as many the least round
// trip is one that met no queue and no busy thread.
const offsetExchanges = 32

// ClockOffset returns by how much the node's CLOCK_MONOTONIC is ahead of ours,
// and how far from the truth that can be: a reading of the node's less offset
// is one of ours, give or take err. It asks several times and believes the
// exchange of the least round trip, of which the node read its clock somewhere
// in the middle; err is half of that round trip.
func (c *Client) ClockOffset(ctx context.Context) (offset, err time.Duration, e error) {
	for i := range offsetExchanges {
		sent := clock.Now()
		theirs, e := call[time.Duration](ctx, c, "Clock", true)
		if e != nil {
			return 0, 0, e
		}
		trip := clock.Now() - sent
		if half := (trip + 1) / 2; i == 0 || half < err {
			offset, err = theirs-(sent+trip/2), half
		}
	}
	return offset, err, nil
}

// Clock reads the node's clock.
func (s *service) Clock(_ bool, now *time.Duration) error {
	*now = clock.Now()
	return nil
}
