//go:build linux

package relay_test

import (
	"testing"
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/trace"
	"github.com/testbed/testbed/emulator/unit"
)

// TestSetAt: a link stands as it does so long after its begin, what waited is
// gone, and counts go on until Set.
func TestSetAt(t *testing.T) {
	w := newWire(t)
	// Nothing for an hour; then open, 200 ms there and 100 ms back.
	there := emulator.Link{
		Outages: []emulator.Outage{{From: 0, To: time.Hour}},
		Delays:  &trace.Series{Name: "later", At: []time.Duration{0, time.Hour}, Value: []float64{5, 0.2}, Period: 2 * time.Hour},
	}
	back := emulator.Link{Rate: 1e9, Outages: []emulator.Outage{{From: 0, To: time.Hour + 100*ms}}}
	w.relay.Set(there, back, 1)
	for i := range 3 {
		w.left.send(testFrame(i, 100))
		w.right.send(testFrame(i, 100))
	}
	eventually(t, "all wait", func() bool {
		ab, ba := w.relay.Stats()
		return ab.Queued == 3 && ba.Queued == 3
	})
	for round := range 2 {
		before := time.Now()
		w.relay.SetAt(there, back, 1, time.Hour)
		w.left.send(testFrame(10+round, 100))
		w.right.send(testFrame(20+round, 200))
		for _, tt := range []struct {
			to   *host
			want int
			due  time.Duration
		}{{w.left, 20 + round, 100 * ms}, {w.right, 10 + round, 200 * ms}} {
			f := tt.to.receive(tt.due + late)
			if took := time.Since(before); f == nil || number(f) != tt.want || took < tt.due {
				t.Errorf("to %s: frame %v after %v, want %d after %v", tt.to.name, f, took, tt.want, tt.due)
			}
		}
		settle(t, w)
		ab, ba := w.relay.Stats()
		if n := int64(round + 1); ab.Packets != n || ba.Packets != n || ab.Bytes != unit.Bytes(100*n) || ba.Bytes != unit.Bytes(200*n) || ab.Queued+ba.Queued != 0 {
			t.Errorf("counts %+v and %+v, want %d packets each", ab, ba, n)
		}
		var lag int64
		for _, bin := range ab.Lag {
			lag += bin.Count
		}
		if lag != int64(round+1) {
			t.Errorf("lag of %d packets, want %d", lag, round+1)
		}
		if ab.Clock < time.Hour || ab.Clock > time.Hour+time.Since(before) {
			t.Errorf("the clock shows %v, want one hour and %v at most", ab.Clock, time.Since(before))
		}
		if since := time.Since(ab.Zero); since < ab.Clock || since > ab.Clock+time.Since(before) {
			t.Errorf("the clock shows %v, and was 0 %v ago", ab.Clock, since)
		}
	}
	w.relay.Set(there, back, 1)
	if ab, ba := w.relay.Stats(); ab.Packets+ba.Packets != 0 || len(ab.Lag) != 0 || ab.Clock > time.Minute {
		t.Errorf("after Set: %+v and %+v, want nothing", ab, ba)
	}
	if err := w.relay.Close(); err != nil {
		t.Fatal(err)
	}
	w.relay.SetAt(there, back, 1, time.Hour) // does nothing
}

// TestSetAtTakesNoTraffic: frames that came before it are not of the link that
// it sets, though by its clock they are young.
func TestSetAtTakesNoTraffic(t *testing.T) {
	w := newWire(t)
	slow := emulator.Link{Delay: 300 * ms}
	w.relay.Set(slow, slow, 1)
	for i := range 5 {
		w.left.send(testFrame(i, 100))
	}
	w.relay.SetAt(slow, slow, 1, time.Hour)
	if f := w.right.receive(300*ms + late/2); f != nil {
		t.Errorf("frame %d, sent before SetAt, came", number(f))
	}
}

// BenchmarkSetAt is the cost of beginning again at a time: two links of an
// hour's capacity, a step each 100 ms.
func BenchmarkSetAt(b *testing.B) {
	w := newWire(b)
	s := &trace.Series{Name: "hour", Period: time.Hour}
	for at := time.Duration(0); at < s.Period; at += 100 * ms {
		s.At, s.Value = append(s.At, at), append(s.Value, 1e7)
	}
	link := emulator.Link{Rates: s}
	w.relay.Set(link, link, 1)
	for b.Loop() {
		w.relay.SetAt(link, link, 1, 30*time.Minute)
	}
}
