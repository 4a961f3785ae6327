//go:build linux

package calibrate

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/trace"
	"github.com/testbed/testbed/emulator/unit"
)

// wire is a frame as it arrives: Ethernet, IP and UDP around a payload.
func wire(i int, n unit.Bytes) []byte {
	f := make([]byte, headers)
	ip := f[etherHeader:]
	ip[0], ip[8], ip[9] = 0x45, 64, 17
	copy(ip[12:], []byte{10, 77, 1, 2, 10, 77, 2, 2})
	check := ^sum(ip[:ipHeader])
	ip[10], ip[11] = byte(check>>8), byte(check)
	p := payload(i, n)
	udp := f[etherHeader+ipHeader:]
	udp[0], udp[1], udp[3] = source>>8, source&0xff, discard
	length := udpHeader + len(p)
	udp[4], udp[5] = byte(length>>8), byte(length)
	return append(f, p...)
}

// TestParse: any flipped bit after the Ethernet header is seen, and the number
// survives it.
func TestParse(t *testing.T) {
	for _, n := range []unit.Bytes{SmallestFrame, 64, 100, emulator.FullFrame} {
		f := wire(70_123, n)
		if len(f) != int(n) {
			t.Fatalf("%d bytes, want %d", len(f), n)
		}
		if i, corrupt, ok := parse(f); i != 70_123 || corrupt || !ok {
			t.Fatalf("%d bytes: %d, %v, %v", n, i, corrupt, ok)
		}
		for bit := 8 * etherHeader; bit < 8*len(f); bit++ {
			f[bit/8] ^= 1 << (bit % 8)
			if i, corrupt, ok := parse(f); i != 70_123 || !corrupt || !ok {
				t.Fatalf("%d bytes, bit %d of byte %d: %d, %v, %v", n, bit%8, bit/8, i, corrupt, ok)
			}
			f[bit/8] ^= 1 << (bit % 8)
		}
	}
	if _, _, ok := parse(make([]byte, 60)[:SmallestFrame-1]); ok {
		t.Error("a frame that is too short has a number")
	}
}

func TestRuns(t *testing.T) {
	var got []Got
	for _, i := range []int{1, 2, 5, 7, 7, 8} { // of 10: 0, 3, 4, 6 and 9 did not come
		got = append(got, Got{Index: i})
	}
	if lost, runs := runsOf(10, got); lost != 5 || runs != 4 {
		t.Errorf("%d lost in %d runs, want 5 in 4", lost, runs)
	}
}

func TestDiffering(t *testing.T) {
	a := []Got{{Index: 0}, {Index: 1}, {Index: 1}, {Index: 3, Corrupt: true}, {Index: 4}, {Index: 99}}
	b := []Got{{Index: 4}, {Index: 3}, {Index: 1}, {Index: 0}, {Index: 2}}
	if got := differing(5, a, b); got != 3 { // 1 came twice, 2 did not come, 3 was corrupt
		t.Errorf("%d differ, want 3", got)
	}
	if got := differing(5, a, a); got != 0 {
		t.Errorf("%d differ from themselves", got)
	}
}

func TestTripRows(t *testing.T) {
	var trips []time.Duration
	for i := range 100 { // from 39.95 to 40.94 ms
		trips = append(trips, roundTripAsked+time.Duration(10*i-50)*time.Microsecond)
	}
	rows := (&bench{engine: "relay", load: Idle}).tripRows(trips, "")
	if got := []float64{rows[0].Achieved, rows[1].Achieved}; !slices.Equal(got, []float64{40.45, 40.94}) || rows[0].Pass || !rows[1].Pass {
		t.Errorf("%+v", rows)
	}
}

func TestQuantile(t *testing.T) {
	all := []time.Duration{5, 1, 4, 2, 3}
	for q, want := range map[float64]time.Duration{0: 1, 0.5: 3, 0.99: 5, 1: 5} {
		if got := quantile(all, q); got != want {
			t.Errorf("quantile %v: %v, want %v", q, got, want)
		}
	}
	if quantile(nil, 0.5) != 0 {
		t.Error("a quantile of nothing")
	}
}

// TestLateness: a queue that drops delivers the k'th frame when the model
// without a limit delivers it.
func TestLateness(t *testing.T) {
	l := emulator.Link{Rate: 12_112 * unit.Kbps, QueuePackets: 5} // a frame a millisecond
	ms := time.Millisecond
	var sent []time.Duration
	for i := range 100 {
		sent = append(sent, 3*ms+time.Duration(i)*ms/4)
	}
	got := []Got{{At: 4 * ms}, {At: 5*ms + 700}, {At: 6*ms - 300}, {At: 7 * ms}, {At: 8 * ms}, {At: 9 * ms}, {At: 10*ms + 5}, {At: 40 * ms}}
	want := []time.Duration{0, 700, 300, 0, 0, 0, 5} // the last came after all were sent
	if diff := cmp.Diff(want, lateness(l, sent, got)); diff != "" {
		t.Errorf("lateness (-want +got):\n%s", diff)
	}
}

func TestPerSecond(t *testing.T) {
	tr := &trace.Trace{Name: "t", At: []time.Duration{0}, Period: 100 * time.Millisecond, Quantum: emulator.FullFrame} // ten a second
	var got []Got
	for i := range 10 { // in the first second all, in the next eight
		got = append(got, Got{At: time.Second + time.Duration(i)*100*time.Millisecond})
		if i < 8 {
			got = append(got, Got{At: 2*time.Second + time.Duration(i)*100*time.Millisecond})
		}
	}
	asked, achieved, off := perSecond(tr, got, time.Second, 2)
	if asked != 20*1514 || achieved != 18*1514 || off != 0.1 { // 2 of 20
		t.Errorf("asked %v, achieved %v, off %v", asked, achieved, off)
	}
	if s := rateOf(tr, 250*time.Millisecond); !slices.Equal(s.Value, []float64{121_120}) || s.Check() != nil {
		t.Errorf("%+v: %v", s, s.Check()) // 1514 · 8 / 0.1 s
	}
}

// TestShots: F2 is measured from 1 kB to 10 MB where it takes less than 10 s.
func TestShots(t *testing.T) {
	sizes := map[unit.BitRate]int{}
	for _, s := range shots(false) {
		sizes[s.rate]++
		if s.asked() >= longest || s.repeats < 1 {
			t.Errorf("%+v takes %v", s, s.asked())
		}
	}
	want := map[unit.BitRate]int{unit.Mbps: 4, 10 * unit.Mbps: 5, 100 * unit.Mbps: 5}
	if diff := cmp.Diff(want, sizes); diff != "" {
		t.Errorf("sizes by rate (-want +got):\n%s", diff)
	}
}

// TestPlanned: a calibration takes minutes and a quick one seconds.
func TestPlanned(t *testing.T) {
	for _, tt := range []struct {
		quick bool
		most  time.Duration
	}{{false, 240 * time.Second}, {true, 43 * time.Second}} {
		sum := 0
		for _, p := range (Options{Quick: tt.quick, Trace: &trace.Trace{}}).parts() {
			sum += p.cost(tt.quick)
		}
		if took := 4 * time.Duration(sum) * time.Millisecond; took > tt.most {
			t.Errorf("quick %v: about %v for two engines and loads, want at most %v", tt.quick, took, tt.most)
		}
	}
}
