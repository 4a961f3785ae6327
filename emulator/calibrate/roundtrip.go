//go:build linux

package calibrate

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/testbed/testbed/emulator"
)

// roundTripAsked is the round trip that is measured, half of it each way.
const roundTripAsked = 40 * time.Millisecond

// roundTrip is how much longer than asked a round trip takes, of pings that
// overlap: one a millisecond. Nothing is subtracted; the row of the path
// without link says what the machine itself takes.
func roundTrip(ctx context.Context, b *bench) ([]Row, error) {
	bare, err := b.trips(ctx, 0)
	if err != nil {
		return nil, err
	}
	rows := []Row{b.judged(Row{
		Name: "round trip without link", Engine: "none", Unit: "ms", Achieved: ms(quantile(bare, 0.5)), Tolerance: ms(RoundTripP99),
	}, "")}
	trips, err := b.trips(ctx, roundTripAsked)
	if err != nil {
		return rows, err
	}
	return append(rows, b.tripRows(trips, b.excuse())...), nil
}

// tripRows are the median of round trips, and what is asked with the 99th
// percentile of how far they are off, either way.
func (b *bench) tripRows(trips []time.Duration, excuse string) []Row {
	var errs []time.Duration
	for _, t := range trips {
		errs = append(errs, max(t-roundTripAsked, roundTripAsked-t))
	}
	asked := ms(roundTripAsked)
	return []Row{
		b.judged(Row{Name: "round trip, median", Unit: "ms", Asked: asked, Achieved: ms(quantile(trips, 0.5)), Tolerance: ms(RoundTripMedian)}, excuse),
		b.judged(Row{Name: "round trip, p99 of error", Unit: "ms", Asked: asked, Achieved: asked + ms(quantile(errs, 0.99)), Tolerance: ms(RoundTripP99)}, excuse),
	}
}

// trips measures round trips over a link that is to take so long, or over none.
func (b *bench) trips(ctx context.Context, asked time.Duration) ([]time.Duration, error) {
	l := emulator.Link{Delay: asked / 2}
	if err := b.link(l, l, b.seed); err != nil {
		return nil, err
	}
	n := 1200
	if b.Quick {
		n = 500
	}
	var trips []time.Duration
	args := PingArgs{To: b.address(receiver), Count: n, Every: time.Millisecond, Wait: asked + 500*time.Millisecond}
	if err := b.call(ctx, sender, "Ping", args, &trips); err != nil {
		return nil, err
	}
	if len(trips) < n {
		return trips, fmt.Errorf("%d of %d pings were not answered", n-len(trips), n)
	}
	return trips, nil
}

// quantile returns the q'th quantile by nearest rank, 0 of nothing.
func quantile(all []time.Duration, q float64) time.Duration {
	if len(all) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(all))
	return sorted[min(int(q*float64(len(sorted))), len(sorted)-1)]
}
