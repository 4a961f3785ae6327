package wire

import (
	"math"
	"strconv"

	"github.com/testbed/testbed/emulator/unit"
)

// Attributes of TBF.
const (
	tbfParms  = 1
	tbfRate64 = 4
	tbfBurst  = 6
)

// TBF are the settings of a token bucket filter. Each change of them fills the
// bucket (reference 4.3), so it is for rates that stay.
type TBF struct {
	Rate  uint64     // bytes/s, not 0
	Burst unit.Bytes // at least a full frame; BucketTicks(Burst, Rate) must not be 0
	Limit uint32     // bytes that may wait

	Overhead, Least uint16 // as in HTBClass
}

func (*TBF) Kind() string { return "tbf" }

// options is a struct tc_tbf_qopt (rate, peak rate, limit, buffer, mtu) and
// the bucket in bytes, which the kernel computes with if it is there.
func (f *TBF) options() []byte {
	opt := rateSpec(f.Rate, f.Overhead, f.Least)
	opt = append(opt, make([]byte, rateSpecSize)...)
	opt = u32(u32(u32(opt, f.Limit), BucketTicks(f.Burst, f.Rate)), 0)
	b := attribute(nil, tbfParms, opt)
	b = attribute32(b, tbfBurst, uint32(min(f.Burst, math.MaxUint32)))
	if f.Rate > math.MaxUint32 {
		b = attribute64(b, tbfRate64, f.Rate)
	}
	return b
}

func readTBF(b []byte) (*TBF, error) {
	a, err := attributes(b)
	if err != nil {
		return nil, err
	}
	p := a[tbfParms]
	if err := short(p, 2*rateSpecSize+12); err != nil {
		return nil, err
	}
	f := &TBF{
		Rate:     max(uint64(getU32(p[8:])), value64(a[tbfRate64])),
		Overhead: getU16(p[2:]),
		Least:    getU16(p[6:]),
		Limit:    getU32(p[2*rateSpecSize:]),
	}
	f.Burst = bucket(getU32(p[2*rateSpecSize+4:]), f.Rate)
	return f, nil
}

func (f *TBF) fields() []field {
	ticks := int64(BucketTicks(f.Burst, f.Rate))
	// The kernel's own conversion is by a multiplier of 32 bits and counts the
	// overhead in.
	overhead := int64(BucketTicks(unit.Bytes(f.Overhead)+1, f.Rate))
	return []field{
		{"rate in bytes/s", int64(f.Rate), 0},
		{"bucket in ticks", ticks, 1 + overhead + ticks>>24},
		{"limit in bytes", int64(f.Limit), 0},
		{"overhead in bytes", int64(f.Overhead), 0},
		{"least packet in bytes", int64(f.Least), 0},
	}
}

func (f *TBF) words() []string {
	w := []string{"rate", bitRate(f.Rate), "burst", strconv.FormatInt(int64(f.Burst), 10),
		"limit", strconv.FormatUint(uint64(f.Limit), 10)}
	if f.Overhead != 0 {
		w = append(w, "overhead", strconv.Itoa(int(f.Overhead)))
	}
	if f.Least != 0 {
		w = append(w, "mpu", strconv.Itoa(int(f.Least)))
	}
	return w
}
