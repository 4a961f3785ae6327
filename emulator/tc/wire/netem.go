package wire

import (
	"errors"
	"math"
	"strconv"
	"time"
)

// Attributes of netem.
const (
	netemDelayDist = 2
	netemReorder   = 3
	netemCorrupt   = 4
	netemLoss      = 5
	netemLossGE    = 2 // in it
	netemRate      = 6
	netemRate64    = 8
	netemLatency64 = 10
	netemJitter64  = 11
	netemSeed      = 14
)

// TableScale is what a standard deviation is in a netem table (8192), and
// MaxTable the most entries that one may have.
const (
	TableScale = 8192
	MaxTable   = 16384
)

// MaxJitter is the most that netem computes with: its jitter is a signed
// number of nanoseconds in 32 bits.
const MaxJitter = time.Duration(math.MaxInt32)

// Netem are the settings of sch_netem. Probabilities are as Probability makes
// them. Correlations are not there: the kernel's do not keep the mean, so that
// "loss 1% 25%" loses nothing (reference F11); Gilbert is for bursts.
type Netem struct {
	Latency, Jitter time.Duration // Jitter: half the width, or the standard deviation of Table
	Table           []int16       // quantiles of the jitter, in 1/TableScale; nil: uniform

	Limit uint32 // packets, those that wait out their delay included; 0 drops all

	Loss    uint32   // independent; not used if Gilbert is set
	Gilbert *Gilbert // losses in bursts, or nil

	Reorder, Duplicate, Corrupt uint32

	Rate     uint64 // bytes/s; 0: no limit
	Overhead int32  // what Rate counts of each packet besides its length

	Seed uint64 // of all but corruption; 0: the kernel chooses
}

// Gilbert is the loss model of Gilbert and Elliott, as four probabilities: to
// go from good to bad (P) and back (R), not to lose in bad (H), and to lose in
// good (K1).
type Gilbert struct{ P, R, H, K1 uint32 }

func (*Netem) Kind() string { return "netem" }

// options returns struct tc_netem_qopt and, right after it, attributes. All
// are sent each time: what is left out keeps its value, or does not.
func (n *Netem) options() []byte {
	b := u32(nil, Ticks(n.Latency))
	b = u32(b, n.Limit)
	loss := n.Loss
	if n.Gilbert != nil {
		loss = 0
	}
	b = u32(b, loss)
	b = u32(b, n.gap())
	b = u32(b, n.Duplicate)
	b = u32(b, Ticks(n.Jitter))
	b = attribute64(b, netemLatency64, uint64(n.Latency))
	b = attribute64(b, netemJitter64, uint64(n.Jitter))
	b = attribute(b, netemReorder, u32(u32(nil, n.Reorder), 0))
	b = attribute(b, netemCorrupt, u32(u32(nil, n.Corrupt), 0))
	if g := n.Gilbert; g != nil {
		ge := u32(u32(u32(u32(nil, g.P), g.R), g.H), g.K1)
		b = attribute(b, netemLoss|nested, attribute(nil, netemLossGE, ge))
	}
	// struct tc_netem_rate: rate, overhead, and cells, which are of ATM.
	rate := u32(nil, uint32(min(n.Rate, math.MaxUint32)))
	rate = u32(rate, uint32(n.Overhead))
	rate = u32(u32(rate, 0), 0)
	if n.Rate > math.MaxUint32 {
		b = attribute64(b, netemRate64, n.Rate)
	}
	b = attribute(b, netemRate, rate)
	if len(n.Table) > 0 {
		var table []byte
		for _, v := range n.Table {
			table = u16(table, uint16(v))
		}
		b = attribute(b, netemDelayDist, table)
	}
	if n.Seed != 0 {
		b = attribute64(b, netemSeed, n.Seed)
	}
	return b
}

// gap is 1 where packets are reordered: each may be.
func (n *Netem) gap() uint32 {
	if n.Reorder > 0 {
		return 1
	}
	return 0
}

// readNetem reads what a dump has. Tables are not in it.
func readNetem(b []byte) (*Netem, error) {
	const size = 24
	if err := short(b, size); err != nil {
		return nil, err
	}
	n := &Netem{
		Latency:   time.Duration(getU32(b)) * Tick,
		Limit:     getU32(b[4:]),
		Loss:      getU32(b[8:]),
		Duplicate: getU32(b[16:]),
		Jitter:    time.Duration(getU32(b[20:])) * Tick,
	}
	a, err := attributes(b[size:])
	if err != nil {
		return nil, err
	}
	if v := a[netemLatency64]; v != nil {
		n.Latency = time.Duration(value64(v))
	}
	if v := a[netemJitter64]; v != nil {
		n.Jitter = time.Duration(value64(v))
	}
	n.Reorder, n.Corrupt = value32(a[netemReorder]), value32(a[netemCorrupt])
	if v := a[netemRate]; len(v) >= 8 {
		n.Rate, n.Overhead = uint64(getU32(v)), int32(getU32(v[4:]))
	}
	n.Rate = max(n.Rate, value64(a[netemRate64]))
	n.Seed = value64(a[netemSeed])
	if v := a[netemLoss]; v != nil {
		n.Gilbert, err = readGilbert(v)
	}
	return n, err
}

