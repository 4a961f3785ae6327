//go:build linux

package calibrate

import (
	"context"
	"fmt"
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/unit"
)

// A shot is a transfer that is measured.
type shot struct {
	bytes   int
	rate    unit.BitRate
	repeats int // the median counts
}

// longest is the longest transfer that is measured.
const longest = 10 * time.Second

// pause is between transfers.
const pause = 30 * time.Millisecond

// shots are the transfers from 1 kB to 10 MB at 1 to 100 Mbit/s that take less
// than 10 s; of those that take a second at most, five are made.
func shots(quick bool) (all []shot) {
	sizes := []int{1000, 20_000, 100_000, 1_000_000, 10_000_000}
	most := longest
	if quick {
		sizes, most = []int{1000, 20_000, 1_000_000}, time.Second
	}
	for _, r := range []unit.BitRate{unit.Mbps, 10 * unit.Mbps, 100 * unit.Mbps} {
		for _, n := range sizes {
			t := OneShot(unit.Bytes(n), r, 0)
			s := shot{n, r, 5}
			switch {
			case t >= most:
				continue
			case t > 5*time.Second:
				s.repeats = 1
			case t > 500*time.Millisecond:
				s.repeats = 3
			}
			if quick && t > 100*time.Millisecond {
				s.repeats = 1
			}
			all = append(all, s)
		}
	}
	return all
}

func (s shot) asked() time.Duration { return OneShot(unit.Bytes(s.bytes), s.rate, 0) }

func (s shot) takes() time.Duration { return time.Duration(s.repeats) * (s.asked() + pause) }

// transfers are one-shot transfers on an open connection, from when the sender
// gives the first byte to its kernel until the receiver has the last, on one
// clock. The links have no delay: so the round trip is less than it takes to
// send what a new connection may have on its way (ten packets), the bottleneck
// is never idle, and the connection need not be warm for formula F2 to hold.
func transfers(ctx context.Context, b *bench) ([]Row, error) {
	var rows []Row
	for _, s := range shots(b.Quick) {
		took, err := b.shoot(ctx, s)
		if err != nil {
			return rows, fmt.Errorf("%s at %s: %w", bytesName(s.bytes), rateName(s.rate), err)
		}
		rows = append(rows, b.judged(Row{
			Name: fmt.Sprintf("send %s at %s", bytesName(s.bytes), rateName(s.rate)), Unit: "ms",
			Asked: ms(s.asked()), Achieved: ms(took), Tolerance: ms(OneShotTolerance(s.asked())),
		}, b.bucket(s, took)))
	}
	return rows, nil
}

// shoot returns the median time of a transfer.
func (b *bench) shoot(ctx context.Context, s shot) (time.Duration, error) {
	if err := b.link(emulator.Link{Rate: s.rate, Queue: queueBytes}, emulator.Link{}, b.seed); err != nil {
		return 0, err
	}
	if err := b.call(ctx, receiver, "Serve", ServeArgs{}, &None{}); err != nil {
		return 0, err
	}
	args := ShotArgs{To: b.address(receiver), Pause: pause, Limit: 2*s.asked() + patience}
	for range s.repeats {
		args.Bytes = append(args.Bytes, s.bytes)
	}
	var began, ended, took []time.Duration
	if err := b.both(ctx, "Catch", args, &ended, "Shoot", args, &began); err != nil {
		return 0, err
	}
	for i := range ended {
		took = append(took, ended[i]-began[i])
	}
	return quantile(took, 0.5), nil
}

// bucket explains a transfer of the kernel that was early: a token bucket is
// early by 8 · burst / rate (reference: F3).
func (b *bench) bucket(s shot, took time.Duration) string {
	early := s.asked() - took
	if b.engine != "tc" || early <= 0 {
		return b.excuse()
	}
	burst := early.Seconds() * float64(s.rate) / 8
	return fmt.Sprintf("a token bucket is early by what it holds and the packet that it lets begin (F3), here %.0f bytes", burst)
}
