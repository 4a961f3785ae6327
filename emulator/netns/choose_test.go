//go:build linux

package netns

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/unit"
)

func TestChoose(t *testing.T) {
	const ms = time.Millisecond
	no := fmt.Errorf("no netem: %w", emulator.ErrUnsupported)
	noRedirect := fmt.Errorf("no ingress: %w", emulator.ErrUnsupported)
	// A kernel with HTB alone, which is not exact below 10 Mbit/s.
	htb := kernel{
		can: func(l emulator.Link) error {
			if l.Delay != 0 {
				return no
			}
			return nil
		},
		exact: func(l emulator.Link) error {
			if l.Rate != 0 && l.Rate < 10*unit.Mbps {
				return errors.New("early")
			}
			return nil
		},
		redirect: func() error { return nil },
	}
	bare := htb
	bare.redirect = func() error { return noRedirect }

	perfect := emulator.Link{}
	fast := emulator.Link{Rate: 100 * unit.Mbps}
	slow := emulator.Link{Rate: 1 * unit.Mbps}
	far := emulator.Link{Delay: 20 * ms}
	for _, tt := range []struct {
		name           string
		kernel         kernel
		asked          string
		down, up       emulator.Link
		engine, reason string
		err            string
	}{
		{"perfect", htb, "auto", perfect, perfect, "none", "a perfect link", ""},
		{"perfect, whatever is asked", htb, "relay", perfect, perfect, "none", "a perfect link", ""},
		{"a queue alone is perfect", htb, "auto", emulator.Link{Queue: 2000}, perfect, "none", "a perfect link", ""},
		{"perfect without redirection", bare, "tc", perfect, perfect, "relay", "a perfect link, but " + noRedirect.Error(), ""},
		{"auto, and the kernel can", htb, "auto", fast, perfect, "tc", "the kernel plays all that is asked", ""},
		{"no engine asked is auto", htb, "", fast, fast, "tc", "the kernel plays all that is asked", ""},
		{"auto, and the kernel cannot", htb, "auto", fast, far, "relay", "up: " + no.Error(), ""},
		{"auto, and the kernel can, but not well", htb, "auto", slow, far, "relay", "up: " + no.Error(), ""},
		{"auto, and the kernel is not exact", htb, "auto", slow, fast, "relay", "down: early", ""},
		{"auto without redirection", bare, "auto", fast, fast, "relay", noRedirect.Error(), ""},
		{"relay", htb, "relay", fast, perfect, "relay", "as asked", ""},
		{"tc", htb, "tc", fast, perfect, "tc", "as asked", ""},
		{"tc, not exact", htb, "tc", perfect, slow, "tc", "as asked, though up: early", ""},
		{"tc, and the kernel cannot", htb, "tc", far, perfect, "", "", "engine tc: down: " + no.Error()},
		{"tc without redirection", bare, "tc", fast, perfect, "", "", "engine tc: " + noRedirect.Error()},
	} {
		t.Run(tt.name, func(t *testing.T) {
			engine, reason, err := tt.kernel.choose(tt.asked, tt.down, tt.up)
			if engine != tt.engine || reason != tt.reason {
				t.Errorf("%s because %q, want %s because %q", engine, reason, tt.engine, tt.reason)
			}
			if tt.err == "" && err == nil {
				return
			}
			if err == nil || err.Error() != tt.err || !errors.Is(err, emulator.ErrUnsupported) {
				t.Errorf("error %v, want %s", err, tt.err)
			}
		})
	}
}
