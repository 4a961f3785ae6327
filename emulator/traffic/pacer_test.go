package traffic

import (
	"testing"
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/trace"
)

const ms = time.Millisecond

// perMs is a rate of one full frame a millisecond: 1514 · 8 bits.
const perMs = 12_112_000

// play asks a pacer as a sender does that wakes up when it should, or late, and
// returns when frames were sent.
func play(p *pacer, until time.Duration, late func(due time.Duration) time.Duration) (sent []time.Duration) {
	now := p.now
	for now < until {
		for range p.take(now) {
			sent = append(sent, now)
		}
		due := p.next()
		if due <= now {
			panic("a pacer that does not go on")
		}
		now = due
		if late != nil {
			now += late(due)
		}
	}
	return sent
}

func level(share float64) emulator.Traffic {
	return emulator.Traffic{Level: emulator.Level{Share: share}, Of: perMs}
}

// over is the level 1 and 0.25 in turn, each for 10 ms.
func over(wrap trace.Wrap) emulator.Traffic {
	return emulator.Traffic{Of: perMs, Level: emulator.Level{Over: &trace.Series{
		Name: "turns", At: []time.Duration{0, 10 * ms}, Value: []float64{1, 0.25}, Period: 20 * ms, Wrap: wrap}}}
}

func TestPacer(t *testing.T) {
	for _, tt := range []struct {
		name  string
		of    emulator.Traffic
		from  time.Duration
		until time.Duration
		want  int
		first time.Duration
	}{
		{"all", level(1), 0, 1000*ms + 1, 1000, ms},
		{"half", level(0.5), 0, 1000*ms + 1, 500, 2 * ms},
		{"a tenth", level(0.1), 0, 1000*ms + 1, 100, 10 * ms},
		// 10 + 2.5 frames in 20 ms.
		{"in turns", over(trace.Loop), 0, 1000*ms + 1, 625, ms},
		{"then nothing", over(trace.Stop), 0, 1000*ms + 1, 12, ms},
		// 10 frames until 10 ms, and 0.25 a ms from then on: 10 + 0.25 · 990.
		{"then as it was", over(trace.Hold), 0, 1000*ms + 1, 257, ms},
		// From 15 ms on: 1.25 until 20 ms, so the first is at 15 + 4.
		{"later", over(trace.Loop), 15 * ms, 20*ms + 1, 1, 19 * ms},
		{"long after", over(trace.Stop), time.Hour, 2 * time.Hour, 0, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			sent := play(newPacer(tt.of, tt.from), tt.until, nil)
			if len(sent) != tt.want {
				t.Fatalf("%d frames, want %d", len(sent), tt.want)
			}
			if tt.want > 0 && (sent[0] < tt.first || sent[0] > tt.first+2) {
				t.Errorf("the first at %v, want %v", sent[0], tt.first)
			}
		})
	}
}

// TestPacerIsAbsolute: each frame is sent no earlier than it is due, and being
// late with one does not move the others.
func TestPacerIsAbsolute(t *testing.T) {
	sent := play(newPacer(level(0.8), 0), time.Second, func(due time.Duration) time.Duration {
		return due % (700 * time.Microsecond) // up to 0.7 ms
	})
	for i, at := range sent {
		due := time.Duration(i+1) * 1250 * time.Microsecond
		if at < due-2 || at > due+ms {
			t.Fatalf("frame %d at %v, due at %v", i, at, due)
		}
	}
	if len(sent) != 799 && len(sent) != 800 { // the last is due at 1 s
		t.Errorf("%d frames in a second, want 800", len(sent))
	}
}

// TestPacerForgives: a stall of 60 ms is made up for at once, one of 300 ms but
// for 100 ms at the whole rate.
func TestPacerForgives(t *testing.T) {
	for _, tt := range []struct {
		stall time.Duration
		want  int
	}{{60 * ms, 60}, {300 * ms, 100}} {
		p := newPacer(level(1), 0)
		p.take(50*ms + 1)
		if got := p.take(50*ms + 1 + tt.stall); got != tt.want {
			t.Errorf("after %v: %d frames, want %d", tt.stall, got, tt.want)
		}
	}
	// Of a rate that is so small, one frame.
	slow := newPacer(emulator.Traffic{Level: emulator.Level{Share: 1}, Of: 12_112}, 0) // one a second
	if got := slow.take(10 * time.Second); got != 1 {
		t.Errorf("after ten seconds: %d frames, want 1", got)
	}
}

// TestPacerRewinds: at another time what was due before is not, and the level
// is that of then.
func TestPacerRewinds(t *testing.T) {
	p := newPacer(over(trace.Loop), 0)
	p.take(5*ms + 500*time.Microsecond) // half a frame is due
	p.rewind(10 * ms)
	if got := p.next(); got < 14*ms || got > 14*ms+2 {
		t.Errorf("the next frame is due at %v, want 14ms", got)
	}
	p.rewind(0)
	if got := p.next(); got < ms || got > ms+2 {
		t.Errorf("back at 0, the next frame is due at %v, want 1ms", got)
	}
	// The clock of a rewound trial can be read before it is known.
	if got := p.take(-5 * ms); got != 0 {
		t.Errorf("%d frames before the beginning", got)
	}
	if got := p.next(); got < ms || got > ms+2 {
		t.Errorf("after that, the next frame is due at %v, want 1ms", got)
	}
}

// TestPacerIsPatient: a rate of next to nothing is not searched for ever.
func TestPacerIsPatient(t *testing.T) {
	of := over(trace.Loop)
	of.Of = 1
	if got := newPacer(of, 0).next(); got != patience/2*20*ms {
		t.Errorf("asks again at %v, want after %d steps", got, patience)
	}
}
