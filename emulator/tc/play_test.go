//go:build linux

package tc

import (
	"slices"
	"testing"
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/trace"
	"github.com/testbed/testbed/emulator/unit"
)

// once is a series that stays at its last value.
func once(values ...float64) *trace.Series {
	s := series(values...)
	s.Wrap = trace.Hold
	return s
}

// checkSteps checks that all steps were made in time. How late they are is the
// machine's affair; it is said.
func checkSteps(t *testing.T, p *Player, want int64) {
	t.Helper()
	s := p.Stats()
	t.Logf("%d of %d steps, late %v, %v at p99, %v at most; %v; realtime: %v", s.Done, s.Steps, s.LateP50, s.LateP99, s.LateMax, s.Since, p.Realtime())
	if s.Steps != want || s.Done != want || s.Errors != 0 || s.Err != nil {
		t.Errorf("%d steps, %d done, %d errors (%v); want %d done", s.Steps, s.Done, s.Errors, s.Err, want)
	}
	if s.LateMax <= 0 || s.LateMax > 100*ms || s.LateP50 > s.LateP99 || s.LateP99 > s.LateMax {
		t.Errorf("steps were late: %v at p50, %v at p99, %v at most", s.LateP50, s.LateP99, s.LateMax)
	}
}

// TestPlayRates: as many bytes leave in each step as its rate says, give or
// take a bucket and what a late wake-up moves.
func TestPlayRates(t *testing.T) {
	need(t, "htb")
	inNamespace(t, func(t *testing.T) {
		c := newCable(t)
		rates := once(8e6, 2e6, 2e6, 20e6, 0.5e6, 8e6) // 5 steps, of which 1 changes nothing
		var steps []Step
		send := c.prepare(600, 1514, 0)
		p, err := PlayWith("a", emulator.Link{Rates: rates}, Options{OnStep: func(s Step) { steps = append(steps, s) }})
		must(t, err)
		start := now() - p.Stats().Since
		begins := send() // 908 kB, and less leaves in 600 ms: 506 kB
		time.Sleep(700*ms - p.Stats().Since)
		checkSteps(t, p, 4)
		must(t, p.Close())
		must(t, p.Close())
		if len(steps) != 4 || steps[1].Due != 300*ms || steps[1].Done <= steps[1].Due || steps[1].Clamped {
			t.Fatalf("steps %+v, want 4 of which the second is due at 300ms", steps)
		}
		// From one step as it was made to the next, with what there was to send.
		edges := []time.Duration{begins[0] - start, steps[0].Done, steps[1].Done, steps[2].Done, steps[3].Done, 600 * ms}
		passed := make([]unit.Bytes, len(edges))
		for _, a := range c.receive(100 * ms) {
			k, _ := slices.BinarySearch(edges, a.at-start)
			passed[max(k-1, 0)] += a.size
		}
		played := []float64{8e6, 2e6, 20e6, 0.5e6, 8e6}
		for k, r := range played {
			// A bucket at either end, 10 ms of the faster neighbour, and the time
			// that a frame takes at the rate before, which HTB keeps.
			before := r
			if k > 0 {
				before = played[k-1]
			}
			fastest := max(r, before)
			want := unit.Bytes(r / 8 * (edges[k+1] - edges[k]).Seconds())
			slack := 2*burst(unit.BitRate(fastest)) + unit.Bytes(fastest/8*0.01) + unit.Bytes(r/before*float64(frame))
			t.Logf("step %d: %v passed, want %v ± %v", k, passed[k], want, slack)
			if off := passed[k] - want; off > slack || -off > slack {
				t.Errorf("step %d: %v passed, want %v ± %v", k, passed[k], want, slack)
			}
		}
	})
}

// TestPlayEnds: nothing changes after Close, and a link that does not vary
// needs no thread.
func TestPlayEnds(t *testing.T) {
	need(t, "htb")
	inNamespace(t, func(t *testing.T) {
		p, err := Play("a", emulator.Link{Rates: series(1e6, 2e6)}, 1)
		must(t, err)
		time.Sleep(150 * ms)
		must(t, p.Close())
		done := p.Stats().Done
		if done == 0 {
			t.Error("no step in 150 ms")
		}
		time.Sleep(250 * ms)
		if s := p.Stats(); s.Done != done || s.Seeded {
			t.Errorf("%d steps after Close, seeded %v; want %d, not seeded", s.Done, s.Seeded, done)
		}
		still := emulator.Link{Rate: 50 * unit.Mbps}
		p, err = Play("a", still, 1)
		must(t, err)
		must(t, Verify("a", still))
		if s := p.Stats(); s.Steps != 0 || s.Since <= 0 {
			t.Errorf("%+v, want no steps", s)
		}
		must(t, p.Close())
	})
}

