package plots

import (
	"fmt"
	"strings"

	"github.com/testbed/testbed/plots/stats"
)

// load is asked against achieved background load.
func load(s stats.Summary) table {
	t := table{Head: []string{"condition", "node", "asked", "achieved", "off, second by second", "busy with anything", "who had the CPUs"}, Numbers: 2, Words: 1, Names: 2}
	for _, c := range s.Conditions {
		for _, b := range c.Background {
			t.Rows = append(t.Rows, []string{c.Label, b.Node + " " + b.Resource, amount(b, b.Asked), achieved(b), amount(b, b.Off),
				b.Busy.Percent(1), users(b.Users)})
		}
	}
	return t
}

// amount writes a level: a share or, of resident memory, a size.
func amount(b stats.Background, n stats.Number) string {
	if b.Resource == "resident" && n.Known() {
		return (n / 1e6).Significant(4) + " MB"
	}
	return n.Percent(1)
}

// achieved adds what the share comes to.
func achieved(b stats.Background) string {
	out := amount(b, b.Achieved)
	switch {
	case !b.Bps.Known():
		return out
	case b.Resource == "memory":
		return out + ", " + (b.Bps / 1e9).Significant(3) + " GB/s"
	}
	return out + ", " + rate(b.Bps)
}

// users writes who had a node's CPUs.
func users(u *stats.Users) string {
	if u == nil {
		return "–"
	}
	out := []string{"load " + u.Load.Percent(0), "inference " + u.Inference.Percent(0), "others " + u.Others.Percent(0), "idle " + u.Idle.Percent(0)}
	if u.Throttled > 0 {
		out = append(out, fmt.Sprintf("held back by the quota %s of the time", u.Throttled.Percent(0)))
	}
	if u.Pressure > 0 {
		out = append(out, "something waiting "+u.Pressure.Percent(0))
	}
	return strings.Join(out, ", ")
}
