//go:build linux

package tc

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/unit"
)

// oneWay returns how long each arrival was on its way.
func oneWay(all []arrival, begins []time.Duration) []time.Duration {
	ds := make([]time.Duration, len(all))
	for i, a := range all {
		ds[i] = a.at - begins[a.index]
	}
	return ds
}

func median(ds []time.Duration) time.Duration {
	s := slices.Sorted(slices.Values(ds))
	return s[len(s)/2]
}

// A frame is at least as long on its way as asked; how much longer is the
// machine's affair, but for half of the frames it is little.
const (
	early50 = 50 * time.Microsecond // the two clocks are read apart
	late50  = 2 * time.Millisecond
)

func TestNetemDelay(t *testing.T) {
	need(t, "netem")
	inNamespace(t, func(t *testing.T) {
		c := newCable(t)
		must(t, Apply("a", emulator.Link{Delay: 20 * ms}))
		begins := c.sendAll(100, 1514, ms)
		ds := oneWay(c.receive(200*ms), begins)
		if len(ds) != 100 {
			t.Fatalf("%d of 100 arrived", len(ds))
		}
		t.Logf("20 ms: %v to %v, median %v", slices.Min(ds), slices.Max(ds), median(ds))
		if slices.Min(ds) < 20*ms-early50 || median(ds) > 20*ms+late50 {
			t.Errorf("20 ms: %v to %v, median %v", slices.Min(ds), slices.Max(ds), median(ds))
		}
	})
}

// TestNetemJitter compares the delays of frames that may overtake with the
// shape, by the largest distance of the distributions (Kolmogorov and Smirnov):
// 1.95/√n is exceeded once in a thousand. What the machine adds in the best of
// three measurements is a few of 100 ms.
func TestNetemJitter(t *testing.T) {
	need(t, "netem")
	const count, limit = 3000, 0.0356 + 0.02
	for _, shape := range []emulator.Shape{emulator.Uniform, emulator.Normal, emulator.Pareto} {
		t.Run(shape.String(), func(t *testing.T) {
			best := 1.0
			for n := 0; n < 3 && best > limit; n++ {
				inNamespace(t, func(t *testing.T) {
					best = min(best, distance(t, shape, count))
				})
			}
			if best > limit {
				t.Errorf("the delays are %.4f off a %v distribution, want at most %.4f", best, shape, limit)
			}
		})
	}
}

// distance returns how far the delays of count frames are from a shape.
func distance(t *testing.T, shape emulator.Shape, count int) (worst float64) {
	c := newCable(t)
	l := emulator.Link{Delay: 400 * ms, Jitter: 100 * ms, JitterShape: shape, Unordered: true}
	must(t, Apply("a", l))
	begins := c.sendAll(count, 60, 0)
	ds := oneWay(c.receive(500*ms), begins)
	if len(ds) != count {
		t.Fatalf("%d of %d arrived", len(ds), count)
	}
	if slices.IsSorted(ds) {
		t.Error("nothing was overtaken")
	}
	slices.Sort(ds)
	for i, d := range ds {
		off := below(shape, float64(d-l.Delay)/float64(l.Jitter)) - (float64(i)+0.5)/float64(count)
		worst = max(worst, math.Abs(off))
	}
	t.Logf("%v to %v, median %v; distance %.4f", ds[0], ds[count-1], median(ds), worst)
	return worst
}

// below returns the share of a shape that is not above x, which is in units of
// the jitter: the u whose Quantile is x.
func below(s emulator.Shape, x float64) float64 {
	low, high := 0.0, 1.0
	for high-low > 1e-6 {
		if u := (low + high) / 2; s.Quantile(u) < x {
			low = u
		} else {
			high = u
		}
	}
	return low
}

func TestNetemJitterKeepsOrder(t *testing.T) {
	need(t, "netem")
	inNamespace(t, func(t *testing.T) {
		c := newCable(t)
		must(t, Apply("a", emulator.Link{Delay: 20 * ms, Jitter: 15 * ms}))
		begins := c.sendAll(300, 100, ms)
		all := c.receive(200 * ms)
		ds := oneWay(all, begins)
		if len(all) != 300 || !slices.IsSortedFunc(all, func(a, b arrival) int { return a.index - b.index }) {
			t.Errorf("%d of 300 arrived, or not in order", len(all))
		}
		// One that waits for another is late, none is early.
		if slices.Min(ds) < 5*ms-early50 || median(ds) > 35*ms+late50 {
			t.Errorf("20 ± 15 ms: %v to %v, median %v", slices.Min(ds), slices.Max(ds), median(ds))
		}
	})
}

