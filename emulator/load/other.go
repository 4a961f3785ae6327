//go:build !linux

package load

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/testbed/testbed/emulator"
)

// argLoad is the hidden first argument of a load process elsewhere.
const argLoad = "-__testbed-load"

// A Running is none on this system.
type Running struct{}

// Main ends this program if it was started as a load: there are none on this
// system.
func Main() {
	if len(os.Args) == 2 && os.Args[1] == argLoad {
		fmt.Fprintln(os.Stderr, errOther)
		os.Exit(1)
	}
}

var errOther = fmt.Errorf("background load: only on Linux, where threads are pinned and their CPU time is read: %w", emulator.ErrUnsupported)

// Start says that this system has no background load.
func Start(context.Context, Options) (*Running, error) { return nil, errOther }

// Rewind does nothing.
func (r *Running) Rewind(time.Duration) error { return nil }

// Status is empty.
func (r *Running) Status() []Status { return nil }

// Stop does nothing.
func (r *Running) Stop() error { return nil }
