//go:build linux

package netns

import (
	"fmt"

	"github.com/testbed/testbed/emulator"
)

// The engines, as LinkStatus names them.
const (
	engineRelay = "relay"
	engineTC    = "tc"
	engineNone  = "none"
)

// A kernel says what this machine's kernel can do; nil is yes.
type kernel struct {
	can      func(emulator.Link) error // play a link
	exact    func(emulator.Link) error // play it as the model says
	redirect func() error              // move frames from interface to interface
}

// choose returns the engine for a link and why it is that one. asked is auto,
// relay or tc; perfect links need no engine, whatever was asked.
//
// The error is for tc where the kernel cannot, and wraps
// emulator.ErrUnsupported.
func (k kernel) choose(asked string, down, up emulator.Link) (engine, reason string, err error) {
	if down.Perfect() && up.Perfect() {
		if err := k.redirect(); err != nil {
			return engineRelay, "a perfect link, but " + err.Error(), nil
		}
		return engineNone, "a perfect link", nil
	}
	if asked == engineRelay {
		return engineRelay, "as asked", nil
	}
	cannot := k.redirect()
	if cannot == nil {
		cannot = either(k.can, down, up)
	}
	differs := either(k.exact, down, up)
	switch {
	case asked == engineTC && cannot != nil:
		return "", "", fmt.Errorf("engine tc: %w", cannot)
	case asked == engineTC && differs != nil:
		return engineTC, Inexact + differs.Error(), nil
	case asked == engineTC:
		return engineTC, "as asked", nil
	case cannot != nil:
		return engineRelay, cannot.Error(), nil
	case differs != nil:
		return engineRelay, differs.Error(), nil
	}
	return engineTC, "the kernel plays all that is asked", nil
}

// either asks about both directions and returns the first objection.
func either(ask func(emulator.Link) error, down, up emulator.Link) error {
	if err := prefix("down: ", ask(down)); err != nil {
		return err
	}
	return prefix("up: ", ask(up))
}
