//go:build linux

package local

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/netns"
	"github.com/testbed/testbed/emulator/unit"
)

// A played says what a link played from some time on: its clock showed since
// when World.Now was at.
type played struct{ at, since time.Duration }

// Rewind implements runner.World. Links that do not vary are left alone: a
// request that is over has left nothing in their queues. Where one varies that
// the kernel plays, nothing is changed.
//
// The losses and jitter of a link are drawn anew from each instant, and are the
// same whoever is there: what is rewound to the same instant meets the same, and
// another instant others.
func (w *World) Rewind(ctx context.Context, since time.Duration) (bool, error) {
	if w.fixed {
		return false, nil
	}
	ctx, done := w.alive(ctx)
	defer done()
	for _, name := range slices.Sorted(maps.Keys(w.entered.Links)) {
		if !w.varies(name) {
			continue
		}
		if err := w.rewindLink(name, since); err != nil {
			return false, w.broken(err)
		}
	}
	return true, w.broken(errors.Join(ctx.Err(), w.rewindLoads(since)))
}

// varies says whether a link of the condition changes over time by itself.
func (w *World) varies(name string) bool {
	l := w.entered.Links[name]
	return l.Down.Varies() || l.Up.Varies()
}

func (w *World) rewindLink(name string, since time.Duration) error {
	w.playing.Lock()
	defer w.playing.Unlock()
	l := w.entered.Links[name]
	if err := w.net.SetLinkAt(name, l.Down, l.Up, w.seedOf(name, w.seed)+uint64(since), since); err != nil {
		return err
	}
	w.played[name] = append(w.played[name], played{w.Now(), since})
	return nil
}

// rewindLoads has background load that varies stand as it does since after its
// begin.
func (w *World) rewindLoads(since time.Duration) error {
	for _, n := range w.inference {
		if l := w.load[n.Name]; l.Varies() {
			if err := w.setLoad(n.Name, l, since); err != nil {
				return err
			}
		}
	}
	return nil
}

// unwindable says whether a link of the condition varies that cannot be rewound,
// s being the status of its links.
func (w *World) unwindable(s netns.Status) bool {
	for name := range w.entered.Links {
		if w.varies(name) && (s.Down[name].Engine == engineTC || s.Up[name].Engine == engineTC) {
			return true
		}
	}
	return false
}

// asked is the mean rate that a link, whose clock shows clock now, offered since
// another time; 0 if it has no limit. w.playing is held.
func (w *World) asked(name string, l emulator.Link, clock, since, now time.Duration) unit.BitRate {
	if now <= since {
		return 0
	}
	var bits float64
	to := now
	for _, p := range slices.Backward(w.played[name]) {
		from := max(p.at, since)
		if from >= to {
			break
		}
		// The link itself knows best what its clock showed; before it was
		// rewound last, we do.
		end := clock
		if to != now {
			end = p.since + to - p.at
		}
		bits += float64(offered(l, end-(to-from), end)) * (to - from).Seconds()
		to = from
	}
	if to == now {
		return offered(l, clock-(now-since), clock)
	}
	return unit.BitRate(bits/(now-to).Seconds() + 0.5)
}