// TestNetemRate sends frames at once: the last arrives when all have been
// sent, within 2 % and 1 ms (reference F2), and none before its time.
func TestNetemRate(t *testing.T) {
	need(t, "netem")
	for _, tt := range []struct {
		name  string
		link  emulator.Link
		count int
		each  unit.Bytes // as the rate counts it
	}{
		{"1 Mbit/s", emulator.Link{Rate: unit.Mbps}, 20, 1514},
		{"10 Mbit/s", emulator.Link{Rate: 10 * unit.Mbps}, 100, 1514},
		{"10 Mbit/s and 30 ms", emulator.Link{Rate: 10 * unit.Mbps, Delay: 30 * ms}, 100, 1514},
		{"100 Mbit/s of IP", emulator.Link{Rate: 100 * unit.Mbps, Layer: emulator.IP}, 700, 1500},
		{"10 Mbit/s on the wire", emulator.Link{Rate: 10 * unit.Mbps, Delay: ms, Layer: emulator.Wire}, 100, 1538},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inNamespace(t, func(t *testing.T) {
				c := newCable(t)
				var off time.Duration
				for range 3 { // the best of: others use the machine
					must(t, Apply("a", tt.link))
					begins := c.sendAll(tt.count, 1514, 0)
					all := c.receive(300 * ms)
					if len(all) != tt.count {
						t.Fatalf("%d of %d arrived", len(all), tt.count)
					}
					for i, a := range all {
						if want := tt.link.Delay + tt.link.Rate.TimeToSend(tt.each*unit.Bytes(i+1)); a.at-begins[0] < want-early50 {
							t.Fatalf("frame %d after %v, want %v", i, a.at-begins[0], want)
						}
					}
					want := tt.link.Delay + tt.link.Rate.TimeToSend(tt.each*unit.Bytes(tt.count))
					off = all[tt.count-1].at - begins[0] - want
					t.Logf("%v late of %v", off, want)
					if off <= max(want/50, ms) {
						return
					}
				}
				t.Errorf("%v late", off)
			})
		})
	}
}

func TestNetemLoss(t *testing.T) {
	need(t, "netem")
	for p, count := range map[float64]int{0.001: 20_000, 0.05: 20_000, 0.5: 5000, 1: 1000} {
		share(t, "lost", p, func() (dropped, of int) {
			inNamespace(t, func(t *testing.T) {
				c := newCable(t)
				must(t, Apply("a", emulator.Link{Loss: p}))
				c.sendAll(count, 60, 0)
				dropped = len(lost(c.receive(100*ms), count))
				if s, err := Read("a"); err != nil || s.Dropped != int64(dropped) {
					t.Errorf("%d are missing, the kernel counts %d, %v", dropped, s.Dropped, err)
				}
			})
			return dropped, count
		})
	}
}

// TestNetemBursts: mean loss 5 % in bursts of 4. The number of bursts and
// their length vary by some 5 % each.
func TestNetemBursts(t *testing.T) {
	need(t, "netem")
	const count, loss, burst = 40_000, 0.05, 4.0
	for attempt := range 2 {
		var gone []int
		inNamespace(t, func(t *testing.T) {
			c := newCable(t)
			must(t, Apply("a", emulator.Link{Loss: loss, LossBurst: burst}))
			c.sendAll(count, 60, 0)
			gone = lost(c.receive(100*ms), count)
		})
		runs := 0
		for i, n := range gone {
			if i == 0 || n != gone[i-1]+1 {
				runs++
			}
		}
		// Bursts that meet count as one here; a new one begins after a single
		// packet with probability p = 0.0132 · … : less than 2 %.
		share, mean := float64(len(gone))/count, float64(len(gone))/float64(max(runs, 1))
		// σ of a geometric length of mean 4 is √12; there are some 500 runs.
		// The share is 2B-1 = 7 times as variable as of independent losses.
		wide := 2.576 * math.Sqrt(12/float64(max(runs, 1)))
		tall := 2.576 * math.Sqrt(7*loss*(1-loss)/count)
		t.Logf("%d lost in %d bursts: %.4f ± %.4f, %.2f ± %.2f in a row", len(gone), runs, share, tall, mean, wide)
		if math.Abs(mean-burst) <= wide+0.06 && math.Abs(share-loss) <= tall {
			return
		}
		if attempt == 1 {
			t.Errorf("%.4f lost, %.2f in a row; want %v and %v", share, mean, loss, burst)
		}
	}
}

