//go:build linux

package load

import (
	"math"
	"os"
	"os/exec"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/thread"
	"github.com/testbed/testbed/emulator/trace"
)

// BenchmarkCPU is a load of 50 % of a CPU for ten seconds: by how many points
// the process misses it, by the kernel's count of all its threads, and what of a
// CPU it spends on other than the work.
func BenchmarkCPU(b *testing.B) {
	const level, d = 0.5, 10 * time.Second
	for range b.N {
		r, err := Start(b.Context(), Options{Load: cpuLoad(level), CPUs: allCPUs(b)[:1]})
		if err != nil {
			b.Fatal(err)
		}
		pid := r.all[0].cmd.Process.Pid
		cpu, from, begun := used(b, pid), r.Status()[0], time.Now()
		time.Sleep(d)
		spent, took, to := used(b, pid)-cpu, time.Since(begun), r.Status()[0]
		work := to.Total*to.Elapsed.Seconds() - from.Total*from.Elapsed.Seconds()
		work *= took.Seconds() / (to.Elapsed - from.Elapsed).Seconds()
		b.ReportMetric(100*math.Abs(float64(spent)/float64(took)-level), "points-off")
		b.ReportMetric(100*(spent.Seconds()-work)/took.Seconds(), "%core-control")
		if err := r.Stop(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkClocks is what a turn of the work costs and how much of it is reading
// the clocks.
func BenchmarkClocks(b *testing.B) {
	for name, f := range map[string]func(*computing){
		"turn":   func(c *computing) { c.work(time.Second); c.used(); monotonic() },
		"clocks": func(c *computing) { c.used(); monotonic() },
	} {
		b.Run(name, func(b *testing.B) {
			c := newComputing()
			for b.Loop() {
				f(c)
			}
		})
	}
}

// BenchmarkSteps is a level that changes every 100 ms, for ten seconds: how late
// steps are at most.
func BenchmarkSteps(b *testing.B) {
	level := over(100*time.Millisecond, alternating(100, 0.2, 0.7)...)
	level.Over.Wrap = trace.Loop
	for range b.N {
		r, err := Start(b.Context(), Options{Load: emulator.Load{CPU: emulator.CPULoad{Level: level}}, CPUs: allCPUs(b)[:1]})
		if err != nil {
			b.Fatal(err)
		}
		time.Sleep(10 * time.Second)
		s := r.Status()[0]
		b.ReportMetric(s.Late.Seconds()*1000, "ms-late")
		b.ReportMetric(100*math.Abs(s.Total-s.AskedTotal), "points-off")
		if err := r.Stop(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkBeside is a load of 50 % of a CPU beside something else on it, for
// ten seconds: what it achieves, and the other.
func BenchmarkBeside(b *testing.B) {
	for _, other := range []struct {
		name        string
		busy, pause time.Duration // of CPU time, and after it
	}{
		{"hog", time.Hour, 0},
		{"inference-40ms-pause-120ms", 40 * time.Millisecond, 120 * time.Millisecond},
	} {
		b.Run(other.name, func(b *testing.B) {
			cpus := allCPUs(b)[:1]
			for range b.N {
				beside := exec.Command("/proc/self/exe")
				beside.Env = append(os.Environ(), besideBusy+"="+other.busy.String(), besidePause+"="+other.pause.String())
				if err := startOn(beside, cpus); err != nil {
					b.Fatal(err)
				}
				r, err := Start(b.Context(), Options{Load: cpuLoad(0.5), CPUs: cpus})
				if err != nil {
					b.Fatal(err)
				}
				before := used(b, beside.Process.Pid)
				time.Sleep(10 * time.Second)
				b.ReportMetric(100*r.Status()[0].Total, "%load")
				b.ReportMetric(100*(used(b, beside.Process.Pid)-before).Seconds()/10, "%other")
				if err := r.Stop(); err != nil {
					b.Fatal(err)
				}
				_ = beside.Process.Kill()
				_ = beside.Wait()
			}
		})
	}
}

// Set in the environment of a process that computes and pauses by turns.
const (
	besideBusy  = "LOAD_TEST_BUSY"
	besidePause = "LOAD_TEST_PAUSE"
)

// computeBeside computes and pauses, as told by the environment.
func computeBeside() {
	busy, _ := time.ParseDuration(os.Getenv(besideBusy))
	pause, _ := time.ParseDuration(os.Getenv(besidePause))
	thread.ThrowAway(func() {
		c := newComputing()
		for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(pause) {
			for from := kernelTime(unix.CLOCK_THREAD_CPUTIME_ID); kernelTime(unix.CLOCK_THREAD_CPUTIME_ID)-from < busy; {
				c.work(longTurn)
			}
		}
	})
}
