package unit

import (
	"strconv"
	"strings"
)

// String returns the rate exactly, in the largest unit that it reaches:
// "5Mbps", "1.5Gbps", "0bps". ParseBitRate reads it back, unless it is
// negative.
func (r BitRate) String() string {
	for _, u := range []struct {
		name  string
		size  BitRate
		zeros int
	}{{"Gbps", Gbps, 9}, {"Mbps", Mbps, 6}, {"kbps", Kbps, 3}} {
		if r >= u.size || r <= -u.size {
			return decimal(int64(r), u.zeros) + u.name
		}
	}
	return strconv.FormatInt(int64(r), 10) + "bps"
}

// String returns the size exactly, in the largest unit of which it is a whole
// multiple: "64KiB", "150kB", "1514B". ParseBytes reads it back, unless it is
// negative.
func (n Bytes) String() string {
	for _, u := range []struct {
		name string
		size Bytes
	}{{"GiB", GiB}, {"GB", GB}, {"MiB", MiB}, {"MB", MB}, {"KiB", KiB}, {"kB", KB}} {
		if n != 0 && n%u.size == 0 {
			return strconv.FormatInt(int64(n/u.size), 10) + u.name
		}
	}
	return strconv.FormatInt(int64(n), 10) + "B"
}

// decimal writes n / 10^zeros without rounding, for |n| ≥ 10^zeros.
func decimal(n int64, zeros int) string {
	digits := strconv.FormatInt(n, 10)
	point := len(digits) - zeros
	fraction := strings.TrimRight(digits[point:], "0")
	if fraction == "" {
		return digits[:point]
	}
	return digits[:point] + "." + fraction
}
