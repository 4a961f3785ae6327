package wire

import (
	"strconv"
	"time"
)

// FIFO is a drop-tail queue.
type FIFO struct {
	Packets bool   // Limit counts packets, else bytes
	Limit   uint32 // that may wait
}

func (f *FIFO) Kind() string {
	if f.Packets {
		return "pfifo"
	}
	return "bfifo"
}

// options is a struct tc_fifo_qopt, one number.
func (f *FIFO) options() []byte { return u32(nil, f.Limit) }

func readFIFO(kind string, b []byte) (*FIFO, error) {
	if err := short(b, 4); err != nil {
		return nil, err
	}
	return &FIFO{Packets: kind == "pfifo", Limit: getU32(b)}, nil
}

func (f *FIFO) fields() []field { return []field{{"limit", int64(f.Limit), 0}} }
func (f *FIFO) words() []string { return []string{"limit", strconv.FormatUint(uint64(f.Limit), 10)} }

// Attributes of CoDel.
const (
	codelTarget   = 1
	codelLimit    = 2
	codelInterval = 3
	codelECN      = 4
)

// CoDel are the settings of sch_codel, which marks nothing here, but drops.
// The kernel keeps times in units of 1024 ns.
type CoDel struct {
	Target, Interval time.Duration // at least 2 µs
	Limit            uint32        // packets that may wait
}

func (*CoDel) Kind() string { return "codel" }

func (c *CoDel) options() []byte {
	b := attribute32(nil, codelLimit, c.Limit)
	b = attribute32(b, codelInterval, uint32(c.Interval.Microseconds()))
	b = attribute32(b, codelTarget, uint32(c.Target.Microseconds()))
	return attribute32(b, codelECN, 0)
}

func readCoDel(b []byte) (*CoDel, error) {
	a, err := attributes(b)
	if err != nil {
		return nil, err
	}
	return &CoDel{
		Target:   time.Duration(value32(a[codelTarget])) * time.Microsecond,
		Interval: time.Duration(value32(a[codelInterval])) * time.Microsecond,
		Limit:    value32(a[codelLimit]),
	}, nil
}

func (c *CoDel) fields() []field {
	return []field{
		{"target in µs", c.Target.Microseconds(), 2},
		{"interval in µs", c.Interval.Microseconds(), 2},
		{"limit in packets", int64(c.Limit), 0},
	}
}

func (c *CoDel) words() []string {
	us := func(d time.Duration) string { return strconv.FormatInt(d.Microseconds(), 10) + "us" }
	return []string{"limit", strconv.FormatUint(uint64(c.Limit), 10), "target", us(c.Target), "interval", us(c.Interval), "noecn"}
}

// IngressQdisc is where filters of what arrives are. It has no settings.
type IngressQdisc struct{}

func (*IngressQdisc) Kind() string    { return "ingress" }
func (*IngressQdisc) options() []byte { return nil }
func (*IngressQdisc) fields() []field { return nil }
func (*IngressQdisc) words() []string { return nil }