func readGilbert(b []byte) (*Gilbert, error) {
	a, err := attributes(b)
	if err != nil {
		return nil, err
	}
	v := a[netemLossGE]
	if len(v) < 16 {
		return nil, errors.New("a loss model that is not Gilbert–Elliott")
	}
	return &Gilbert{getU32(v), getU32(v[4:]), getU32(v[8:]), getU32(v[12:])}, nil
}

func (n *Netem) fields() []field {
	fs := []field{
		{"latency in ns", int64(n.Latency), 0},
		{"jitter in ns", int64(n.Jitter), 0},
		{"limit in packets", int64(n.Limit), 0},
		{"duplicate of 2^32", int64(n.Duplicate), 0},
		{"reorder of 2^32", int64(n.Reorder), 0},
		{"corrupt of 2^32", int64(n.Corrupt), 0},
		{"rate in bytes/s", int64(n.Rate), 0},
		{"overhead in bytes", int64(n.Overhead), 0},
	}
	if n.Seed != 0 { // else the kernel has one of its own
		fs = append(fs, field{"seed", int64(n.Seed), 0})
	}
	if g := n.Gilbert; g != nil {
		return append(fs, field{"loss model", 1, 0}, field{"p of 2^32", int64(g.P), 0},
			field{"r of 2^32", int64(g.R), 0}, field{"h of 2^32", int64(g.H), 0}, field{"k1 of 2^32", int64(g.K1), 0})
	}
	return append(fs, field{"loss model", 0, 0}, field{"loss of 2^32", int64(n.Loss), 0})
}

// words are what iproute2's tc takes. It cannot be given a table; one of its
// own of that name stands for it.
func (n *Netem) words() []string {
	w := []string{"limit", strconv.FormatUint(uint64(n.Limit), 10)}
	add := func(words ...string) { w = append(w, words...) }
	if n.Latency != 0 || n.Jitter != 0 || n.Reorder != 0 {
		add("delay", micros(n.Latency))
		if n.Jitter != 0 {
			add(micros(n.Jitter))
		}
	}
	if len(n.Table) > 0 {
		add("distribution", tableName(n.Table))
	}
	switch g := n.Gilbert; {
	case g != nil:
		// tc takes 1-h, and passes 1-k as the chance of a loss in good.
		add("loss", "gemodel", percent(g.P), percent(g.R), percent(math.MaxUint32-g.H), percent(g.K1))
	case n.Loss != 0:
		add("loss", "random", percent(n.Loss))
	}
	if n.Duplicate != 0 {
		add("duplicate", percent(n.Duplicate))
	}
	if n.Corrupt != 0 {
		add("corrupt", percent(n.Corrupt))
	}
	if n.Reorder != 0 {
		add("reorder", percent(n.Reorder), "gap", "1")
	}
	if n.Rate != 0 {
		add("rate", bitRate(n.Rate))
		if n.Overhead != 0 {
			add(strconv.Itoa(int(n.Overhead)))
		}
	}
	if n.Seed != 0 {
		add("seed", strconv.FormatUint(n.Seed, 10))
	}
	return w
}

// tableName is the table of tc that comes nearest: a normal distribution is
// symmetric, a Pareto one is not.
func tableName(table []int16) string {
	if mid := table[len(table)/2]; mid < -TableScale/16 {
		return "pareto"
	}
	return "normal"
}

// micros writes a time as tc takes it: it knows nothing below microseconds, but
// fractions.
func micros(d time.Duration) string {
	return strconv.FormatFloat(float64(d.Nanoseconds())/1000, 'f', -1, 64) + "us"
}

// percent writes p so that tc reads it back exactly.
func percent(p uint32) string {
	return strconv.FormatFloat(float64(p)/math.MaxUint32*100, 'f', 12, 64) + "%"
}

// bitRate writes a rate of bytes/s in bit/s, as tc does.
func bitRate(bytes uint64) string { return strconv.FormatUint(bytes*8, 10) + "bit" }
