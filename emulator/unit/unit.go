// Package unit gives quantities types, so that the compiler keeps bits from
// bytes, and reads them from text, where a number without a unit is an error.
package unit

import (
	"math"
	"math/big"
	"time"
)

// A BitRate is a data rate in bits per second. Zero means "no limit" where a
// link has one, and a true outage nowhere: an outage has a type of its own.
type BitRate int64

// Decimal multiples, as network equipment counts.
const (
	BitPerSecond BitRate = 1
	Kbps                 = 1000 * BitPerSecond
	Mbps                 = 1000 * Kbps
	Gbps                 = 1000 * Mbps
)

// Bytes is a size in bytes.
type Bytes int64

// Multiples of a byte, decimal and binary.
const (
	Byte Bytes = 1
	KB         = 1000 * Byte
	MB         = 1000 * KB
	GB         = 1000 * MB
	KiB        = 1024 * Byte
	MiB        = 1024 * KiB
	GiB        = 1024 * MiB
)

// TimeToSend returns how long n bytes occupy a link of rate r: 8n/r, rounded
// up to a nanosecond. It is 0 for a link without limit (r = 0); n and r must
// not be negative. A time longer than time.Duration holds is its maximum.
func (r BitRate) TimeToSend(n Bytes) time.Duration {
	if r == 0 || n == 0 {
		return 0
	}
	if int64(n) <= math.MaxInt64/8/int64(time.Second) {
		bits := int64(n) * 8 * int64(time.Second)
		return time.Duration((bits + int64(r) - 1) / int64(r))
	}
	x := new(big.Int).Mul(big.NewInt(int64(n)), big.NewInt(8*int64(time.Second)))
	x.Add(x, big.NewInt(int64(r)-1)).Div(x, big.NewInt(int64(r)))
	if !x.IsInt64() {
		return math.MaxInt64
	}
	return time.Duration(x.Int64())
}

// Over returns the rate at which n bytes pass in d: 8n/d. It is 0 if d is not
// positive.
func Over(n Bytes, d time.Duration) BitRate {
	if d <= 0 {
		return 0
	}
	return BitRate(math.Round(8 * float64(n) / d.Seconds()))
}
