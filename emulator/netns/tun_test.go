//go:build linux

package netns

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/testbed/testbed/emulator"
)

// TestNoTUN: who may not open /dev/net/tun is told what to ask for instead,
// and not that namespaces are the trouble.
func TestNoTUN(t *testing.T) {
	if err := noTUN(nil); err != nil {
		t.Errorf("no error became %v", err)
	}
	for _, cause := range []error{
		fmt.Errorf("TUN edge-a: /dev/net/tun: %w", unix.EACCES),
		fmt.Errorf("TUN edge-a: make: %w", unix.EPERM),
		fmt.Errorf("TUN edge-a: no /dev/net/tun (%w)", emulator.ErrUnsupported),
	} {
		err := noTUN(cause)
		if !errors.Is(err, emulator.ErrUnsupported) || errors.Is(err, fs.ErrPermission) {
			t.Errorf("%v: want an error that wraps %v, and no lack of rights", err, emulator.ErrUnsupported)
		}
		for _, want := range []string{cause.Error(), "want device packet"} {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%q does not contain %q", err, want)
			}
		}
	}
	if other := errors.New("no memory"); noTUN(other) != other {
		t.Error("another error is changed")
	}
}