func TestNetemDuplicates(t *testing.T) {
	need(t, "netem")
	share(t, "duplicated", 0.1, func() (twice, of int) {
		const count = 5000
		inNamespace(t, func(t *testing.T) {
			c := newCable(t)
			must(t, Apply("a", emulator.Link{Duplicate: 0.1}))
			c.sendAll(count, 60, 0)
			all := c.receive(100 * ms)
			if n := len(lost(all, count)); n != 0 {
				t.Errorf("%d are missing", n)
			}
			twice = len(all) - count
		})
		return twice, count
	})
}

// TestNetemCorrupts: one bit of a frame, and nothing else. The kernel flips one
// anywhere, so that frames whose header it hit are missing or have another
// number; only the payload is counted, 1496 of 1514 bytes.
func TestNetemCorrupts(t *testing.T) {
	need(t, "netem")
	share(t, "corrupted", 0.2*1496/1514, func() (corrupt, of int) {
		const count = 3000
		inNamespace(t, func(t *testing.T) {
			c := newCable(t)
			must(t, Apply("a", emulator.Link{Corrupt: 0.2}))
			c.sendAll(count, 1514, 0)
			for _, a := range c.receive(100 * ms) {
				if a.flipped > 1 {
					t.Errorf("frame %d: %d bits flipped", a.index, a.flipped)
				}
				corrupt += a.flipped
			}
		})
		return corrupt, count
	})
}

// TestNetemReorders: a share of the frames skips the delay, and so overtakes.
func TestNetemReorders(t *testing.T) {
	need(t, "netem")
	share(t, "ahead", 0.25, func() (ahead, of int) {
		const count = 3000
		inNamespace(t, func(t *testing.T) {
			c := newCable(t)
			must(t, Apply("a", emulator.Link{Delay: 400 * ms, Reorder: 0.25}))
			begins := c.sendAll(count, 60, 0)
			for _, d := range oneWay(c.receive(600*ms), begins) {
				if d < 200*ms {
					ahead++
				}
			}
		})
		return ahead, count
	})
}

// TestNetemLimit: what the queue does not hold is dropped, the one being sent
// counted, and what is on its way has room. Where sending takes long, some
// have left by then.
func TestNetemLimit(t *testing.T) {
	need(t, "netem")
	const slow = 200 * unit.Kbps // a frame takes 60.56 ms
	for _, tt := range []struct {
		name    string
		link    emulator.Link
		options Options
		want    int
	}{
		{"10 frames", emulator.Link{Rate: slow, Queue: 15_140}, Options{}, 10},
		{"7 packets", emulator.Link{Rate: slow, QueuePackets: 7}, Options{}, 7},
		// In flight, at a frame in 60.56 ms: 5.
		{"3 packets and 300 ms", emulator.Link{Rate: slow, Delay: 300 * ms, QueuePackets: 3}, Options{}, 8},
		{"a limit that is too small", emulator.Link{Rate: slow, Queue: 15_140}, Options{Limit: 3}, 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inNamespace(t, func(t *testing.T) {
				c := newCable(t)
				must(t, ApplyWith("a", tt.link, tt.options))
				begins := c.sendAll(20, 1514, 0)
				most := tt.want + int((now()-begins[0])/(60*ms))
				if got := len(c.receive(400 * ms)); got < tt.want || got > most {
					t.Errorf("%d of 20 arrived, want %d to %d", got, tt.want, most)
				}
			})
		})
	}
}