// TestPlayClamps: a rate that does not send a frame in its step is raised, and
// counted.
func TestPlayClamps(t *testing.T) {
	need(t, "htb")
	inNamespace(t, func(t *testing.T) {
		p, err := Play("a", emulator.Link{Rates: once(1e3, 1e6, 100e3, 1e6)}, 0)
		must(t, err)
		time.Sleep(50 * ms)
		must(t, Verify("a", emulator.Link{Rates: once(121_120)}))
		time.Sleep(350 * ms)
		checkSteps(t, p, 3)
		if s := p.Stats(); s.Clamped != 2 {
			t.Errorf("%d steps clamped, want 2", s.Clamped)
		}
		must(t, p.Close())
	})
}

// TestPlayGone: an interface that goes away is an error, not a panic.
func TestPlayGone(t *testing.T) {
	need(t, "htb")
	inNamespace(t, func(t *testing.T) {
		p, err := Play("a", emulator.Link{Rates: series(1e6, 2e6)}, 0)
		must(t, err)
		must(t, remove("a"))
		time.Sleep(250 * ms)
		if s := p.Stats(); s.Errors == 0 || s.Err == nil || s.Done != 0 {
			t.Errorf("%+v, want errors", s)
		}
		must(t, p.Close())
	})
}

// TestPlayNetem: delays, losses and outages each 100 ms, told by what arrives.
func TestPlayNetem(t *testing.T) {
	need(t, "netem")
	inNamespace(t, func(t *testing.T) {
		c := newCable(t)
		// Delay 20, 60, 20, 20, 20 ms; no loss but in the third; an outage in the
		// fifth.
		p, err := Play("a", emulator.Link{
			Delays:  once(0.02, 0.06, 0.02, 0.02, 0.02, 0.02),
			Losses:  once(0, 0, 1, 0, 0, 0),
			Outages: []emulator.Outage{{From: 400 * ms, To: 500 * ms}},
		}, 0)
		must(t, err)
		start := now() - p.Stats().Since
		begins := c.sendAll(120, 100, 5*ms)
		all := c.receive(150 * ms)
		checkSteps(t, p, 5) // 100 to 500 ms
		must(t, p.Close())
		gone := lost(all, len(begins))
		delays := map[int]time.Duration{}
		for _, a := range all {
			delays[a.index] = a.at - begins[a.index]
		}
		near := func(at time.Duration) bool { return at%(100*ms) < 15*ms || at%(100*ms) > 85*ms }
		for i, begin := range begins {
			at := begin - start
			if near(at) || at > 600*ms {
				continue // a late step or a late wake-up
			}
			want, dropped := 20*ms, false
			switch at / (100 * ms) {
			case 1:
				want = 60 * ms
			case 2, 4:
				dropped = true
			}
			if slices.Contains(gone, i) != dropped {
				t.Errorf("at %v: dropped %v, want %v", at, !dropped, dropped)
			}
			// In order: after the step back to 20 ms some wait for those before.
			if d := delays[i]; !dropped && d < want-early50 {
				t.Errorf("at %v: %v on its way, want %v", at, d, want)
			}
		}
	})
}

// TestPlaySeeds: where the kernel has seeds, two plays of one seed lose the
// same frames, and each step draws others.
func TestPlaySeeds(t *testing.T) {
	need(t, "netem-seed")
	inNamespace(t, func(t *testing.T) {
		c := newCable(t)
		k, err := openKernel("a")
		must(t, err)
		defer k.close()
		var runs [][]int
		for range 2 {
			p, err := Play("a", emulator.Link{Losses: once(0.5, 0.4)}, 7)
			must(t, err)
			c.sendAll(200, 60, 0)
			first := lost(c.receive(20*ms), 200)
			time.Sleep(150*ms - p.Stats().Since)
			c.sendAll(200, 60, 0)
			runs = append(runs, first, lost(c.receive(20*ms), 200))
			if s := p.Stats(); !s.Seeded || s.Done != 1 {
				t.Errorf("%+v, want seeded and 1 step", s)
			}
			must(t, p.Close())
		}
		if !slices.Equal(runs[0], runs[2]) || !slices.Equal(runs[1], runs[3]) {
			t.Errorf("two plays of one seed lost %v and %v", runs[:2], runs[2:])
		}
		if slices.Equal(runs[0], runs[1]) {
			t.Error("both steps lost the same frames")
		}
	})
}
