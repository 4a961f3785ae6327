//go:build linux

package load

import (
	"math"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/gpu"
	"github.com/testbed/testbed/emulator/gpu/gputest"
	"github.com/testbed/testbed/emulator/needs"
)

// device is for how long the fake GPU was busy so far.
func device(s *gputest.State) time.Duration { return time.Duration(atomic.LoadInt64(&s.BusyNS)) }

// TestGPU holds a process on a fake GPU to what cannot depend on who else uses
// this machine: it uses no more than asked, and says what the device did.
func TestGPU(t *testing.T) {
	const level = 0.4
	s := gputest.Start(t)
	r := begin(t, Options{Load: emulator.Load{GPU: flat(level)}, Every: 50 * ms})
	busy, from := device(s), r.Status()
	if len(from) != 1 || from[0].Resource != GPU {
		t.Fatalf("at first: %+v", from)
	}
	time.Sleep(2500 * ms)
	to, did := r.Status()[0], device(s)-busy
	t.Logf("%+v; the device was busy for %v", to, did)
	if math.Abs(to.Asked-level) > 0.001 || math.Abs(to.AskedTotal-level) > 0.001 {
		t.Errorf("asked %v, in all %v, want %v", to.Asked, to.AskedTotal, level)
	}
	if to.Total > level+0.02 || to.Total < level/3 {
		t.Errorf("used %v of the GPU, want %v", to.Total, level)
	}
	// What it says against what the device did, which is told 50 ms later,
	// and has no part of what launching takes.
	said := time.Duration(to.Total*float64(to.Elapsed) - from[0].Total*float64(from[0].Elapsed))
	if said < did*8/10-60*ms || said > did*13/10+60*ms {
		t.Errorf("it says that it used %v; the device was busy for %v", said, did)
	}
	if to.Busy < level/4 || to.Busy > level+0.1 {
		t.Errorf("the GPU is busy %v by its driver, want some %v", to.Busy, level)
	}
	if s.LongestNS > int64(2*period) {
		t.Errorf("a kernel of %v", time.Duration(s.LongestNS))
	}
}

// TestGPUOverTime: levels are followed from where they are said to begin, and
// after rewinding, and none means nothing at all.
func TestGPUOverTime(t *testing.T) {
	s := gputest.Start(t)
	level := over(time.Second, 0.8, 0)
	r := begin(t, Options{Load: emulator.Load{GPU: level}, Since: 500 * ms, Every: 20 * ms})
	busy := device(s)
	time.Sleep(700 * ms) // of which 0.5 s at 0.8
	rest := device(s)
	if did := rest - busy; did > 440*ms || did < 100*ms {
		t.Errorf("busy for %v, want 400ms", did)
	}
	time.Sleep(300 * ms)
	if more := device(s) - rest; more > 0 {
		t.Errorf("busy for another %v at a level of 0", more)
	}
	if err := r.Rewind(0); err != nil {
		t.Fatal(err)
	}
	time.Sleep(500 * ms)
	if more := device(s) - rest; more > 440*ms || more < 100*ms {
		t.Errorf("busy for another %v after rewinding, want 400ms", more)
	}
	// 0.5 + 0.5 s at 0.8, in 1.5 s.
	if got := r.Status()[0]; got.AskedTotal < 0.4 || got.AskedTotal > 0.6 {
		t.Errorf("asked %v in all, want some 0.53: %+v", got.AskedTotal, got)
	}
}

// TestGPUFull: all that there is, but for the time to launch.
func TestGPUFull(t *testing.T) {
	s := gputest.Start(t)
	r := begin(t, Options{Load: emulator.Load{GPU: flat(1)}, Every: 50 * ms})
	busy, begun := device(s), time.Now()
	time.Sleep(time.Second)
	if share := (device(s) - busy).Seconds() / time.Since(begun).Seconds(); share < 0.5 {
		t.Errorf("the device was busy %.3f of the time: %+v", share, r.Status()[0])
	}
	if got := r.Status()[0].Total; got > 1.001 {
		t.Errorf("used %v of the GPU", got)
	}
}

