//go:build linux

package tc

import (
	"testing"
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/tc/wire"
	"github.com/testbed/testbed/emulator/unit"
)

// These tests say what we believe of the kernel where we rest on it. One that
// fails means that a kernel has changed, and perhaps that something can be
// done better now.

// TestBeliefTBFRefills: each change of a TBF fills its bucket, whatever it was
// (reference 4.3). So it is not for rates that vary.
func TestBeliefTBFRefills(t *testing.T) {
	need(t, "tbf")
	inNamespace(t, func(t *testing.T) {
		c := newCable(t)
		k, err := openKernel("a")
		must(t, err)
		defer k.close()
		// A frame takes 1.2 s; the bucket holds two.
		bucket := wire.Object{Handle: rootHandle, Parent: wire.Root, Options: &wire.TBF{Rate: 1262, Burst: 3028, Limit: 1 << 20}}
		must(t, k.add(bucket))
		c.sendAll(20, 1514, 0)
		if n := len(c.receive(200 * ms)); n < 2 || n > 3 {
			t.Fatalf("%d frames passed at first, want the 2 that the bucket holds", n)
		}
		start := time.Now()
		for range 4 {
			must(t, k.change(bucket))
			// A change wakes nobody: the next packet does.
			c.sendAll(1, 60, 0)
		}
		n := len(c.receive(200 * ms))
		fair := int(time.Since(start)/(1200*ms)) + 1
		t.Logf("%d frames passed after 4 changes in %v", n, time.Since(start))
		if n <= fair {
			t.Errorf("%d frames passed after 4 changes, want more than %d: does TBF not refill any more?", n, fair)
		}
	})
}

// TestBeliefHTBKeepsItsFinish: a packet that HTB has begun to wait for is not
// hastened by a higher rate (reference 4.3), for the time that a frame takes at
// the old one. That is why a rate has a floor: see clamp.
func TestBeliefHTBKeepsItsFinish(t *testing.T) {
	need(t, "htb")
	inNamespace(t, func(t *testing.T) {
		c := newCable(t)
		slow := htb.objects(emulator.Link{Rate: 16 * unit.Kbps}, false, Options{}) // 757 ms a frame
		fast := htb.objects(emulator.Link{Rate: 10 * unit.Mbps}, false, Options{})
		k, err := openKernel("a")
		must(t, err)
		defer k.close()
		must(t, k.replace(slow))
		c.sendAll(20, 1514, 0)
		time.Sleep(50 * ms)
		must(t, k.change(fast[1]))
		changed := now()
		all := c.receive(time.Second)
		if len(all) != 20 {
			t.Fatalf("%d of 20 arrived", len(all))
		}
		stalled := all[2].at - changed
		t.Logf("stalled for %v after the rate rose", stalled)
		if stalled < 200*ms || stalled > 2*time.Second {
			t.Errorf("stalled for %v, want about 700 ms: does HTB hasten now?", stalled)
		}
		// What follows is at the new rate: 17 frames in 20.6 ms.
		if rest := all[19].at - all[2].at; rest > 400*ms {
			t.Errorf("the rest took %v, want about 20 ms", rest)
		}
	})
}

// TestBeliefBucketIsEarly: after a pause a token bucket is early by what it
// holds, and no more (reference F3).
func TestBeliefBucketIsEarly(t *testing.T) {
	need(t, "htb")
	inNamespace(t, func(t *testing.T) {
		c := newCable(t)
		l := emulator.Link{Rate: 2 * unit.Mbps}
		for _, size := range []unit.Bytes{burst(l.Rate), 30_280} { // the second as the first of the broken engines
			k, err := openKernel("a")
			must(t, err)
			defer k.close()
			must(t, k.replace(htb.objects(l, false, Options{Burst: size})))
			begins := c.sendAll(40, 1514, 0)
			all := c.receive(300 * ms)
			if len(all) != 40 {
				t.Fatalf("%d of 40 arrived", len(all))
			}
			ideal := l.Rate.TimeToSend(40 * 1514) // 242.2 ms
			took := all[39].at - begins[0]
			early := ideal - took
			t.Logf("a bucket of %v: %v early of %v", size, early, ideal)
			// HTB sends while it has a token, so a frame more than the bucket.
			if most := l.Rate.TimeToSend(size + frame); early > most+ms {
				t.Errorf("%v early, want at most %v", early, most)
			}
			if least := l.Rate.TimeToSend(size - frame); early < least-40*ms {
				t.Errorf("%v early, want at least %v", early, least)
			}
		}
	})
}

// TestBeliefNetemKeepsOrderByARate: netem with a rate, however high, sends in
// order, and without one it does not (reference F10). That is how order is
// kept: see keepOrder.
func TestBeliefNetemKeepsOrderByARate(t *testing.T) {
	need(t, "netem")
	for _, rate := range []uint64{0, keepOrder} {
		inNamespace(t, func(t *testing.T) {
			c := newCable(t)
			k, err := openKernel("a")
			must(t, err)
			defer k.close()
			n := &wire.Netem{Latency: 50 * ms, Jitter: 50 * ms, Limit: 1000, Rate: rate}
			must(t, k.add(wire.Object{Handle: rootHandle, Parent: wire.Root, Options: n}))
			c.sendAll(200, 60, 0)
			overtaken := 0
			all := c.receive(200 * ms)
			for i := range all[1:] {
				if all[i+1].index < all[i].index {
					overtaken++
				}
			}
			if (overtaken == 0) != (rate != 0) {
				t.Errorf("rate %d: %d of %d were overtaken", rate, overtaken, len(all))
			}
		})
	}
}
