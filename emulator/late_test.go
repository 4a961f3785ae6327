package emulator_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/trace"
	"github.com/testbed/testbed/emulator/unit"
)

// TestShaperBegunLate: a link that is set at an age is, from then on, as one
// that has had nothing to carry until then: every box stands where the others
// stand that were there all along. That one was there is seen by asking how
// much it holds, again and again, which is no packet.
func TestShaperBegunLate(t *testing.T) {
	for seed := range uint64(500) {
		rng := rand.New(rand.NewPCG(seed, 0))
		link := randomLink(rng)
		age := time.Duration(rng.Int64N(int64(10 * time.Minute)))
		late := emulator.NewShaper(link, rand.New(rand.NewPCG(seed, 2)))
		idle := emulator.NewShaper(link, rand.New(rand.NewPCG(seed, 2)))
		for at := time.Duration(0); at < age; at += age / 7 {
			if n := idle.Queued(at); n != 0 {
				t.Fatalf("seed %d: an idle link holds %d bytes", seed, n)
			}
		}
		now := age
		for i := range 200 {
			now += time.Duration(rng.IntN(int(4 * ms)))
			n := unit.Bytes(1 + rng.IntN(1514))
			out, fate := late.Push(now, n)
			wantOut, wantFate := idle.Push(now, n)
			if out != wantOut || fate != wantFate || late.Queued(now) != idle.Queued(now) {
				t.Fatalf("seed %d: packet %d at %v + %v: %v at %v, want %v at %v", seed, i, age, now-age, fate, out, wantFate, wantOut)
			}
		}
	}
}

// TestShaperBegunAt: what each box does that changes over time, worked out by
// hand for a link that is 2.5 s old.
func TestShaperBegunAt(t *testing.T) {
	const age = 2500 * ms
	steps := func(values ...float64) *trace.Series { // one a second
		s := &trace.Series{Name: "steps", Value: values, Period: time.Duration(len(values)) * time.Second}
		for i := range values {
			s.At = append(s.At, time.Duration(i)*time.Second)
		}
		return s
	}
	for _, tt := range []struct {
		name string
		link emulator.Link
		out  []time.Duration // of three full frames at once, after age; -1: lost
	}{
		// 12.112 Mbit/s from 2 s on: a frame a millisecond.
		{"rates", emulator.Link{Rates: steps(1e6, 2e6, 12.112e6, 1e6)}, []time.Duration{ms, 2 * ms, 3 * ms}},
		// At 0.5 s of a series that started over at 2 s.
		{"rates again", emulator.Link{Rates: steps(1e6, 12.112e6)}, []time.Duration{12_112_000, 24_224_000, 36_336_000}},
		{"delays", emulator.Link{Delays: steps(1, 2, 0.25)}, []time.Duration{250 * ms, 250 * ms, 250 * ms}},
		{"losses", emulator.Link{Losses: steps(0, 0, 1)}, []time.Duration{-1, -1, -1}},
		{"an outage", emulator.Link{Rate: 12.112e6, Outages: []emulator.Outage{{From: 2400 * ms, To: 2700 * ms}}},
			[]time.Duration{201 * ms, 202 * ms, 203 * ms}},
		{"an outage that is over", emulator.Link{Rate: 12.112e6, Outages: []emulator.Outage{{From: 400 * ms, To: 2400 * ms}}},
			[]time.Duration{ms, 2 * ms, 3 * ms}},
		// Opportunities at 0 and 300 ms of each second.
		{"trace", emulator.Link{Trace: &trace.Trace{Name: "two", At: []time.Duration{0, 300 * ms}, Period: time.Second, Quantum: 1514}},
			[]time.Duration{500 * ms, 800 * ms, 1500 * ms}},
		// It fell asleep after 1 s with nothing to carry.
		{"asleep", emulator.Link{Rate: 12.112e6, IdlePenalty: 40 * ms, IdleAfter: time.Second}, []time.Duration{41 * ms, 42 * ms, 43 * ms}},
		{"awake", emulator.Link{Rate: 12.112e6, IdlePenalty: 40 * ms, IdleAfter: time.Minute}, []time.Duration{ms, 2 * ms, 3 * ms}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := emulator.NewShaper(tt.link, rand.New(rand.NewPCG(1, 1)))
			var got []time.Duration
			for range tt.out {
				out, fate := s.Push(age, emulator.FullFrame)
				if !fate.Arrives() {
					out = age - 1
				}
				got = append(got, out-age)
			}
			if diff := cmp.Diff(tt.out, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
