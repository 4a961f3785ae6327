//go:build linux && (amd64 || arm64)

package gpu_test

import (
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/testbed/testbed/emulator/gpu"
	"github.com/testbed/testbed/emulator/gpu/gputest"
)

const ms = time.Millisecond

// open gets the fake GPU ready on the thread of t, until it ends.
func open(t *testing.T, s *gputest.State) *gpu.Device {
	t.Helper()
	runtime.LockOSThread() // not unlocked: so the thread ends with the test
	d, err := gpu.Open(gpu.Libraries{}, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
		if left := s.Left(); left != "" {
			t.Errorf("closed, but %s are left", left)
		}
	})
	return d
}

// refused fails t unless err says all of want.
func refused(t *testing.T, err error, want ...string) {
	t.Helper()
	if err == nil {
		t.Errorf("no error, want one of %q", want)
		return
	}
	for _, w := range want {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("%v: want %q in it", err, w)
		}
	}
}
