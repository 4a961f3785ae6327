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

// series makes one of steps that are a length apart.
func series(wrap trace.Wrap, step time.Duration, values ...float64) *trace.Series {
	s := &trace.Series{Name: "steps", Wrap: wrap, Value: values}
	for i := range values {
		s.At = append(s.At, time.Duration(i)*step)
	}
	s.Period = time.Duration(len(values)) * step
	return s
}

func TestVaries(t *testing.T) {
	one := series(trace.Loop, ms, 1)
	for _, tt := range []struct {
		link emulator.Link
		want bool
	}{
		{emulator.Link{}, false},
		{emulator.Link{Rate: unit.Mbps, Loss: 0.1, LossBurst: 4, Delay: ms, Jitter: ms, IdlePenalty: ms, IdleAfter: ms, Reorder: 1}, false},
		{emulator.Link{Rates: one}, true},
		{emulator.Link{Losses: one}, true},
		{emulator.Link{Delays: one}, true},
		{emulator.Link{Outages: []emulator.Outage{{From: 1, To: 2}}}, true},
		{emulator.Link{Trace: &trace.Trace{}}, true},
	} {
		if got := tt.link.Varies(); got != tt.want {
			t.Errorf("%+v: %v, want %v", tt.link, got, tt.want)
		}
	}
}

func TestAt(t *testing.T) {
	const never = trace.Forever
	link := emulator.Link{
		Rates:  series(trace.Loop, 10*ms, 5e6, 0, 2.4), // 2.4 bit/s: whole bits only
		Losses: series(trace.Hold, 15*ms, 0.1, 0.2),
		Delays: series(trace.Stop, 25*ms, 0.020, 0.030),
		Outages: []emulator.Outage{
			{From: 2 * ms, To: 3 * ms, Every: 50 * ms}, {From: 52*ms + 1, To: 53*ms + 1}, {From: 75 * ms, To: 90 * ms}},
		LossBurst: 3, Jitter: ms, QueuePackets: 10, Layer: emulator.Wire,
	}
	same := emulator.Link{LossBurst: 3, Jitter: ms, QueuePackets: 10, Layer: emulator.Wire}
	for _, tt := range []struct {
		at      time.Duration
		rate    unit.BitRate
		loss    float64
		delay   time.Duration
		stopped bool
		until   time.Duration
	}{
		{0, 5 * unit.Mbps, 0.1, 20 * ms, false, 2 * ms},
		{2 * ms, 5 * unit.Mbps, 0.1, 20 * ms, true, 3 * ms},
		{3 * ms, 5 * unit.Mbps, 0.1, 20 * ms, false, 10 * ms},
		{10 * ms, 0, 0.1, 20 * ms, true, 15 * ms}, // a new loss then
		{15 * ms, 0, 0.2, 20 * ms, true, 20 * ms},
		{20 * ms, 2, 0.2, 20 * ms, false, 25 * ms},
		{25 * ms, 2, 0.2, 30 * ms, false, 30 * ms},
		{50 * ms, 2, 0.2, 0, false, 52 * ms},
		{52 * ms, 2, 0.2, 0, true, 53 * ms},   // the first outage; the second begins within
		{53 * ms, 2, 0.2, 0, true, 53*ms + 1}, // and lasts longer
		{80 * ms, 2, 0.2, 0, true, 90 * ms},   // the third
		{90 * ms, 5 * unit.Mbps, 0.2, 0, false, 100 * ms},
		{102 * ms, 0, 0.2, 0, true, 103 * ms},
	} {
		now, stopped, until := link.At(tt.at)
		want := same
		want.Rate, want.Loss, want.Delay = tt.rate, tt.loss, tt.delay
		if diff := cmp.Diff(want, now); diff != "" || stopped != tt.stopped || until != tt.until {
			t.Errorf("at %v: stopped %v until %v, want %v until %v\n%s", tt.at, stopped, until, tt.stopped, tt.until, diff)
		}
	}
	if now, stopped, until := (emulator.Link{Rate: 5}).At(7); !cmp.Equal(now, emulator.Link{Rate: 5}) || stopped || until != never {
		t.Errorf("a constant link: %+v, %v until %v", now, stopped, until)
	}
	once := emulator.Link{Outages: []emulator.Outage{{From: 5, To: 6}}}
	if now, stopped, until := once.At(6); !cmp.Equal(now, emulator.Link{}) || stopped || until != never {
		t.Errorf("past the only outage: %+v, %v until %v", now, stopped, until)
	}
	two := emulator.Link{Outages: []emulator.Outage{{From: 1, To: 9}, {From: 2, To: 3}}}
	if _, stopped, until := two.At(2); !stopped || until != 9 {
		t.Errorf("an outage within another: stopped %v until %v, want until 9ns", stopped, until)
	}
	tr := &trace.Trace{Name: "tram", At: []time.Duration{1}, Period: 1, Quantum: 1514}
	if now, _, until := (emulator.Link{Trace: tr}).At(6); now.Trace != tr || until != never {
		t.Errorf("a trace: %+v until %v", now, until)
	}
}

// TestAtPlaysLikeTheWhole: packets that pass within one step of a link that
// changes pass as on the constant link that At says, and none of them begins
// while it is stopped.
func TestAtPlaysLikeTheWhole(t *testing.T) {
	steps := 0
	for seed := range uint64(300) {
		rng := rand.New(rand.NewPCG(seed, 3))
		link := randomLink(rng)
		if link.Trace != nil || link.IdlePenalty > 0 || link.CoDel != nil {
			continue
		}
		link.QueueTime, link.Loss, link.Losses, link.Jitter, link.Reorder, link.Duplicate, link.Corrupt = 0, 0, nil, 0, 0, 0, 0
		for at := time.Duration(0); at < 100*ms; {
			now, stopped, until := link.At(at)
			if until <= at {
				t.Fatalf("seed %d: at %v until %v", seed, at, until)
			}
			if now.Varies() {
				t.Fatalf("seed %d: at %v: varies: %+v", seed, at, now)
			}
			n := unit.Bytes(60 + rng.IntN(1000))
			link.Unordered, now.Unordered = true, true // a shorter delay would wait for a longer one
			out, _ := emulator.NewShaper(link, nil).Push(at, n)
			alone, _ := emulator.NewShaper(now, nil).Push(at, n)
			switch sent := alone - now.Delay; {
			case stopped:
				if out < until {
					t.Fatalf("seed %d: at %v: out at %v of a link that is stopped until %v", seed, at, out, until)
				}
			case sent < until && out != alone:
				t.Fatalf("seed %d: at %v: out at %v, on its own at %v (%+v)", seed, at, out, alone, now)
			case sent < until:
				steps++
			}
			at = until
		}
	}
	if steps < 1000 {
		t.Errorf("only %d steps compared", steps)
	}
}