// TestGPULost: who started the load is told why it ends.
func TestGPULost(t *testing.T) {
	s := gputest.Start(t)
	told := make(chan error, 1)
	begin(t, Options{Load: emulator.Load{GPU: flat(0.5)}, Failed: func(err error) { told <- err }})
	s.Fail("cuEventSynchronize", 700, 0)
	select {
	case err := <-told:
		if want := "background load: GPU: cuEventSynchronize: CUDA_ERROR_ILLEGAL_ADDRESS"; err.Error() != want {
			t.Errorf("told %q, want %q", err, want)
		}
	case <-time.After(10 * time.Second):
		t.Error("nobody was told")
	}
}

// TestGPURefused: a GPU that cannot be got ready is an error of Start.
func TestGPURefused(t *testing.T) {
	s := gputest.Start(t)
	s.Fail("cuModuleLoadData", 218, 0)
	_, err := Start(t.Context(), Options{Load: emulator.Load{GPU: flat(0.5), CPU: cpuLoad(0.1).CPU}})
	if err == nil || err.Error() != "background load: GPU: cuModuleLoadData: CUDA_ERROR_INVALID_PTX" {
		t.Errorf("a driver that refuses the kernel: %v", err)
	}
	t.Setenv(gpu.CUDALibrary, "/nowhere/libcuda.so.1")
	_, err = Start(t.Context(), Options{Load: emulator.Load{GPU: flat(0.5)}})
	if err == nil || !strings.HasPrefix(err.Error(), "background load: GPU: no NVIDIA GPU can be used: looked for /nowhere/libcuda.so.1 (") {
		t.Errorf("no driver: %v", err)
	}
	if left := children(t); len(left) > 0 {
		t.Errorf("processes %v are left", left)
	}
}

// TestRealGPU is half of the GPU of this machine, where there is one, which
// nobody else should use meanwhile.
func TestRealGPU(t *testing.T) {
	needs.Skip(t, "gpu", gpu.Probe(gpu.Libraries{}, 0))
	r := begin(t, Options{Load: emulator.Load{GPU: flat(0.5)}})
	time.Sleep(5 * time.Second)
	s := r.Status()[0]
	t.Logf("%+v", s)
	if math.Abs(s.Achieved-0.5) > 0.05 || math.Abs(s.Total-0.5) > 0.05 {
		t.Errorf("used %v, in all %v, of the GPU, want half", s.Achieved, s.Total)
	}
	if s.Busy != 0 && (s.Busy < 0.2 || s.Busy > 0.9) { // 0: NVML does not tell
		t.Errorf("the GPU is busy %v by NVML, want half", s.Busy)
	}
}

// BenchmarkGPU is a load of 50 % of a fake GPU for ten seconds: by how many
// points the device misses it, and what it takes of a CPU.
func BenchmarkGPU(b *testing.B) {
	const level, d = 0.5, 10 * time.Second
	s := gputest.Start(b)
	for range b.N {
		r, err := Start(b.Context(), Options{Load: emulator.Load{GPU: flat(level)}})
		if err != nil {
			b.Fatal(err)
		}
		pid := r.all[0].cmd.Process.Pid
		busy, cpu, begun := device(s), used(b, pid), time.Now()
		time.Sleep(d)
		did, spent, took := device(s)-busy, used(b, pid)-cpu, time.Since(begun)
		b.ReportMetric(100*math.Abs(did.Seconds()/took.Seconds()-level), "points-off")
		b.ReportMetric(100*math.Abs(r.Status()[0].Total-level), "points-off-as-told")
		b.ReportMetric(100*spent.Seconds()/took.Seconds(), "%core")
		if err := r.Stop(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkGPUSteps is a level that changes every 100 ms, for ten seconds, on a
// fake GPU: how late steps are at most.
func BenchmarkGPUSteps(b *testing.B) {
	gputest.Start(b)
	level := over(100*time.Millisecond, alternating(200, 0.2, 0.7)...)
	for range b.N {
		r, err := Start(b.Context(), Options{Load: emulator.Load{GPU: level}})
		if err != nil {
			b.Fatal(err)
		}
		time.Sleep(10 * time.Second)
		got := r.Status()[0]
		b.ReportMetric(got.Late.Seconds()*1000, "ms-late")
		b.ReportMetric(100*math.Abs(got.Total-got.AskedTotal), "points-off")
		if err := r.Stop(); err != nil {
			b.Fatal(err)
		}
	}
}
