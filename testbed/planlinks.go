package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/unit"
	"github.com/testbed/testbed/scenarios"
)

// printLinks prints all links of all conditions where there is more to say than
// the table of conditions has: several links, or more boxes than rate and delay.
func (a *app) printLinks(plan *scenarios.Plan) error {
	t := tabwriter.NewWriter(a.out, 0, 4, 2, ' ', 0)
	said := false
	for _, c := range plan.Conditions {
		for _, name := range slices.Sorted(maps.Keys(c.Links)) {
			l := c.Links[name]
			more := len(c.Links) > 1 || boxes(l.Down) != "" || boxes(l.Up) != "" || l.Down.Loss+l.Up.Loss > 0 || l.Down.Jitter+l.Up.Jitter > 0
			if !more || l.Down.Perfect() && l.Up.Perfect() {
				continue
			}
			if !said {
				fmt.Fprint(t, "\nlink\tcondition\trate\tdelay\tjitter\tloss\tbesides\n")
			}
			said = true
			printDirection(t, name+" down", c.ID, l.Down)
			printDirection(t, name+" up", c.ID, l.Up)
		}
	}
	return t.Flush()
}

func printDirection(t *tabwriter.Writer, name, condition string, l emulator.Link) {
	loss := fmt.Sprintf("%.3g %%", 100*l.Loss)
	if l.Losses != nil {
		loss = fmt.Sprintf("varies, mean %.3g %%", 100*l.Losses.Mean())
	}
	fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%v\t%s\t%s\n", name, condition, rateOf(l), delayOf(l), l.Jitter, loss, cmp.Or(boxes(l), "-"))
}

// delayOf is the delay of a direction, for people.
func delayOf(l emulator.Link) string {
	if l.Delays != nil {
		least, most := l.Delays.Range()
		return fmt.Sprintf("varies, %v to %v", seconds(least), seconds(most))
	}
	return l.Delay.String()
}

// roundTripOf is the delay of both directions, for people.
func roundTripOf(l scenarios.Links) string {
	if l.Down.Delays == nil && l.Up.Delays == nil {
		return (l.Down.Delay + l.Up.Delay).String()
	}
	var least, most time.Duration
	for _, d := range []emulator.Link{l.Down, l.Up} {
		lo, hi := d.Delay, d.Delay
		if d.Delays != nil {
			a, b := d.Delays.Range()
			lo, hi = seconds(a), seconds(b)
		}
		least, most = least+lo, most+hi
	}
	return fmt.Sprintf("varies, %v to %v", least, most)
}

func seconds(x float64) time.Duration {
	return time.Duration(x * float64(time.Second)).Round(10 * time.Microsecond)
}

// rateOf is the bottleneck of a link, for people.
func rateOf(l emulator.Link) string {
	switch {
	case l.Trace != nil || l.Rates != nil:
		return fmt.Sprintf("varies, mean %v", (l.MeanRate()+50*unit.Kbps)/(100*unit.Kbps)*(100*unit.Kbps))
	case l.Rate == 0:
		return "no limit"
	}
	return l.Rate.String()
}
