//go:build linux

package node

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/testbed/testbed/emulator/gpu"
	"github.com/testbed/testbed/emulator/gpu/gputest"
)

// TestWatchGPU: the first GPU is asked time and again until the node ends.
func TestWatchGPU(t *testing.T) {
	s := gputest.Start(t)
	s.Devices = 2
	ctx, end := context.WithCancel(t.Context())
	g := watchGPU(ctx)
	if want := []string{"Fake GPU 0", "Fake GPU 1"}; !slices.Equal(g.names, want) || g.none != "" {
		t.Errorf("names %q, none: %q; want %q", g.names, g.none, want)
	}
	if got := g.last(); got == nil || got.Utilization != 0 || got.MemoryFree != 5<<30 {
		t.Errorf("at first %+v, want 5 GiB free", got)
	}
	s.Fail("nvmlDeviceGetUtilizationRates", 15, 0)
	if !within(5*time.Second, func() bool { return g.last() == nil }) {
		t.Error("it is lost, and known all the same")
	}
	s.Fail("", 0, 0)
	if !within(5*time.Second, func() bool { return g.last() != nil }) {
		t.Error("it is back, and not known")
	}
	if s.Launches > 0 || s.Contexts > 0 {
		t.Error("to ask a GPU uses it")
	}
	end()
	if !within(5*time.Second, func() bool { return s.Left() == "" }) {
		t.Errorf("the node has ended, and %s are left", s.Left())
	}
}

// within reports whether something comes true in time.
func within(d time.Duration, f func() bool) bool {
	for begun := time.Now(); !f(); time.Sleep(10 * time.Millisecond) {
		if time.Since(begun) > d {
			return false
		}
	}
	return true
}

// TestHalfADriver: a GPU that nobody tells of is known by name, and none by what
// was looked for.
func TestHalfADriver(t *testing.T) {
	gputest.Start(t)
	t.Setenv(gpu.NVMLLibrary, "/nowhere/libnvidia-ml.so.1")
	g := watchGPU(t.Context())
	if !slices.Equal(g.names, []string{"Fake GPU 0"}) || g.none != "" || g.last() != nil {
		t.Errorf("names %q, none: %q, %+v", g.names, g.none, g.last())
	}
	t.Setenv(gpu.CUDALibrary, "/nowhere/libcuda.so.1")
	g = watchGPU(t.Context())
	if len(g.names) > 0 || !strings.Contains(g.none, "looked for /nowhere/libcuda.so.1 (") || g.last() != nil {
		t.Errorf("names %q, none: %q, %+v", g.names, g.none, g.last())
	}
}
