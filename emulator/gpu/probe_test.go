//go:build linux && (amd64 || arm64)

package gpu_test

import (
	"errors"
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/testbed/testbed/emulator/gpu"
	"github.com/testbed/testbed/emulator/gpu/gputest"
	"github.com/testbed/testbed/emulator/unit"
)

// TestNone: a machine without what is needed says what was looked for.
func TestNone(t *testing.T) {
	s := gputest.Start(t)
	s.Devices = 2
	for _, tt := range []struct {
		name    string
		lib     gpu.Libraries
		ordinal int
		want    []string
	}{
		{"no library", gpu.Libraries{CUDA: "libcuda-of-nobody.so"}, 0, []string{
			"looked for libcuda-of-nobody.so (", "libcuda-of-nobody.so: cannot open shared object file: No such file", "want NVIDIA's driver, or TESTBED_CUDA_LIBRARY=/path/to/libcuda.so.1"}},
		{"no library at a path", gpu.Libraries{CUDA: "/nowhere/libcuda.so.1"}, 0, []string{"looked for /nowhere/libcuda.so.1 ("}},
		{"a library of something else", gpu.Libraries{CUDA: "libc.so.6"}, 0, []string{"looked for cuInit in libc.so.6"}},
		{"a number too high", gpu.Libraries{}, 2, []string{"GPU 2: the driver knows 2, numbered from 0"}},
		{"a number below 0", gpu.Libraries{}, -1, []string{"GPU -1: the driver knows 2"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := gpu.Probe(tt.lib, tt.ordinal)
			refused(t, err, append(tt.want, "no NVIDIA GPU can be used: ")...)
			if !errors.Is(err, gpu.ErrNone) {
				t.Errorf("%v: want ErrNone", err)
			}
		})
	}
	s.Devices = 0
	err := gpu.Probe(gpu.Libraries{}, 0)
	refused(t, err, "no NVIDIA GPU can be used: the driver (", "libcuda.so.1) finds none")
	if _, err := gpu.OpenMeter(gpu.Libraries{}); !errors.Is(err, gpu.ErrNone) {
		t.Errorf("a meter of none: %v", err)
	}
	if left := s.Left(); left != "" {
		t.Errorf("%s are left", left)
	}
}

// TestOldDriver: each function that a driver lacks is missed by name.
func TestOldDriver(t *testing.T) {
	gputest.Start(t, "cuDevicePrimaryCtxRelease_v2")
	refused(t, gpu.Probe(gpu.Libraries{}, 0), "no NVIDIA GPU can be used: looked for cuDevicePrimaryCtxRelease_v2 in ", "want a driver of CUDA 11 or later")
	gputest.Start(t, "nvmlDeviceGetHandleByPciBusId_v2")
	_, err := gpu.OpenMeter(gpu.Libraries{})
	refused(t, err, "no NVIDIA GPU can be used: looked for nvmlDeviceGetHandleByPciBusId_v2 in ")
}

// TestWhere: a path that is given goes before that of the environment, and this
// before the loader's.
func TestWhere(t *testing.T) {
	gputest.Start(t)
	fake := gpu.Libraries{CUDA: os.Getenv(gpu.CUDALibrary), NVML: os.Getenv(gpu.NVMLLibrary)}
	t.Setenv(gpu.CUDALibrary, "/nowhere/cuda")
	t.Setenv(gpu.NVMLLibrary, "/nowhere/nvml")
	refused(t, gpu.Probe(gpu.Libraries{}, 0), "looked for /nowhere/cuda (")
	_, err := gpu.OpenMeter(gpu.Libraries{})
	refused(t, err, "looked for /nowhere/nvml (", "TESTBED_NVML_LIBRARY=/path/to/libnvidia-ml.so.1")
	if err := gpu.Probe(fake, 0); err != nil {
		t.Error(err)
	}
}

