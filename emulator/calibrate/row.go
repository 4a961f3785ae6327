//go:build linux

package calibrate

import (
	"fmt"
	"math"
)

// judged returns the row with its tolerance as the load has it, and with its
// verdict. known is the reason for a row that is off, where one is known.
func (b *bench) judged(r Row, known string) Row {
	r.Load = b.load
	if r.Engine == "" {
		r.Engine = b.engine
	}
	if b.load == Busy {
		r.Tolerance *= Slack(true)
		switch r.Bound { // a limit is itself what is relaxed
		case Least:
			r.Tolerance += r.Asked * (1 - 1/Slack(true))
		case Most:
			r.Tolerance += r.Asked * (Slack(true) - 1)
		}
	}
	off := r.Achieved - r.Asked
	switch r.Bound {
	case Least:
		r.Pass = off >= -r.Tolerance
	case Most:
		r.Pass = off <= r.Tolerance
	default:
		r.Pass = math.Abs(off) <= r.Tolerance
	}
	if r.Pass {
		return r
	}
	r.Why = fmt.Sprintf("off by %+.3g %s, %.1f of the tolerance", off, r.Unit, math.Abs(off)/max(r.Tolerance, 1e-12))
	if r.Tolerance == 0 {
		r.Why = fmt.Sprintf("off by %+.3g %s", off, r.Unit)
	}
	if known != "" {
		r.Why += ": " + known
	}
	return r
}

// failed is the row of a part that could not be carried through.
func (b *bench) failed(p part, err error) Row {
	r := b.judged(Row{Name: p.name + " measured", Unit: "times", Asked: 1}, "")
	r.Why = "it could not be measured: " + err.Error()
	return r
}
