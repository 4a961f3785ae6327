package unit_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/testbed/testbed/emulator/unit"
)

func TestParseBitRate(t *testing.T) {
	for in, want := range map[string]unit.BitRate{
		"5Mbps":                  5_000_000,
		"5 Mbit/s":               5_000_000,
		"5Mbit":                  5_000_000,
		"800kbps":                800_000,
		"800Kbit":                800_000,
		"1.5Gbps":                1_500_000_000,
		"250000bps":              250_000,
		"0.001kbps":              1,
		"0bps":                   0,
		"007Mbps":                7_000_000,
		"9223372036854775807bps": math.MaxInt64,
		"12.50Mbps":              12_500_000,
	} {
		if got, err := unit.ParseBitRate(in); got != want || err != nil {
			t.Errorf("ParseBitRate(%q) = %d, %v; want %d", in, got, err, want)
		}
	}
	for in, want := range map[string]string{
		"5":                      `"5" has no unit: want a rate such as 5Mbps`,
		"0":                      `"0" has no unit: want a rate such as 5Mbps`,
		"-5Mbps":                 `"-5Mbps" is negative: want a rate such as 5Mbps`,
		"5MBps":                  `"5MBps" counts bytes: want bits, such as 5Mbps`,
		"5MB/s":                  `"5MB/s" counts bytes: want bits, such as 5Mbps`,
		"5mbps":                  `"5mbps": unit "mbps" is unknown: want bps, kbps, Mbps or Gbps`,
		"5Mibps":                 `"5Mibps": unit "Mibps" is unknown: want bps, kbps, Mbps or Gbps`,
		"5  Mbps":                `"5  Mbps": unit " Mbps" is unknown: want bps, kbps, Mbps or Gbps`,
		"5ms":                    `"5ms": unit "ms" is unknown: want bps, kbps, Mbps or Gbps`,
		"0.5bps":                 `"0.5bps": want a whole number of bits per second`,
		"9223372036854775808bps": `"9223372036854775808bps": more bits per second than can be counted`,
		"NaNMbps":                `"NaNMbps": want a rate such as 5Mbps`,
		"+5Mbps":                 `"+5Mbps": want a rate such as 5Mbps`,
		".5Mbps":                 `".5Mbps": want a rate such as 5Mbps`,
		"5.Mbps":                 `"5.Mbps": want a rate such as 5Mbps`,
		"1.2.3Mbps":              `"1.2.3Mbps": want a rate such as 5Mbps`,
		"1e3Mbps":                `"1e3Mbps": unit "e3Mbps" is unknown: want bps, kbps, Mbps or Gbps`,
		"":                       `"": want a rate such as 5Mbps`,
		" 5Mbps":                 `" 5Mbps": want a rate such as 5Mbps`,
		"Mbps":                   `"Mbps": want a rate such as 5Mbps`,
	} {
		if got, err := unit.ParseBitRate(in); err == nil || err.Error() != want {
			t.Errorf("ParseBitRate(%q) = %d, %v; want %s", in, got, err, want)
		}
	}
}

func TestParseBytes(t *testing.T) {
	for in, want := range map[string]unit.Bytes{
		"64KiB":  65_536,
		"150kB":  150_000,
		"150KB":  150_000,
		"1500B":  1500,
		"1.5MiB": 1_572_864, // 1.5 · 1024²
		"2 GB":   2_000_000_000,
		"1GiB":   1 << 30,
		"0B":     0,
	} {
		if got, err := unit.ParseBytes(in); got != want || err != nil {
			t.Errorf("ParseBytes(%q) = %d, %v; want %d", in, got, err, want)
		}
	}
	for in, want := range map[string]string{
		"1500":  `"1500" has no unit: want a size such as 150kB`,
		"-1B":   `"-1B" is negative: want a size such as 150kB`,
		"64Kib": `"64Kib": unit "Kib" is unknown: want B, kB, MB, GB, KiB, MiB or GiB`,
		"64k":   `"64k": unit "k" is unknown: want B, kB, MB, GB, KiB, MiB or GiB`,
		"1.5B":  `"1.5B": want a whole number of bytes`,
		"NaNB":  `"NaNB": want a size such as 150kB`,
	} {
		if got, err := unit.ParseBytes(in); err == nil || err.Error() != want {
			t.Errorf("ParseBytes(%q) = %d, %v; want %s", in, got, err, want)
		}
	}
}

