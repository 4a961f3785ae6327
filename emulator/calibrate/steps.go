//go:build linux

package calibrate

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/trace"
	"github.com/testbed/testbed/emulator/unit"
)

// stepTime is how long each rate lasts where the lateness of steps is measured.
const stepTime = 100 * time.Millisecond

// stairs is a rate that changes every 100 ms, in large steps.
func stairs() *trace.Series {
	s := &trace.Series{Name: "stairs", Wrap: trace.Loop}
	for i, mbps := range []float64{10, 20, 5, 15, 30, 5, 20, 10, 25, 8} {
		s.At = append(s.At, time.Duration(i)*stepTime)
		s.Value = append(s.Value, mbps*1e6)
	}
	s.Period = time.Duration(len(s.At)) * stepTime
	return s
}

// steps is how late a link follows its rate. The kernel says when it was told
// of each step; of the relay, which has no such moment, it is how much later
// than the model's each packet of a queue that is never empty arrives.
func steps(ctx context.Context, b *bench) ([]Row, error) {
	long := 2 * time.Second
	if b.Quick {
		long = 700 * time.Millisecond
	}
	l := emulator.Link{Rates: stairs(), QueuePackets: 100}
	args := SendArgs{Every: 250 * time.Microsecond, Each: emulator.FullFrame} // 48 Mbit/s, more than any step
	args.Count = int(long / args.Every)
	sent, got, err := b.send(ctx, l, b.seed, args)
	if err != nil {
		return nil, err
	}
	s, err := b.status()
	if err != nil {
		return nil, err
	}
	row := Row{Name: "lateness of steps, p99", Unit: "ms", Tolerance: ms(StepLateP99)}
	if s.Steps.Done > 0 {
		row.Achieved = ms(s.Steps.LateP99)
		return []Row{b.judged(row, fmt.Sprintf("of %d steps; at most %v", s.Steps.Done, s.Steps.Max))}, nil
	}
	late := lateness(l, sent, got)
	if len(late) == 0 {
		return nil, errors.New("nothing arrived")
	}
	row.Achieved = ms(quantile(late, 0.99))
	return []Row{b.judged(row, b.excuse())}, nil
}

// lateness returns how far from the model each arrival is. In both the queue
// is never empty while frames are sent, so that the k'th departure does not
// depend on which frames were dropped: the model's queue needs no limit.
func lateness(l emulator.Link, sent []time.Duration, got []Got) (late []time.Duration) {
	l.QueuePackets = 0
	twin := emulator.NewShaper(l, rand.New(rand.NewPCG(1, 1)))
	end := sent[len(sent)-1]
	for _, g := range got {
		out, _ := twin.Push(sent[0], emulator.FullFrame)
		if g.At > end {
			break
		}
		late = append(late, max(g.At-out, out-g.At))
	}
	return late
}

// settle is how long a queue has to fill before arrivals are counted.
const settle = 100 * time.Millisecond

// replay is how far the bytes that arrive in each second of a recorded trace
// are from what it offers, on average, as a share of its mean. An engine that
// cannot play single opportunities gets the mean rate of each 100 ms.
func replay(ctx context.Context, b *bench) ([]Row, error) {
	seconds := 8
	if b.Quick {
		seconds = 1
	}
	l := emulator.Link{Trace: b.Trace, QueuePackets: 200}
	sent, got, err := b.saturate(ctx, l, seconds)
	if errors.Is(err, emulator.ErrUnsupported) {
		l = emulator.Link{Rates: rateOf(b.Trace, stepTime), QueuePackets: 200}
		sent, got, err = b.saturate(ctx, l, seconds)
	}
	if err != nil {
		return nil, err
	}
	first := sent[0] + settle
	asked, achieved, off := perSecond(b.Trace, got, first, seconds)
	return []Row{
		b.judged(Row{Name: "trace, bytes by second", Unit: "%", Achieved: 100 * off, Tolerance: 100 * ReplayTolerance}, b.excuse()),
		b.judged(Row{Name: "trace, bytes in all", Unit: "kB", Asked: asked / 1e3, Achieved: achieved / 1e3, Tolerance: ReplayTolerance * asked / 1e3}, b.excuse()),
	}, nil
}

// saturate sends full frames over a link at more than the trace carries at its
// best.
func (b *bench) saturate(ctx context.Context, l emulator.Link, seconds int) ([]time.Duration, []Got, error) {
	long := time.Duration(seconds)*time.Second + 3*settle
	most := unit.BitRate(0)
	for at := time.Duration(0); at < b.Trace.Period; at += stepTime {
		most = max(most, unit.Over(b.Trace.Capacity(at, at+stepTime), stepTime))
	}
	every := (most * 5 / 4).TimeToSend(emulator.FullFrame)
	return b.send(ctx, l, b.seed, SendArgs{Every: every, Count: int(long / every), Each: emulator.FullFrame})
}

// perSecond compares what arrived in each of so many seconds with what the
// trace offers.
func perSecond(t *trace.Trace, got []Got, first time.Duration, seconds int) (asked, achieved, off float64) {
	for k := range seconds {
		from := first + time.Duration(k)*time.Second
		want := float64(t.Capacity(from, from+time.Second))
		have := 0.0
		for _, g := range got {
			if g.At >= from && g.At < from+time.Second {
				have += float64(emulator.FullFrame)
			}
		}
		asked += want
		achieved += have
		off += max(have-want, want-have)
	}
	return asked, achieved, off / max(asked, 1)
}

// rateOf is the mean rate of each step of a trace.
func rateOf(t *trace.Trace, step time.Duration) *trace.Series {
	s := &trace.Series{Name: t.Name, Period: t.Period, Wrap: trace.Loop}
	for at := time.Duration(0); at < t.Period; at += step {
		long := min(step, t.Period-at)
		s.At = append(s.At, at)
		s.Value = append(s.Value, float64(unit.Over(t.Capacity(at, at+long), long)))
	}
	return s
}
