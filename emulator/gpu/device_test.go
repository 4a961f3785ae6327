//go:build linux && (amd64 || arm64)

package gpu_test

import (
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/testbed/testbed/emulator/gpu"
	"github.com/testbed/testbed/emulator/gpu/gputest"
)

// typical is the median of what f returns, so that a moment in which this
// machine did something else does not count.
func typical(t *testing.T, n int, f func() (float64, error)) float64 {
	t.Helper()
	all := make([]float64, n)
	for i := range all {
		var err error
		if all[i], err = f(); err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(all)
	return all[n/2]
}

// near reports whether got is want to within a share of it.
func near(got, want, share float64) bool { return math.Abs(got-want) <= share*want }

// TestRun: the device is busy for as long as it was asked to be, says so, and
// whoever asked waited that long.
func TestRun(t *testing.T) {
	s := gputest.Start(t)
	d := open(t, s)
	for _, want := range []time.Duration{ms / 2, 3 * ms, 10 * ms} {
		s.Queued = 0
		busy := typical(t, 9, func() (float64, error) {
			before, begun := s.BusyNS, time.Now()
			took, err := d.Run(want)
			busy := time.Duration(s.BusyNS - before)
			// The device's own time, to the float32 that it is told in.
			if took < busy-time.Microsecond {
				t.Errorf("it says %v, the device was busy for %v", took, busy)
			}
			if wall := time.Since(begun); wall < took-time.Microsecond {
				t.Errorf("it says %v after %v", took, wall)
			}
			return float64(took), err
		})
		if !near(busy, float64(want), 0.25) {
			t.Errorf("asked for %v, got %v", want, time.Duration(busy))
		}
		// Kernels of a millisecond, so that others get in between, and one
		// of what is left.
		if least := int64(want / ms); s.Queued < least || s.Queued > 2*least+2 {
			t.Errorf("%v in %d kernels, want about %d", want, s.Queued, least)
		}
	}
	// Of 10 multiprocessors, each to be filled.
	if s.Grid != 80 || s.Block != 256 {
		t.Errorf("%d blocks of %d threads, want 80 of 256", s.Grid, s.Block)
	}
	if s.LongestNS > int64(2*ms) {
		t.Errorf("a kernel of %v", time.Duration(s.LongestNS))
	}
}

// TestLeast: less than launching costs is not run, and none means least.
func TestLeast(t *testing.T) {
	s := gputest.Start(t)
	d := open(t, s)
	for _, ask := range []time.Duration{-ms, 0, time.Nanosecond, 100 * time.Microsecond} {
		busy := typical(t, 9, func() (float64, error) {
			before := s.Rounds
			_, err := d.Run(ask)
			return float64(s.Rounds - before), err
		})
		// Launching takes a part of the 0.1 ms, which are 1024 rounds.
		if busy < 100 || busy > 1300 {
			t.Errorf("asked for %v, got %v rounds, want 1024 at most", ask, busy)
		}
	}
}

// TestSpeed: a device that becomes slower or faster, as clocks do, is followed,
// and so is one of which others take a part.
func TestSpeed(t *testing.T) {
	s := gputest.Start(t)
	d := open(t, s)
	for _, tt := range []struct{ kiloround, others int64 }{
		{400_000, 0}, {20_000, 0}, {100_000, 0}, {100_000, 500},
	} {
		s.KiloroundNS, s.Others = tt.kiloround, tt.others
		typical(t, 6, func() (float64, error) { // getting there
			_, err := d.Run(4 * ms)
			return 0, err
		})
		took := typical(t, 9, func() (float64, error) {
			took, err := d.Run(4 * ms)
			return float64(took), err
		})
		if !near(took, float64(4*ms), 0.25) {
			t.Errorf("at %v for 1024 rounds, %d ‰ of others: asked for 4ms, got %v", time.Duration(tt.kiloround), tt.others, time.Duration(took))
		}
	}
}

// TestWake: a device that is slow at first, and a slow one, are measured right.
func TestWake(t *testing.T) {
	for _, kiloround := range []int64{1_000, 100_000, 900_000} {
		s := gputest.Start(t)
		s.Slow, s.KiloroundNS = 10, kiloround
		d := open(t, s)
		if s.Slow > 0 {
			t.Errorf("at %v for 1024 rounds it was measured while it was slow", time.Duration(kiloround))
		}
		before := s.BusyNS
		if _, err := d.Run(5 * ms); err != nil {
			t.Fatal(err)
		}
		if busy := float64(s.BusyNS - before); !near(busy, float64(5*ms), 0.5) {
			t.Errorf("at %v for 1024 rounds: asked for 5ms, got %v", time.Duration(kiloround), time.Duration(busy))
		}
	}
}

// TestHog: a device that others never leave alone can be opened, and is not
// waited for without end.
func TestHog(t *testing.T) {
	s := gputest.Start(t)
	s.Others = 950
	open(t, s)
	if s.Launches > 1000 {
		t.Errorf("%d launches to measure it", s.Launches)
	}
}

// TestBusy: what NVML says of the last second is what was run, of this device.
func TestBusy(t *testing.T) {
	s := gputest.Start(t)
	d := open(t, s)
	for begun := time.Now(); time.Since(begun) < 1200*ms; {
		if _, err := d.Run(5 * ms); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * ms)
	}
	before := s.BusyNS
	if got := d.Busy(); got < 0.1 || got > 0.65 {
		t.Errorf("half a second of the last: busy %v", got)
	}
	if s.BusyNS != before {
		t.Error("to ask takes time of the device")
	}
	s.Fail("nvmlDeviceGetUtilizationRates", 15, 0)
	if got := d.Busy(); got != 0 {
		t.Errorf("it does not tell, and is busy %v", got)
	}
}

