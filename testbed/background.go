package main

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/unit"
	"github.com/testbed/testbed/runner/record"
)

// backgrounds says what is asked of a node beside inference, a line each
// resource.
func backgrounds(node string, l emulator.Load) (all []record.Background) {
	add := func(resource string, level emulator.Level, also string, gives bool) {
		if level.Over != nil {
			also = strings.TrimPrefix(also+", "+level.Over.Name, ", ")
		}
		all = append(all, record.Background{Node: node, Resource: resource, Asked: level.Mean(), Varies: level.Over != nil, Gives: gives, Also: also})
	}
	if !l.CPU.IsZero() {
		also := ""
		if l.CPU.Whole {
			also = "of all CPUs together"
		}
		add(record.CPU, l.CPU.Level, also, false)
	}
	if !l.Memory.IsZero() {
		add(record.Memory, l.Memory, "", false)
	}
	if l.Resident > 0 {
		all = append(all, record.Background{Node: node, Resource: record.Resident, Asked: float64(l.Resident)})
	}
	if !l.GPU.IsZero() {
		add(record.GPU, l.GPU, "", false)
	}
	if !l.Down.IsZero() {
		add(record.TrafficDown, l.Down.Level, transport(l.Down), l.Down.TCP || l.Down.Bulk)
	}
	if !l.Up.IsZero() {
		add(record.TrafficUp, l.Up.Level, transport(l.Up), l.Up.TCP || l.Up.Bulk)
	}
	return all
}

// transport is how cross traffic goes, for people.
func transport(t emulator.Traffic) string {
	switch {
	case t.Bulk:
		return "TCP as fast as it can"
	case t.TCP:
		return fmt.Sprintf("of %v, TCP", t.Of)
	}
	return fmt.Sprintf("of %v, UDP", t.Of)
}

// backgroundOf is what is asked of a node beside inference, for people.
func backgroundOf(node string, l emulator.Load) string {
	var words []string
	for _, b := range backgrounds(node, l) {
		word := fmt.Sprintf("%.0f %% %s", 100*b.Asked, b.Resource)
		switch {
		case b.Resource == record.Resident:
			word = fmt.Sprintf("%v held", l.Resident)
		case b.Resource == record.TrafficDown && l.Down.Over == nil && !l.Down.Bulk:
			word = fmt.Sprintf("%v %s", unit.BitRate(b.Asked*float64(l.Down.Of)), b.Resource)
		case b.Resource == record.TrafficUp && l.Up.Over == nil && !l.Up.Bulk:
			word = fmt.Sprintf("%v %s", unit.BitRate(b.Asked*float64(l.Up.Of)), b.Resource)
		case b.Varies:
			word = fmt.Sprintf("%s varies, mean %.0f %%", b.Resource, 100*b.Asked)
		case strings.HasPrefix(b.Also, "TCP"):
			word = b.Resource + " " + b.Also
		}
		words = append(words, word)
	}
	return cmp.Or(strings.Join(words, ", "), "-")
}