func TestParseDuration(t *testing.T) {
	for in, want := range map[string]time.Duration{
		"20ms":   20 * time.Millisecond,
		"1.5 s":  1500 * time.Millisecond,
		"1m30s":  90 * time.Second,
		"0s":     0,
		"250us":  250 * time.Microsecond,
		"250µs":  250 * time.Microsecond,
		"100ns":  100,
		"0.02ms": 20 * time.Microsecond,
	} {
		if got, err := unit.ParseDuration(in); got != want || err != nil {
			t.Errorf("ParseDuration(%q) = %v, %v; want %v", in, got, err, want)
		}
	}
	for in, want := range map[string]string{
		"20":             `"20" has no unit: want a time such as 20ms`,
		"0":              `"0" has no unit: want a time such as 20ms`,
		"-20ms":          `"-20ms" is negative: want a time such as 20ms`,
		"20 parsecs":     `"20 parsecs": want a time such as 20ms; the units are ns, us, ms, s, m and h`,
		"1m-30s":         `"1m-30s": want a time such as 20ms; the units are ns, us, ms, s, m and h`,
		"9999999999999h": `"9999999999999h": want a time such as 20ms; the units are ns, us, ms, s, m and h`,
		"NaNs":           `"NaNs": want a time such as 20ms`,
	} {
		if got, err := unit.ParseDuration(in); err == nil || err.Error() != want {
			t.Errorf("ParseDuration(%q) = %v, %v; want %s", in, got, err, want)
		}
	}
}

func TestParseShareAndPoints(t *testing.T) {
	for in, want := range map[string]float64{
		"50%": 0.5, "12.5%": 0.125, "0%": 0, "100%": 1, "0.1 %": 0.001, "10%": 0.1, "99.9%": 0.999,
	} {
		if got, err := unit.ParseShare(in); got != want || err != nil {
			t.Errorf("ParseShare(%q) = %v, %v; want %v", in, got, err, want)
		}
		points := strings.Replace(in, "%", "pp", 1)
		if got, err := unit.ParsePoints(points); got != want || err != nil {
			t.Errorf("ParsePoints(%q) = %v, %v; want %v", points, got, err, want)
		}
	}
	const share, points = "want a share from 0% to 100%, such as 50%", "want percentage points from 0pp to 100pp, such as 10pp"
	for _, tt := range []struct {
		parse    func(string) (float64, error)
		in, want string
	}{
		{unit.ParseShare, "0.5", `"0.5" has no unit: ` + share},
		{unit.ParseShare, "50", `"50" has no unit: ` + share},
		{unit.ParseShare, "101%", `"101%": ` + share},
		{unit.ParseShare, "100.0001%", `"100.0001%": ` + share},
		{unit.ParseShare, "-1%", `"-1%" is negative: ` + share},
		{unit.ParseShare, "10pp", `"10pp": ` + share},
		{unit.ParseShare, "NaN%", `"NaN%": ` + share},
		{unit.ParsePoints, "10%", `"10%": ` + points},
		{unit.ParsePoints, "10", `"10" has no unit: ` + points},
		{unit.ParsePoints, "200pp", `"200pp": ` + points},
	} {
		if got, err := tt.parse(tt.in); err == nil || err.Error() != tt.want {
			t.Errorf("%q: %v, %v; want %s", tt.in, got, err, tt.want)
		}
	}
}
