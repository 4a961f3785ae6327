package worldtest

import (
	"math"
	"slices"
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/trace"
)

// delay: each packet is late by Delay, none of it shared.
func delay(r *run) {
	s := r.send(emulator.Link{Delay: 20 * ms}, paced(100, full, 0, ms/2)).all().inOrder()
	s.at("a delay", later(s.sent, 20*ms))
}

// rateAndDelay: the delay comes after the bottleneck, and what is on its way
// takes no room in the queue.
func rateAndDelay(r *run) {
	l := emulator.Link{Rate: fullEachMs, Delay: 50 * ms, Queue: 3 * full}
	s := r.send(l, paced(80, full, 0, 2*ms)).all().inOrder()
	s.at("a rate and a delay", later(served(s.sent, s.packets, steady(fullEachMs), whole), 50*ms))
}

// delays: the delay follows a Series, as it stands when a packet leaves the
// bottleneck. Order is kept where it falls.
func delays(r *run) {
	series := &trace.Series{Name: "delays", At: []time.Duration{0, 80 * ms, 160 * ms}, Value: []float64{0.010, 0.040, 0.005}, Period: 10 * time.Second}
	s := r.send(emulator.Link{Delays: series}, paced(220, full, 0, ms)).all().inOrder()
	want := make([]time.Duration, len(s.sent))
	out := time.Duration(0)
	for i, at := range s.sent {
		d, _ := series.Step(at)
		out = max(out, at+time.Duration(math.Round(d*1e9)))
		want[i] = out
	}
	s.at("a delay that changes", want)
}

// A spread is what jitter is to look like, in units of Jitter around Delay.
type spread struct {
	least, most         float64 // of any packet
	median, low, high   float64 // low and high are the quartiles
	deviation, accuracy float64 // standard deviation, and the share by which it may differ
}

// spreads are those of the shapes: of Pareto with α = 3, cut at 4, the quantile
// of u is ((1−u)^(−1/3) − 1.464)/0.5657.
var spreads = map[emulator.Shape]spread{
	emulator.Uniform: {-1, 1, 0, -0.5, 0.5, 1 / math.Sqrt(3), 0.02},
	emulator.Normal:  {-4, 4, 0, -0.6745, 0.6745, 1, 0.03},
	emulator.Pareto:  {-0.8202, 4, -0.3608, -0.6424, 0.2181, 1, 0.05},
}

// jitter: additions to the delay that are drawn for each packet, spread as the
// shape says.
func (r *run) jitter(shape emulator.Shape) {
	const d, j = 100 * ms, 20 * ms
	n := r.many(800)
	l := emulator.Link{Delay: d, Jitter: j, JitterShape: shape, Unordered: true}
	s := r.send(l, paced(n, small, 0, ms/2)).all()
	off := make([]float64, n)
	mean, square := 0.0, 0.0
	for i := range off {
		off[i] = float64(s.first[i]-s.sent[i]-d) / float64(j)
		mean += off[i] / float64(n)
		square += off[i] * off[i] / float64(n)
	}
	slices.Sort(off)
	want := spreads[shape]
	early, late := float64(r.Early+rounding)/float64(j), float64(r.Late+rounding)/float64(j)
	if off[0] < want.least-early {
		r.Errorf("a packet is late by %.3f times the jitter, want at least %v", off[0], want.least)
	}
	// Five standard deviations of a quantile, or about that.
	room := 7 / math.Sqrt(float64(n))
	for _, q := range []struct{ share, want, late float64 }{
		{0.25, want.low, late}, {0.5, want.median, late}, {0.75, want.high, 10 * late},
	} {
		if got := off[int(q.share*float64(n))]; got < q.want-room-early || got > q.want+room+q.late {
			r.Errorf("quantile %v: late by %.3f times the jitter, want %.3f ± %.3f", q.share, got, q.want, room)
		}
	}
	if r.Late > 0 {
		return // one moment in which nothing moved would decide about the rest
	}
	if off[n-1] > want.most {
		r.Errorf("a packet is late by %.3f times the jitter, want at most %v", off[n-1], want.most)
	}
	if math.Abs(mean) > room {
		r.Errorf("late by %.3f times the jitter on average, want 0 ± %.3f", mean, room)
	}
	if got := math.Sqrt(square - mean*mean); math.Abs(got-want.deviation) > want.accuracy {
		r.Errorf("standard deviation %.3f times the jitter, want %.3f", got, want.deviation)
	}
}

// order: jitter reorders nothing unless Unordered.
func order(r *run) {
	l := emulator.Link{Delay: 10 * ms, Jitter: 10 * ms}
	packets := paced(300, small, 0, ms/2)
	r.send(l, packets).all().inOrder()
	l.Unordered = true
	s := r.send(l, packets).all()
	for k := 1; k < len(s.arrivals); k++ {
		if s.arrivals[k].Index < s.arrivals[k-1].Index {
			return
		}
	}
	r.Errorf("unordered, and no packet overtook another")
}

// reorder: some packets skip the delay, and so come before one that was sent
// earlier.
func reorder(r *run) {
	const p = 0.1
	n := r.many(1500)
	s := r.send(emulator.Link{Delay: 20 * ms, Reorder: p}, paced(n, small, 0, ms/2)).all()
	want := later(s.sent, 20*ms)
	skipped := 0
	skip := func(i int) { skipped, want[i] = skipped+1, s.sent[i] }
	least := n // of those that came later
	for k := n - 1; k >= 0; k-- {
		i := s.arrivals[k].Index
		if least < i {
			skip(i)
		}
		least = min(least, i)
	}
	// The first packets have none to overtake; half of the delay tells them.
	for i := 0; i < n && s.first[i] < s.sent[i]+10*ms; i++ {
		if want[i] != s.sent[i] {
			skip(i)
		}
	}
	r.share("packets that skip the delay", skipped, n, p, 1)
	s.at("packets that skip the delay or do not", want)
}
