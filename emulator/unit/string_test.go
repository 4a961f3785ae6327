package unit_test

import (
	"math"
	"testing"
	"time"

	"github.com/testbed/testbed/emulator/unit"
)

func TestString(t *testing.T) {
	for r, want := range map[unit.BitRate]string{
		0:                     "0bps",
		1:                     "1bps",
		999:                   "999bps",
		1000:                  "1kbps",
		800 * unit.Kbps:       "800kbps",
		5 * unit.Mbps:         "5Mbps",
		1500 * unit.Mbps:      "1.5Gbps",
		1_234_567:             "1.234567Mbps",
		-1500:                 "-1.5kbps",
		12_112 * unit.Kbps:    "12.112Mbps",
		math.MaxInt64:         "9223372036.854775807Gbps",
		10 * unit.Gbps:        "10Gbps",
		1_000_001 * unit.Kbps: "1.000001Gbps",
	} {
		if got := r.String(); got != want {
			t.Errorf("BitRate(%d) = %s, want %s", int64(r), got, want)
		}
	}
	for n, want := range map[unit.Bytes]string{
		0:               "0B",
		1514:            "1514B",
		64 * unit.KiB:   "64KiB",
		150 * unit.KB:   "150kB",
		1 << 30:         "1GiB",
		3 * unit.MB:     "3MB",
		1000 * unit.KiB: "1000KiB",
		-2 * unit.KB:    "-2kB",
	} {
		if got := n.String(); got != want {
			t.Errorf("Bytes(%d) = %s, want %s", int64(n), got, want)
		}
	}
}

// FuzzRoundTrip: what String writes is what was, and what the parsers accept
// is not negative.
func FuzzRoundTrip(f *testing.F) {
	for _, n := range []int64{0, 1, 999, 1024, 1500, 1_000_000, 65_536, math.MaxInt64} {
		f.Add(n, "5 Mbps")
	}
	f.Add(int64(1), "1.5GiB")
	f.Add(int64(1), "12.5%")
	f.Fuzz(func(t *testing.T, n int64, s string) {
		if n >= 0 {
			if got, err := unit.ParseBitRate(unit.BitRate(n).String()); int64(got) != n || err != nil {
				t.Errorf("BitRate(%d) = %s reads as %d, %v", n, unit.BitRate(n), got, err)
			}
			if got, err := unit.ParseBytes(unit.Bytes(n).String()); int64(got) != n || err != nil {
				t.Errorf("Bytes(%d) = %s reads as %d, %v", n, unit.Bytes(n), got, err)
			}
			if got, err := unit.ParseDuration(time.Duration(n).String()); int64(got) != n || err != nil {
				t.Errorf("Duration(%d) = %s reads as %d, %v", n, time.Duration(n), got, err)
			}
		}
		if r, err := unit.ParseBitRate(s); r < 0 || err != nil && r != 0 {
			t.Errorf("ParseBitRate(%q) = %d, %v", s, r, err)
		}
		if b, err := unit.ParseBytes(s); b < 0 || err != nil && b != 0 {
			t.Errorf("ParseBytes(%q) = %d, %v", s, b, err)
		}
		if d, err := unit.ParseDuration(s); d < 0 || err != nil && d != 0 {
			t.Errorf("ParseDuration(%q) = %v, %v", s, d, err)
		}
		for _, parse := range []func(string) (float64, error){unit.ParseShare, unit.ParsePoints} {
			if p, err := parse(s); !(p >= 0 && p <= 1) {
				t.Errorf("%q reads as %v, %v", s, p, err)
			}
		}
	})
}

func TestTimeToSend(t *testing.T) {
	for _, tt := range []struct {
		rate unit.BitRate
		n    unit.Bytes
		want time.Duration
	}{
		{12 * unit.Mbps, 1500, time.Millisecond},              // 12000 bit at 12000 bit/ms
		{unit.Gbps, 1514, 12_112},                             // 12112 bit, 1 bit/ns
		{3, 1, 2_666_666_667},                                 // 8/3 s, rounded up
		{0, 1500, 0},                                          // no limit
		{unit.Mbps, 0, 0},                                     // nothing to send
		{unit.Gbps, 100 * unit.GB, 800 * time.Second},         // beyond 64 bits on the way
		{1, math.MaxInt64, math.MaxInt64},                     // longer than can be said
		{8 * unit.Gbps, math.MaxInt64 / 2, math.MaxInt64 / 2}, // 1 byte a ns
	} {
		if got := tt.rate.TimeToSend(tt.n); got != tt.want {
			t.Errorf("%v, %v: %v, want %v", tt.rate, tt.n, got, tt.want)
		}
	}
}

func TestOver(t *testing.T) {
	for _, tt := range []struct {
		n    unit.Bytes
		d    time.Duration
		want unit.BitRate
	}{
		{1500, time.Millisecond, 12 * unit.Mbps},
		{1, 3 * time.Second, 3}, // 2.67, rounded
		{1500, 0, 0},
		{1500, -1, 0},
	} {
		if got := unit.Over(tt.n, tt.d); got != tt.want {
			t.Errorf("Over(%v, %v) = %v, want %v", tt.n, tt.d, got, tt.want)
		}
	}
}
