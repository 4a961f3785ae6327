//go:build linux

package calibrate

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/unit"
)

// queueBytes is room for all that a transfer may have on its way, so that
// nothing is dropped unless the engine is wrong.
const queueBytes = 16 * unit.MiB

// windows is how many times a rate is measured in a row; the median counts. A
// moment in which the machine did something else shows in two of them: what was
// late in one comes in the next.
const windows = 5

// floodTime is how long the goodput at a rate is measured, with the window
// that is skipped at first. At 1 Mbit/s a packet is 12 ms.
func floodTime(r unit.BitRate, quick bool) time.Duration {
	switch {
	case quick:
		return 500 * time.Millisecond
	case r < 5*unit.Mbps:
		return 3600 * time.Millisecond
	}
	return 1200 * time.Millisecond
}

// goodput is what TCP carries over links of several rates: the payload that
// arrives in the time between two arrivals, once the queue is full.
func goodput(ctx context.Context, b *bench) ([]Row, error) {
	var rows []Row
	for _, r := range rates(b.Quick) {
		got, err := b.flood(ctx, emulator.Link{Rate: r, Queue: queueBytes}, floodTime(r, b.Quick))
		if err != nil {
			return rows, fmt.Errorf("%v: %w", r, err)
		}
		asked := Goodput(r) / 1e6
		tolerance := GoodputTolerance
		if r > 100*unit.Mbps {
			tolerance = FastGoodputTolerance
		}
		rows = append(rows, b.judged(Row{
			Name: "goodput at " + rateName(r), Unit: "Mbit/s",
			Asked: asked, Achieved: float64(got) / 1e6, Tolerance: tolerance * asked,
		}, b.excuse()))
	}
	return rows, nil
}

// capacity is what passes through the engine where the link is no limit.
func capacity(ctx context.Context, b *bench) ([]Row, error) {
	got, err := b.flood(ctx, emulator.Link{Rate: 100 * unit.Gbps, Queue: queueBytes}, floodTime(100*unit.Gbps, b.Quick))
	if err != nil {
		return nil, err
	}
	return []Row{b.judged(Row{
		Name: "capacity, one way", Unit: "Mbit/s", Bound: Least,
		Asked: float64(Capacity) / 1e6, Achieved: float64(got) / 1e6,
	}, "")}, nil
}

// flood measures the rate of payload over a link, for so long.
func (b *bench) flood(ctx context.Context, down emulator.Link, long time.Duration) (unit.BitRate, error) {
	if err := b.link(down, emulator.Link{}, b.seed); err != nil {
		return 0, err
	}
	if err := b.call(ctx, receiver, "Serve", ServeArgs{Window: window(down.Rate)}, &None{}); err != nil {
		return 0, err
	}
	each := long / (windows + 1)
	var marks []Mark
	err := b.both(ctx, "Drain", DrainArgs{Skip: each, Window: each, Windows: windows}, &marks,
		"Flood", FloodArgs{To: b.address(receiver), For: long + 5*time.Second, Once: 256 << 10}, &None{})
	if err != nil {
		return 0, err
	}
	var rates []unit.BitRate
	for i := 1; i < len(marks); i++ {
		rates = append(rates, unit.Over(unit.Bytes(marks[i].Bytes-marks[i-1].Bytes), marks[i].At-marks[i-1].At))
	}
	if len(rates) == 0 {
		return 0, errors.New("nothing arrived")
	}
	slices.Sort(rates)
	return rates[len(rates)/2], nil
}

// window is what a transfer over a link of rate r may have on its way: 50 ms,
// so that the queue is never empty and what waits is soon there. Fast links
// are left to the kernel.
func window(r unit.BitRate) int {
	if r > 100*unit.Mbps {
		return 0
	}
	return max(int(float64(r)/8*0.050), 32<<10)
}

// rateName is a rate as rows are named: 10 Mbit/s.
func rateName(r unit.BitRate) string {
	if r >= unit.Gbps {
		return fmt.Sprintf("%g Gbit/s", float64(r)/1e9)
	}
	return fmt.Sprintf("%g Mbit/s", float64(r)/1e6)
}