// TestWithoutNVML: a device can be kept busy where nobody tells how busy it is.
func TestWithoutNVML(t *testing.T) {
	for name, hide := range map[string]func(*testing.T, *gputest.State){
		"no library":  func(t *testing.T, _ *gputest.State) { t.Setenv(gpu.NVMLLibrary, "/nowhere/libnvidia-ml.so.1") },
		"not allowed": func(_ *testing.T, s *gputest.State) { s.Fail("nvmlInit_v2", 4, 0) },
		"not known":   func(_ *testing.T, s *gputest.State) { s.Fail("nvmlDeviceGetHandleByPciBusId_v2", 6, 0) },
	} {
		t.Run(name, func(t *testing.T) {
			s := gputest.Start(t)
			hide(t, s)
			d := open(t, s)
			if took, err := d.Run(ms); err != nil || took <= 0 {
				t.Errorf("ran %v, %v", took, err)
			}
			if got := d.Busy(); got != 0 {
				t.Errorf("busy %v", got)
			}
		})
	}
}

// TestOpenFails: whatever the driver refuses, the error says which function and
// why, and all is given back that there was.
func TestOpenFails(t *testing.T) {
	for _, tt := range []struct {
		name   string
		after  int
		status int
		want   string
	}{
		{"cuInit", 0, 999, "libcuda.so.1: cuInit: error 999"}, // a status without a name
		{"cuInit", 0, 2, "cuInit: CUDA_ERROR_OUT_OF_MEMORY"},
		{"cuDeviceGetCount", 0, 1, "cuDeviceGetCount: CUDA_ERROR_INVALID_VALUE"},
		{"cuDeviceGet", 0, 101, "cuDeviceGet: CUDA_ERROR_INVALID_DEVICE"},
		{"cuDeviceGetPCIBusId", 0, 1, "cuDeviceGetPCIBusId: CUDA_ERROR_INVALID_VALUE"},
		{"cuDevicePrimaryCtxRetain", 0, 2, "cuDevicePrimaryCtxRetain: CUDA_ERROR_OUT_OF_MEMORY"},
		{"cuCtxSetCurrent", 0, 201, "cuCtxSetCurrent: CUDA_ERROR_INVALID_CONTEXT"},
		{"cuModuleLoadData", 0, 218, "cuModuleLoadData: CUDA_ERROR_INVALID_PTX"},
		{"cuModuleGetFunction", 0, 500, "cuModuleGetFunction: CUDA_ERROR_NOT_FOUND"},
		{"cuDeviceGetAttribute", 0, 1, "cuDeviceGetAttribute: CUDA_ERROR_INVALID_VALUE"},
		{"cuMemAlloc_v2", 0, 2, "cuMemAlloc: CUDA_ERROR_OUT_OF_MEMORY"},
		{"cuEventCreate", 0, 2, "cuEventCreate: CUDA_ERROR_OUT_OF_MEMORY"},
		{"cuEventCreate", 1, 2, "cuEventCreate: CUDA_ERROR_OUT_OF_MEMORY"},
		{"cuEventRecord", 0, 400, "cuEventRecord: CUDA_ERROR_INVALID_HANDLE"},
		{"cuEventRecord", 1, 400, "cuEventRecord: CUDA_ERROR_INVALID_HANDLE"},
		{"cuLaunchKernel", 3, 700, "cuLaunchKernel: CUDA_ERROR_ILLEGAL_ADDRESS"},
		{"cuEventSynchronize", 2, 700, "cuEventSynchronize: CUDA_ERROR_ILLEGAL_ADDRESS"},
		{"cuEventElapsedTime", 4, 600, "cuEventElapsedTime: CUDA_ERROR_NOT_READY"},
	} {
		t.Run(fmt.Sprint(tt.name, tt.after, "/", tt.status), func(t *testing.T) {
			s := gputest.Start(t)
			s.Fail(tt.name, tt.status, tt.after)
			err := gpu.Probe(gpu.Libraries{}, 0)
			refused(t, err, tt.want)
			if none := tt.name == "cuInit"; errors.Is(err, gpu.ErrNone) != none {
				t.Errorf("%v: is ErrNone: %v, want %v", err, !none, none)
			}
			left := s.Left()
			if tt.name == "cuCtxSetCurrent" {
				left = "" // nor can it be given back
			}
			if left != "" {
				t.Errorf("%s are left", left)
			}
		})
	}
}

