//go:build linux

package calibrate

import (
	"context"
	"slices"
	"time"

	"github.com/testbed/testbed/emulator/unit"
)

// A part is one kind of measurement.
type part struct {
	name    string
	measure func(context.Context, *bench) ([]Row, error)
	cost    func(quick bool) int // milliseconds, about
}

// Parts are the names that Options.Only may hold, in the order in which they
// are measured.
func Parts() []string {
	var names []string
	for _, p := range allParts {
		names = append(names, p.name)
	}
	return names
}

var allParts = []part{
	{"goodput", goodput, func(quick bool) int {
		return int(sumOf(rates(quick), func(r unit.BitRate) time.Duration { return floodTime(r, quick) }).Milliseconds())
	}},
	{"capacity", capacity, fixed(1300, 600)},
	{"round trip", roundTrip, fixed(2600, 1200)},
	{"send", transfers, func(quick bool) int { return int(sumOf(shots(quick), shot.takes).Milliseconds()) }},
	{"queue", queues, fixed(500, 500)},
	{"loss", losses, fixed(2700, 900)},
	{"fates", fates, fixed(1500, 550)},
	{"steps", steps, fixed(2300, 900)},
	{"replay", replay, fixed(9100, 1900)},
	{"world", worlds, fixed(400, 250)},
}

func fixed(whole, quick int) func(bool) int {
	return func(q bool) int {
		if q {
			return quick
		}
		return whole
	}
}

func sumOf[T any](all []T, takes func(T) time.Duration) (sum time.Duration) {
	for _, x := range all {
		sum += takes(x)
	}
	return sum
}

// parts are those that are asked for.
func (o Options) parts() []part {
	return slices.DeleteFunc(slices.Clone(allParts), func(p part) bool {
		return len(o.Only) > 0 && !slices.Contains(o.Only, p.name) || p.name == "replay" && o.Trace == nil
	})
}

// rates are those at which goodput is measured.
func rates(quick bool) []unit.BitRate {
	if quick {
		return []unit.BitRate{100 * unit.Mbps, unit.Gbps}
	}
	return []unit.BitRate{unit.Mbps, 5 * unit.Mbps, 10 * unit.Mbps, 50 * unit.Mbps, 100 * unit.Mbps, unit.Gbps}
}
