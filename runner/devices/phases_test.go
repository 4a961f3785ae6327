package devices

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/testbed/testbed/inference/oip"
	"github.com/testbed/testbed/selector"
)

const ms = time.Millisecond

// timesFrom are the times of a node whose clock began at base: the request is there
// after 0, and then queue 1 ms, fetch 2, load 3, preprocess 4, infer 5.
func timesFrom(base time.Duration) oip.Times {
	return oip.Times{Received: base, Started: base + 1*ms, Fetched: base + 3*ms, Loaded: base + 6*ms, Preprocessed: base + 10*ms, Inferred: base + 15*ms}
}

// TestPhases: a request sent at 1000 ms and done at 1040 ms, of which the node
// had 15 ms: 25 ms are the network's. The node's clock is 700 ms ahead.
func TestPhases(t *testing.T) {
	within := selector.Phases{Queue: 1 * ms, Fetch: 2 * ms, Load: 3 * ms, Preprocess: 4 * ms, Infer: 5 * ms}
	with := func(up, down time.Duration) selector.Phases {
		p := within
		p.Upload, p.Download = up, down
		return p
	}
	for _, tt := range []struct {
		name  string
		t     oip.Times
		ahead time.Duration
		want  selector.Phases
	}{
		{"received at 1720 - 700", timesFrom(1720 * ms), 700 * ms, with(20*ms, 5*ms)},
		{"a clock that is behind", timesFrom(20 * ms), -1000 * ms, with(20*ms, 5*ms)},
		{"before it was sent, by an offset 30 ms off", timesFrom(1720 * ms), 730 * ms, with(0, 25*ms)},
		{"after it was done, by an offset 30 ms off", timesFrom(1720 * ms), 670 * ms, with(25*ms, 0)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := phases(1000*ms, 1040*ms, tt.t, tt.ahead)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("phases (-want +got):\n%s", diff)
			}
		})
	}
}

// TestClocksThatDrift: the node's clock runs 0.05 % faster than ours, and the
// request had no network to speak of: 20.01 ms of the node in 20 ms of ours.
// The excess of 10 µs is taken off the longest phase, inference.
func TestClocksThatDrift(t *testing.T) {
	const us = time.Microsecond
	nodes := oip.Times{Inferred: 20_010 * us}
	got, err := phases(0, 20*ms, nodes, 0)
	if diff := cmp.Diff(selector.Phases{Infer: 20 * ms}, got); diff != "" || err != nil {
		t.Errorf("error %v, phases (-want +got):\n%s", err, diff)
	}
	// 50 µs and a thousandth, 20 µs, are as much as may be.
	nodes.Inferred = 20*ms + 70*us
	if _, err := phases(0, 20*ms, nodes, 0); err != nil {
		t.Errorf("70 µs too long: %v", err)
	}
	nodes.Inferred++
	if _, err := phases(0, 20*ms, nodes, 0); err == nil || !strings.Contains(err.Error(), "20.070001ms for what took 20ms") {
		t.Errorf("more than that: error %v", err)
	}
	backwards := timesFrom(0)
	backwards.Loaded = 2 * ms // fetched at 3
	if _, err := phases(0, 40*ms, backwards, 0); err == nil || !strings.Contains(err.Error(), "backwards") {
		t.Errorf("a time before the one before it: error %v", err)
	}
}

// TestShrink: 7 of over come off the longest, which has 5, and 2 off the next.
func TestShrink(t *testing.T) {
	parts := []time.Duration{1, 5, 3}
	shrink(parts, 2)
	if diff := cmp.Diff([]time.Duration{1, 3, 3}, parts); diff != "" {
		t.Error(diff)
	}
	shrink(parts, 100)
	if diff := cmp.Diff([]time.Duration{0, 0, 0}, parts); diff != "" {
		t.Error(diff)
	}
}

// TestOutside: input made in 4 ms, written in 2, a middle of 30, read in 1.
func TestOutside(t *testing.T) {
	m := marks{began: 100 * ms, sent: 104 * ms, wrote: 106 * ms, firstByte: 136 * ms, done: 137 * ms}
	for _, tt := range []struct {
		name  string
		marks marks
		spent *spent
		want  selector.Phases
	}{
		{"nothing is told", m, nil, selector.Phases{Preprocess: 4 * ms, Upload: 2 * ms, Infer: 30 * ms, Download: 1 * ms}},
		// 30 = 20 + 1 inference, 3 queue, 2 input; 4 are left to the upload
		{"all is told", m, &spent{queue: 3 * ms, input: 2 * ms, infer: 20 * ms, output: 1 * ms},
			selector.Phases{Preprocess: 6 * ms, Upload: 6 * ms, Queue: 3 * ms, Infer: 21 * ms, Download: 1 * ms}},
		{"more is told than there was", m, &spent{queue: 30 * ms, input: 30 * ms, infer: 25 * ms},
			selector.Phases{Preprocess: 4 * ms, Upload: 2 * ms, Queue: 5 * ms, Infer: 25 * ms, Download: 1 * ms}},
		{"answered before all was written", marks{sent: 0, wrote: 20 * ms, firstByte: 15 * ms, done: 25 * ms}, nil,
			selector.Phases{Upload: 15 * ms, Download: 10 * ms}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, outside(tt.marks, tt.spent)); diff != "" {
				t.Errorf("phases (-want +got):\n%s", diff)
			}
		})
	}
}

// TestPhasesAddUp: whatever clocks and servers say, no phase is negative, and
// the sum is the time from the first to the last of our clock.
func TestPhasesAddUp(t *testing.T) {
	const seed = 7
	r := rand.New(rand.NewPCG(seed, 0))
	upTo := func(most time.Duration) time.Duration { return time.Duration(r.Int64N(int64(most))) }
	whole := func(p selector.Phases, want time.Duration) {
		t.Helper()
		for _, name := range selector.PhaseNames {
			if p.Named(name) < 0 {
				t.Fatalf("seed %d: %s of %+v is negative", seed, name, p)
			}
		}
		if p.Total() != want {
			t.Fatalf("seed %d: %+v add up to %v, want %v", seed, p, p.Total(), want)
		}
	}
	for range 10_000 {
		var times oip.Times
		at := upTo(time.Hour)
		for _, end := range []*time.Duration{&times.Received, &times.Started, &times.Fetched, &times.Loaded, &times.Preprocessed, &times.Inferred} {
			*end = at
			at += upTo(10 * ms)
		}
		sent := upTo(time.Hour)
		done := sent + upTo(60*ms)
		if p, err := phases(sent, done, times, times.Received-sent+upTo(20*ms)-10*ms); err == nil {
			whole(p, done-sent)
		}
		m := marks{began: sent, sent: sent + upTo(5*ms)}
		m.wrote, m.firstByte = m.sent+upTo(20*ms), m.sent+upTo(20*ms)
		m.done = max(m.wrote, m.firstByte) + upTo(20*ms)
		whole(outside(m, nil), m.done-m.began)
		whole(outside(m, &spent{upTo(9 * ms), upTo(9 * ms), upTo(9 * ms), upTo(9 * ms)}), m.done-m.began)
	}
}
