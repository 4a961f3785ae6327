//go:build linux

package calibrate

import (
	"context"
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/unit"
)

// How losses are measured: small frames at a pace that keeps no CPU busy.
const (
	lossAsked  = 0.05
	burstAsked = 4
	lossPace   = 100 * time.Microsecond
	lossFrame  = 100 * unit.Byte
)

func lossCount(quick bool) int {
	if quick {
		return 3000
	}
	return 12_000
}

// losses are the share of frames that is lost, independently and in bursts,
// and how long those are. Tolerances are the halves of 99 % intervals, so one
// in a hundred correct engines with other seeds would be off.
func losses(ctx context.Context, b *bench) ([]Row, error) {
	n := lossCount(b.Quick)
	var rows []Row
	for _, burst := range []float64{0, burstAsked} {
		l := emulator.Link{Loss: lossAsked, LossBurst: burst}
		sent, got, err := b.send(ctx, l, b.seed, SendArgs{Count: n, Every: lossPace, Each: lossFrame})
		if err != nil {
			return rows, err
		}
		lost, runs := runsOf(len(sent), got)
		row := Row{Name: "loss", Unit: "%", Asked: 100 * lossAsked, Achieved: 100 * float64(lost) / float64(n), Tolerance: 100 * lossTolerance(lossAsked, burst, n)}
		if burst > 0 {
			row.Name = "loss in bursts"
		}
		rows = append(rows, b.judged(row, b.excuse()))
		if burst > 0 {
			rows = append(rows, b.judged(Row{
				Name: "mean burst of losses", Unit: "packets",
				Asked: burst, Achieved: float64(lost) / float64(max(runs, 1)), Tolerance: burstTolerance(burst, runs),
			}, ""))
		}
	}
	return rows, nil
}

// runsOf counts the frames out of n that did not come, and the runs of them.
func runsOf(n int, got []Got) (lost, runs int) {
	came := make([]bool, n)
	for _, g := range got {
		if g.Index < n {
			came[g.Index] = true
		}
	}
	for i := range came {
		if !came[i] {
			lost++
			if i == 0 || came[i-1] {
				runs++
			}
		}
	}
	return lost, runs
}

// fates are the frames whose fate differs between two runs with one seed:
// lost, doubled or corrupted in one and not in the other.
func fates(ctx context.Context, b *bench) ([]Row, error) {
	l := emulator.Link{Loss: lossAsked, LossBurst: burstAsked, Duplicate: 0.02, Corrupt: 0.02}
	n := lossCount(b.Quick) / 2
	var runs [2][]Got
	for k := range runs {
		var err error
		if _, runs[k], err = b.send(ctx, l, b.seed+100, SendArgs{Count: n, Every: lossPace, Each: lossFrame}); err != nil {
			return nil, err
		}
	}
	differ := float64(differing(n, runs[0], runs[1]))
	return []Row{b.judged(Row{Name: "fates that differ", Unit: "packets", Achieved: differ}, "")}, nil
}

// differing counts the frames out of n that did not come as often, or as often
// corrupt, in two runs.
func differing(n int, a, b []Got) (count int) {
	type fate struct{ copies, corrupt int }
	of := func(run []Got) []fate {
		all := make([]fate, n)
		for _, g := range run {
			if g.Index >= n {
				continue
			}
			all[g.Index].copies++
			if g.Corrupt {
				all[g.Index].corrupt++
			}
		}
		return all
	}
	one, other := of(a), of(b)
	for i := range one {
		if one[i] != other[i] {
			count++
		}
	}
	return count
}

// queueAsked is a queue that is measured, in full frames.
const queueAsked = 50

// queues are how many frames of a burst pass a queue that has room for some of
// them.
func queues(ctx context.Context, b *bench) ([]Row, error) {
	l := emulator.Link{Rate: 2 * unit.Mbps, Queue: queueAsked * emulator.FullFrame}
	// 50 frames take 303 ms; the burst is over long before the second leaves.
	_, got, err := b.send(ctx, l, b.seed, SendArgs{Count: 3 * queueAsked, Each: emulator.FullFrame})
	if err != nil {
		return nil, err
	}
	return []Row{b.judged(Row{Name: "queue of 50 packets", Unit: "packets", Asked: queueAsked, Achieved: float64(len(got)), Tolerance: 2}, b.excuse())}, nil
}
