package emulator_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/unit"
)

// An event is one Push with its answer.
type event struct {
	Now, Out time.Duration
	Size     unit.Bytes
	Fate     emulator.Fate
}

// traffic pushes 300 random packets, in bursts and pauses, at times that are
// sometimes on the grid of the traces.
func traffic(link emulator.Link, seed uint64) (events []event) {
	rng := rand.New(rand.NewPCG(seed, 1))
	s := emulator.NewShaper(link, rand.New(rand.NewPCG(seed, 2)))
	var now time.Duration
	for range 300 {
		switch rng.IntN(4) {
		case 0:
			now += time.Duration(rng.IntN(int(6 * ms)))
		case 1:
			now = (now/ms + 1) * ms
		}
		n := unit.Bytes(1 + rng.IntN(1514))
		out, fate := s.Push(now, n)
		events = append(events, event{now, out, n, fate})
	}
	return events
}

// TestShaperKeepsItsPromises pushes random packets through random links and
// checks what the comments of Link and Push promise, whatever the parameters:
// nothing arrives before it could, nothing is reordered, no more passes than
// the bottleneck offers, nothing is lost, dropped or marked but where a box
// does it, and the same seed gives the same fates.
func TestShaperKeepsItsPromises(t *testing.T) {
	for seed := range uint64(1000) {
		link := randomLink(rand.New(rand.NewPCG(seed, 0)))
		if err := link.Check(); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		events := traffic(link, seed)
		if diff := cmp.Diff(events, traffic(link, seed)); diff != "" {
			t.Errorf("seed %d: two runs differ:\n%s", seed, diff)
		}
		var last time.Duration
		var passed unit.Bytes
		for i, e := range events {
			if !allowed(link, e) {
				t.Fatalf("seed %d, packet %d: %+v on %+v", seed, i, e, link)
			}
			if !e.Fate.Arrives() {
				continue
			}
			if first := e.Now + link.Rate.TimeToSend(link.Layer.Size(e.Size)) + least(link); e.Out < first {
				t.Fatalf("seed %d, packet %d: out at %v, before %v", seed, i, e.Out, first)
			}
			if e.Out < last && link.Reorder == 0 && !link.Unordered {
				t.Fatalf("seed %d, packet %d: out at %v, before an earlier one at %v", seed, i, e.Out, last)
			}
			last = e.Out
			passed += link.Layer.Size(e.Size)
			if e.Out == math.MaxInt64 {
				continue
			}
			served := e.Out - least(link) // by then at the latest
			if n, limited := link.Offered(0, served+1); limited && passed > n {
				t.Fatalf("seed %d, packet %d: %d bytes through by %v, more than the %d offered (%+v)", seed, i, passed, served, n, link)
			}
		}
	}
}

// allowed reports whether the link has a box that can do that to a packet.
func allowed(l emulator.Link, e event) bool {
	if !e.Fate.Arrives() && e.Out != 0 {
		return false
	}
	switch e.Fate &^ (emulator.Duplicated | emulator.Corrupted) {
	case emulator.Lost:
		return (l.Loss > 0 || l.Losses != nil) && e.Fate == emulator.Lost
	case emulator.Dropped:
		limit := l.Queue > 0 || l.QueuePackets > 0 || l.QueueTime > 0 || l.CoDel != nil
		neck := l.Rate > 0 || l.Rates != nil || l.Trace != nil || l.Outages != nil || l.IdlePenalty > 0
		return limit && neck && e.Fate == emulator.Dropped
	}
	return (e.Fate&emulator.Duplicated == 0 || l.Duplicate > 0) && (e.Fate&emulator.Corrupted == 0 || l.Corrupt > 0)
}

// least is the least delay that a packet may have.
func least(l emulator.Link) time.Duration {
	if l.Reorder > 0 || l.Delays != nil {
		return 0
	}
	return max(0, l.Delay-4*l.Jitter) // 4: of the shapes that reach farther than 1
}
