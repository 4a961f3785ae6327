//go:build linux

package netns

import (
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/testbed/testbed/emulator"
)

// SetLink makes the link of a node or pair, in both directions, as it would be
// if nothing had ever been sent over it. What was on its way is lost. name is
// that of a node, whose link others may be beside, or Pair.Name: then down is
// towards A. Equal seeds give equal losses and jitter, where the engine draws
// them itself. Status says which engine plays the link, and why.
//
// If the engine asked for cannot play the link the error wraps
// emulator.ErrUnsupported and the link is as it was.
func (w *World) SetLink(name string, down, up emulator.Link, seed uint64) error {
	return w.setLink(LinkArgs{Link: name, Down: down, Up: up, Seed: seed})
}

// SetLinkBy is SetLink by an engine of this choice, relay or tc, whatever the
// world was asked for, where the link is not perfect. So a simpler link can be
// measured as it is played that it stands for.
func (w *World) SetLinkBy(engine, name string, down, up emulator.Link, seed uint64) error {
	if engine != engineRelay && engine != engineTC {
		return fmt.Errorf("link of %s: engine %q: want relay or tc", name, engine)
	}
	return w.setLink(LinkArgs{Link: name, Down: down, Up: up, Seed: seed, Engine: engine})
}

func (w *World) setLink(ask LinkArgs) error {
	if err := checkLinks(ask); err != nil {
		return err
	}
	return w.callLink("Router.SetLink", ask, ask)
}

// checkLinks says what is wrong with links that are asked for.
func checkLinks(ask LinkArgs) error {
	err := errors.Join(prefix("down: ", ask.Down.Check()), prefix("up: ", ask.Up.Check()))
	return prefix("link of "+ask.Link+": ", err)
}

// callLink has the router set a link, and remembers what was asked.
func (w *World) callLink(method string, ask LinkArgs, arg any) error {
	name := ask.Link
	var failed Failure
	if err := w.calls.Call(method, arg, &failed); err != nil {
		return fmt.Errorf("link of %s: %w", name, w.lost(err))
	}
	if err := failed.err(); err != nil {
		return fmt.Errorf("link of %s: %w", name, err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked[name] = ask
	return nil
}

// SetLinkAt is SetLink with links whose clock shows since, 0 or more: what
// varies over time stands as it does so long after its begin, after which the
// link had nothing to carry. Counts in Status go on, from the last SetLink. It
// takes little time where the links are those that were set last.
//
// A seed that was used before draws the same losses again, from the first
// packet on. What was on its way is lost, of cross traffic too, which a
// TCP connection takes for congestion.
//
// Links that the kernel plays cannot be set so: the error wraps
// emulator.ErrUnsupported and the link is as it was. Perfect ones can.
func (w *World) SetLinkAt(name string, down, up emulator.Link, seed uint64, since time.Duration) error {
	ask := LinkArgs{Link: name, Down: down, Up: up, Seed: seed}
	if since < 0 {
		return fmt.Errorf("link of %s: %v after its begin: want 0 or more", name, since)
	}
	w.mu.Lock()
	before, known := w.asked[name]
	w.mu.Unlock()
	if known && before.Engine == "" && sameLink(before.Down, down) && sameLink(before.Up, up) {
		return w.callLink("Router.Rewind", ask, RewindArgs{LinkArgs: LinkArgs{Link: name, Seed: seed}, Same: true, Since: since})
	}
	if err := checkLinks(ask); err != nil {
		return err
	}
	return w.callLink("Router.Rewind", ask, RewindArgs{LinkArgs: ask, Since: since})
}

// sameLink reports whether links are equal; those that share their traces and
// series are quickly found to be.
func sameLink(a, b emulator.Link) bool { return reflect.DeepEqual(a, b) }

// prefix puts words before an error, if there is one.
func prefix(words string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s%w", words, err)
}

// SetLoad starts background load on a node, in place of what was there; the
// zero Load ends it. It runs on the node's CPUs and within its Quota, but for
// cross traffic, which runs on the router's: of that only the link is burdened.
// What varies over time stands as it does so long, 0 or more, after its begin.
// What is asked for as it was before goes on, and is rewound if it varies.
//
// Cross traffic goes between the node and Config.Peer, by the way that all
// packets between them take. A TCP connection opens when the links let it.
func (w *World) SetLoad(node string, l emulator.Load, since time.Duration) error {
	ask := LoadArgs{Node: node, Load: l, Since: since}
	w.mu.Lock()
	before, known := w.loads[node]
	delete(w.loads, node) // until it is known to be made
	w.mu.Unlock()
	if known && reflect.DeepEqual(before, l) {
		ask.Load, ask.Same = emulator.Load{}, true
	}
	var failed Failure
	if err := w.calls.Call("Router.SetLoad", ask, &failed); err != nil {
		return fmt.Errorf("load of %s: %w", node, w.lost(err))
	}
	if err := failed.err(); err != nil {
		return fmt.Errorf("load of %s: %w", node, err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.loads[node] = l
	return nil
}

// Status returns what links and loads did since they were set.
func (w *World) Status() (Status, error) {
	var s Status
	if err := w.calls.Call("Router.Status", struct{}{}, &s); err != nil {
		return Status{}, fmt.Errorf("status: %w", w.lost(err))
	}
	var err error
	if s.Nodes, err = w.quotas.status(); err != nil {
		return Status{}, fmt.Errorf("status: %w", err)
	}
	// The router does not send traces back, which can be long.
	w.mu.Lock()
	defer w.mu.Unlock()
	for name, ask := range w.asked {
		s.Down[name] = withAsked(s.Down[name], ask.Down)
		s.Up[name] = withAsked(s.Up[name], ask.Up)
	}
	return s, nil
}

func withAsked(s LinkStatus, l emulator.Link) LinkStatus {
	s.Asked = l
	return s
}