// TestFlagsStay: whose flags are refused has a device all the same.
func TestFlagsStay(t *testing.T) {
	s := gputest.Start(t)
	s.Fail("cuDevicePrimaryCtxSetFlags_v2", 708, 0)
	if err := gpu.Probe(gpu.Libraries{}, 0); err != nil {
		t.Error(err)
	}
}

// TestRunFails: a device that is lost meanwhile is no longer busy, and says so.
func TestRunFails(t *testing.T) {
	for _, name := range []string{"cuEventRecord", "cuLaunchKernel", "cuEventSynchronize", "cuEventElapsedTime"} {
		s := gputest.Start(t)
		d := open(t, s)
		s.Fail(name, 700, 0)
		took, err := d.Run(3 * ms)
		refused(t, err, name+": CUDA_ERROR_ILLEGAL_ADDRESS")
		if took != 0 || errors.Is(err, gpu.ErrNone) {
			t.Errorf("%s fails: took %v, %v", name, took, err)
		}
		s.Fail("", 0, 0)
		time.Sleep(4 * ms) // kernels that were launched end
	}
}

// TestCloseFails: what cannot be given back is said, and the rest is.
func TestCloseFails(t *testing.T) {
	for name, left := range map[string]string{
		"cuEventDestroy_v2": "events", "cuMemFree_v2": "memory", "cuModuleUnload": "modules", "cuDevicePrimaryCtxRelease_v2": "contexts",
	} {
		s := gputest.Start(t)
		s.Fail(name, 700, 0)
		err := gpu.Probe(gpu.Libraries{}, 0)
		refused(t, err, strings.TrimSuffix(name, "_v2")+": CUDA_ERROR_ILLEGAL_ADDRESS")
		if got := s.Left(); got != left {
			t.Errorf("%s fails: %q are left, want %q", name, got, left)
		}
	}
}

// TestOwnThread: a probe stays on one thread, also where goroutines compete for
// threads, and leaves nothing behind on it.
func TestOwnThread(t *testing.T) {
	s := gputest.Start(t)
	var stop atomic.Bool
	var busy sync.WaitGroup
	for range 2 * runtime.GOMAXPROCS(0) {
		busy.Go(func() {
			for !stop.Load() {
				runtime.Gosched()
			}
		})
	}
	for range 3 {
		if err := gpu.Probe(gpu.Libraries{}, 0); err != nil {
			t.Error(err)
		}
		if left := s.Left(); left != "" {
			t.Errorf("%s are left", left)
		}
	}
	stop.Store(true)
	busy.Wait()
	if s.Launches == 0 {
		t.Error("no kernel was run")
	}
}
