//go:build linux && (amd64 || arm64)

package gpu_test

import (
	"runtime"
	"testing"
	"time"

	"github.com/testbed/testbed/emulator/gpu"
	"github.com/testbed/testbed/emulator/needs"
)

// TestReal is on the GPU of this machine, where there is one, which nobody else
// should use meanwhile: the kernel is compiled, takes the time that is asked
// for, and NVML sees it.
func TestReal(t *testing.T) {
	needs.Skip(t, "gpu", gpu.Probe(gpu.Libraries{}, 0))
	runtime.LockOSThread()
	d, err := gpu.Open(gpu.Libraries{}, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}()
	names, err := gpu.Names(gpu.Libraries{})
	t.Logf("%q, %v", names, err)
	for _, want := range []time.Duration{ms / 2, ms, 5 * ms, 10 * ms} {
		took := typical(t, 31, func() (float64, error) {
			took, err := d.Run(want)
			return float64(took), err
		})
		t.Logf("asked for %v, it took %v", want, time.Duration(took))
		if !near(took, float64(want), 0.25) {
			t.Errorf("asked for %v, it took %v", want, time.Duration(took))
		}
	}
	var busy time.Duration
	begun := time.Now()
	for time.Since(begun) < 3*time.Second {
		took, err := d.Run(10 * ms)
		if err != nil {
			t.Fatal(err)
		}
		busy += took
	}
	share, told := busy.Seconds()/time.Since(begun).Seconds(), d.Busy()
	t.Logf("all the time: %.4f by its events, %.2f by NVML", share, told)
	if share < 0.9 || share > 1.001 {
		t.Errorf("all the time: busy %.4f by its events", share)
	}
	if told != 0 && told < 0.8 { // 0: it does not tell
		t.Errorf("all the time: busy %.2f by NVML", told)
	}
}
