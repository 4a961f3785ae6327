package traffic

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/trace"
)

var about = cmp.Comparer(func(a, b float64) bool { return math.Abs(a-b) < 1e-9 })

// TestAccount: means over the last second and since the begin, of full frames
// on the layer of links.
func TestAccount(t *testing.T) {
	const begin = 100 * time.Second
	a := newAccount(level(0.5), begin, begin)
	for _, tt := range []struct {
		after  time.Duration
		frames int64 // in all
		want   Status
	}{
		{0, 0, Status{}},
		// 200 of the 500 ms at one frame a ms.
		{500 * ms, 200, Status{Asked: 0.5, Achieved: 0.4, AskedTotal: 0.5, Total: 0.4, Bps: 0.4 * perMs}},
		{1000 * ms, 500, Status{Asked: 0.5, Achieved: 0.5, AskedTotal: 0.5, Total: 0.5, Bps: 0.5 * perMs}},
		// Since 500 ms: 900 − 200.
		{1500 * ms, 900, Status{Asked: 0.5, Achieved: 0.7, AskedTotal: 0.5, Total: 0.6, Bps: 0.7 * perMs}},
		{4000 * ms, 900, Status{Asked: 0.5, Achieved: 0, AskedTotal: 0.5, Total: 0.225}},
	} {
		a.add(arrived{At: begin + tt.after, Bytes: tt.frames * 1472})
		if diff := cmp.Diff(tt.want, a.status(), about); diff != "" {
			t.Errorf("after %v (-want +got):\n%s", tt.after, diff)
		}
	}
}

// TestAccountOfTCP: a segment has less in it than a datagram, and bulk asks for
// no share.
func TestAccountOfTCP(t *testing.T) {
	of := level(1)
	for _, tt := range []struct {
		bulk, tcp bool
		want      Status
	}{
		{false, true, Status{Asked: 1, Achieved: 0.25, AskedTotal: 1, Total: 0.25, Bps: 0.25 * perMs}},
		{true, true, Status{Achieved: 0.25, Total: 0.25, Bps: 0.25 * perMs}},
		{true, false, Status{Achieved: 0.25, Total: 0.25, Bps: 0.25 * perMs}},
	} {
		of.Bulk, of.TCP = tt.bulk, tt.tcp
		a := newAccount(of, 0, 0)
		a.add(arrived{At: time.Second, Bytes: 250 * 1448})
		if diff := cmp.Diff(tt.want, a.status(), about); diff != "" {
			t.Errorf("bulk %v, TCP %v (-want +got):\n%s", tt.bulk, tt.tcp, diff)
		}
	}
}

// TestAccountRewinds: what was asked is added up by the trial's time as it
// stood, whenever that was moved.
func TestAccountRewinds(t *testing.T) {
	a := newAccount(over(trace.Loop), 0, 0)
	a.rewind(5*ms, -5*ms) // at 5 ms it is 10 ms: 0.25 from then on
	a.add(arrived{At: 10 * ms})
	// 5 ms at 1 and 5 ms at 0.25.
	if got := a.status().AskedTotal; math.Abs(got-0.625) > 1e-9 {
		t.Errorf("asked %v, want 0.625", got)
	}
	// A report that was under way does not count the time twice.
	a.rewind(12*ms, 12*ms)      // 2 ms at 0.25, then from 0 on
	a.add(arrived{At: 11 * ms}) // of before
	a.add(arrived{At: 15 * ms}) // 3 ms at 1
	if got, want := a.status().AskedTotal, (5+1.25+0.5+3)/15; math.Abs(got-want) > 1e-9 {
		t.Errorf("asked %v, want %v", got, want)
	}
}

func TestRefuses(t *testing.T) {
	for _, tt := range []struct {
		name string
		o    Options
		want string
	}{
		{"nothing", Options{}, "traffic: want a share of a rate, or bulk"},
		{"a share above 1", Options{Traffic: level(1.5)}, "load: down: 1.5: want a share from 0 to 1"},
		{"bulk of no rate", Options{Traffic: emulator.Traffic{Bulk: true}}, "traffic: want a share of a rate, or bulk"},
	} {
		if err := tt.o.check(); err == nil || err.Error() != tt.want {
			t.Errorf("%s: %v, want %s", tt.name, err, tt.want)
		}
	}
}
