package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/tc"
	"github.com/testbed/testbed/emulator/trace"
	"github.com/testbed/testbed/scenarios"
)

// printTC prints, for every link of every condition, the lines of the tc
// command that would set the same up by hand. Links are set by netlink; these
// lines are for people, and for machines without this program.
func (a *app) printTC(plan *scenarios.Plan) error {
	for _, c := range plan.Conditions {
		for _, name := range slices.Sorted(maps.Keys(c.Links)) {
			for _, d := range []struct {
				direction string
				link      emulator.Link
			}{{"down", c.Links[name].Down}, {"up", c.Links[name].Up}} {
				if err := a.printLines(c.ID, name, d.direction, d.link); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (a *app) printLines(condition, name, direction string, l emulator.Link) error {
	fmt.Fprintf(a.out, "# %s: %s %s\n", condition, name, direction)
	first, _, until := l.At(0)
	lines, err := tc.Lines("DEV", first)
	switch {
	case errors.Is(err, emulator.ErrUnsupported):
		fmt.Fprintf(a.out, "# not by tc, so the relay plays it: %v\n", err)
		return nil
	case err != nil:
		return err
	}
	if len(lines) == 0 {
		fmt.Fprintln(a.out, "# a perfect wire: nothing to set")
	}
	for _, line := range lines {
		fmt.Fprintln(a.out, line)
	}
	if l.Varies() && until < trace.Forever {
		fmt.Fprintf(a.out, "# it varies: this is how it begins, for the first %v; later steps change the same\n", until)
	}
	if differs := tc.Exact(l); differs != nil {
		fmt.Fprintf(a.out, "# not quite what is asked: %v\n", differs)
	}
	return nil
}