func TestNames(t *testing.T) {
	s := gputest.Start(t)
	s.Devices = 2
	names, err := gpu.Names(gpu.Libraries{})
	if want := []string{"Fake GPU 0", "Fake GPU 1"}; err != nil || !slices.Equal(names, want) {
		t.Errorf("%q, %v; want %q", names, err, want)
	}
	if s.Contexts != 0 || s.Launches != 0 {
		t.Error("a GPU was used for it")
	}
	s.Fail("cuDeviceGetName", 101, 1)
	_, err = gpu.Names(gpu.Libraries{})
	refused(t, err, "GPU 1: cuDeviceGetName: CUDA_ERROR_INVALID_DEVICE")
	s.Fail("cuDeviceGetCount", 1, 0)
	_, err = gpu.Names(gpu.Libraries{})
	refused(t, err, "cuDeviceGetCount: CUDA_ERROR_INVALID_VALUE")
	_, err = gpu.Names(gpu.Libraries{CUDA: "/nowhere"})
	refused(t, err, "looked for /nowhere")
}

func TestMeter(t *testing.T) {
	s := gputest.Start(t)
	s.Devices = 2
	m, err := gpu.OpenMeter(gpu.Libraries{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		m.Close()
		if left := s.Left(); left != "" {
			t.Errorf("closed, but %s are left", left)
		}
	}()
	state := gpu.State{Name: "Fake GPU 0", Memory: 8 << 30, MemoryFree: 5 << 30, Temperature: 41, Clock: 1500}
	other := state
	other.Name = "Fake GPU 1"
	for _, tt := range []struct {
		fail   string
		status int
		want   gpu.State // of the first
		err    string
	}{
		{"", 0, state, ""},
		{"nvmlDeviceGetName", 3, with(state, func(s *gpu.State) { s.Name = "" }), ""},
		{"nvmlDeviceGetTemperature", 3, with(state, func(s *gpu.State) { s.Temperature = 0 }), ""},
		{"nvmlDeviceGetClockInfo", 3, with(state, func(s *gpu.State) { s.Clock = 0 }), ""},
		{"nvmlDeviceGetMemoryInfo", 3, with(state, func(s *gpu.State) { s.Memory, s.MemoryFree = unit.Bytes(0), 0 }), ""},
		{"nvmlDeviceGetMemoryInfo", 15, state, "GPU 0: nvmlDeviceGetMemoryInfo: GPU is lost"},
		{"nvmlDeviceGetUtilizationRates", 4, state, "GPU 0: nvmlDeviceGetUtilizationRates: Insufficient Permissions"},
		{"nvmlDeviceGetUtilizationRates", 999, state, "GPU 0: nvmlDeviceGetUtilizationRates: error 999"}, // a status without a text
	} {
		s.Fail(tt.fail, tt.status, 0)
		got, err := m.States()
		if tt.err != "" {
			refused(t, err, tt.err)
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", tt.fail, err)
		} else if diff := cmp.Diff(tt.want, got[0]); diff != "" {
			t.Errorf("%s: %s", tt.fail, diff)
		}
		if tt.fail == "" {
			if diff := cmp.Diff([]gpu.State{state, other}, got); diff != "" {
				t.Error(diff)
			}
		}
	}
}

func with(s gpu.State, change func(*gpu.State)) gpu.State {
	change(&s)
	return s
}

// TestMeterUtilization: the share of the last second, in percent as it is told.
func TestMeterUtilization(t *testing.T) {
	s := gputest.Start(t)
	d := open(t, s)
	m, err := gpu.OpenMeter(gpu.Libraries{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	if _, err := d.Run(400 * ms); err != nil {
		t.Fatal(err)
	}
	all, err := m.States()
	if err != nil {
		t.Fatal(err)
	}
	// Of a second, 0.4, and what it was measured with before.
	if got := all[0].Utilization; got < 0.3 || got > 0.7 {
		t.Errorf("utilization %v, want 0.4 or somewhat more", got)
	}
}

// TestMeterFails: no meter where NVML does not do what it should, and nothing
// left.
func TestMeterFails(t *testing.T) {
	for name, want := range map[string]string{
		"nvmlInit_v2":                   "no NVIDIA GPU can be used: ",
		"nvmlDeviceGetCount_v2":         "nvmlDeviceGetCount: Insufficient Permissions",
		"nvmlDeviceGetHandleByIndex_v2": "nvmlDeviceGetHandleByIndex: Insufficient Permissions",
	} {
		s := gputest.Start(t)
		s.Fail(name, 4, 0)
		_, err := gpu.OpenMeter(gpu.Libraries{})
		refused(t, err, want, "Insufficient Permissions")
		if left := s.Left(); left != "" {
			t.Errorf("%s fails: %s are left", name, left)
		}
	}
}
