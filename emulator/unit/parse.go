package unit

import (
	"fmt"
	"math/big"
	"strings"
	"time"
)

// bitMultiples are the letters that may come before "bps", with their factors.
// Only these: a lower-case m is a thousandth, not a million.
var bitMultiples = map[string]int64{
	"":  int64(BitPerSecond),
	"k": int64(Kbps),
	"K": int64(Kbps),
	"M": int64(Mbps),
	"G": int64(Gbps),
}

// byteUnits are the units of a size, with their factors.
var byteUnits = map[string]int64{
	"B":   int64(Byte),
	"kB":  int64(KB),
	"KB":  int64(KB),
	"MB":  int64(MB),
	"GB":  int64(GB),
	"KiB": int64(KiB),
	"MiB": int64(MiB),
	"GiB": int64(GiB),
}

// ParseBitRate reads a rate such as "5Mbps", "5 Mbit/s", "5Mbit", "800kbps" or
// "250000bps": a decimal number, at most one space, and bps, bit/s or bit,
// with k, M or G (decimal) before it. The rate must be a whole number of bits
// per second; "0bps" is 0. A number without a unit, a negative one and a unit
// that counts bytes are errors that say what was wanted.
func ParseBitRate(s string) (BitRate, error) {
	num, unit, err := split(s, "a rate such as 5Mbps")
	if err != nil {
		return 0, err
	}
	for _, suffix := range []string{"bps", "bit/s", "bit"} {
		multiple, ok := strings.CutSuffix(unit, suffix)
		if factor, known := bitMultiples[multiple]; ok && known {
			n, err := scaled(s, num, factor, "bits per second")
			return BitRate(n), err
		}
	}
	if strings.HasSuffix(unit, "Bps") || strings.HasSuffix(unit, "B/s") {
		return 0, fmt.Errorf("%q counts bytes: want bits, such as 5Mbps", s)
	}
	return 0, fmt.Errorf("%q: unit %q is unknown: want bps, kbps, Mbps or Gbps", s, unit)
}

// ParseBytes reads a size such as "1500B", "150kB" or "64KiB": a decimal
// number, at most one space, and B with k, M, G (decimal) or Ki, Mi, Gi
// (binary) before it. The size must be a whole number of bytes.
func ParseBytes(s string) (Bytes, error) {
	num, unit, err := split(s, "a size such as 150kB")
	if err != nil {
		return 0, err
	}
	factor, ok := byteUnits[unit]
	if !ok {
		return 0, fmt.Errorf("%q: unit %q is unknown: want B, kB, MB, GB, KiB, MiB or GiB", s, unit)
	}
	n, err := scaled(s, num, factor, "bytes")
	return Bytes(n), err
}

// ParseDuration reads a time such as "20ms", "1.5 s" or "1m30s", in the units
// of time.ParseDuration: ns, us, ms, s, m, h. Unlike that, it refuses a number
// without a unit, also 0, and a sign.
func ParseDuration(s string) (time.Duration, error) {
	const want = "a time such as 20ms"
	num, unit, err := split(s, want)
	if err != nil {
		return 0, err
	}
	d, err := time.ParseDuration(num + unit)
	if err != nil || strings.ContainsAny(unit, " +-") {
		return 0, fmt.Errorf("%q: want %s; the units are ns, us, ms, s, m and h", s, want)
	}
	return d, nil
}

// ParseShare reads a part of a whole, from "0%" to "100%", as a fraction:
// "12.5%" is 0.125. A number without a percent sign is an error, since 0.5
// could mean a half or half a percent.
func ParseShare(s string) (float64, error) {
	return hundredths(s, "%", "a share from 0% to 100%, such as 50%")
}

// ParsePoints reads a difference of two shares, from "0pp" to "100pp"
// (percentage points), as a difference of fractions: "10pp" is 0.1.
func ParsePoints(s string) (float64, error) {
	return hundredths(s, "pp", "percentage points from 0pp to 100pp, such as 10pp")
}

// hundredths reads a number from 0 to 100 with the one unit that it may have.
func hundredths(s, unit, want string) (float64, error) {
	num, got, err := split(s, want)
	if err != nil {
		return 0, err
	}
	r, ok := new(big.Rat).SetString(num)
	if got != unit || !ok || r.Cmp(big.NewRat(100, 1)) > 0 {
		return 0, fmt.Errorf("%q: want %s", s, want)
	}
	f, _ := r.Quo(r, big.NewRat(100, 1)).Float64()
	return f, nil
}

// split cuts a quantity into its number, which is digits with at most one
// point between them, and its unit. want is for errors.
func split(s, want string) (num, unit string, err error) {
	const digits = "0123456789"
	num = s[:len(s)-len(strings.TrimLeft(s, digits+"."))]
	unit = s[len(num):]
	whole, part, point := strings.Cut(num, ".")
	switch {
	case strings.HasPrefix(s, "-"):
		return "", "", fmt.Errorf("%q is negative: want %s", s, want)
	case whole == "" || point && part == "" || strings.Contains(part, ".") || len(num) > 40:
		return "", "", fmt.Errorf("%q: want %s", s, want)
	case unit == "":
		return "", "", fmt.Errorf("%q has no unit: want %s", s, want)
	}
	return num, strings.TrimPrefix(unit, " "), nil
}

// scaled returns num × factor, which must be whole and fit. s and what are for
// errors.
func scaled(s, num string, factor int64, what string) (int64, error) {
	r, ok := new(big.Rat).SetString(num)
	if !ok {
		return 0, fmt.Errorf("%q: %q is not a number", s, num)
	}
	r.Mul(r, new(big.Rat).SetInt64(factor))
	switch {
	case !r.IsInt():
		return 0, fmt.Errorf("%q: want a whole number of %s", s, what)
	case !r.Num().IsInt64():
		return 0, fmt.Errorf("%q: more %s than can be counted", s, what)
	}
	return r.Num().Int64(), nil
}
