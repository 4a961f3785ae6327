//go:build linux

// Package load makes background utilization on CPUs: threads that burn a given
// share of each, in a closed loop on the CPU time that they really got.
package load

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// Options say what to burn.
type Options struct {
	CPUs  []int   // one thread on each; empty: all that this process may run on
	Level float64 // share of each CPU, 0 to 1

	// Period is the grid on which a thread burns and then sleeps, so that
	// the load is even at the scale of an inference. Zero is 10 ms; at most
	// 20 ms.
	Period time.Duration

	// Every is how often progress is reported. Zero is 250 ms.
	Every time.Duration
}

// A Sample says how well the load was achieved: shares of each CPU, averaged
// over the CPUs.
type Sample struct {
	Asked    float64       `json:"asked"`
	Achieved float64       `json:"achieved"` // over the last second; since the start if that is shorter
	Total    float64       `json:"total"`    // since the start
	Elapsed  time.Duration `json:"elapsed_ns"`
}

const (
	defaultPeriod = 10 * time.Millisecond
	maxPeriod     = 20 * time.Millisecond
	defaultEvery  = 250 * time.Millisecond
	achievedSpan  = time.Second
)

// Burn makes the load until ctx is done, and then returns nil. report is
// called from one goroutine, the first time as soon as every thread is pinned.
//
// Level is the share that the load itself uses. Where others want a CPU too,
// the scheduler may give it less: up to a second of CPU time is caught up
// later, and Achieved says what it got.
func Burn(ctx context.Context, o Options, report func(Sample)) error {
	if err := o.fill(); err != nil {
		return err
	}
	// A burning goroutine holds its P for a whole period.
	if want := len(o.CPUs) + 2; runtime.GOMAXPROCS(0) < want {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(want))
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()

	burners := make([]*burner, len(o.CPUs))
	ready := make(chan error, len(burners))
	var wg sync.WaitGroup
	for i, cpu := range o.CPUs {
		b := &burner{cpu: cpu, rule: regulator{level: o.Level, period: o.Period}}
		burners[i] = b
		wg.Go(func() { b.run(ctx, ready) })
	}
	defer wg.Wait()
	defer cancel()
	for range burners {
		if err := <-ready; err != nil {
			return err
		}
	}
	watch(ctx, o, burners, report)
	return nil
}

func (o *Options) fill() error {
	if !(o.Level >= 0 && o.Level <= 1) {
		return fmt.Errorf("load level %v: want a share from 0 to 1", o.Level)
	}
	if o.Period == 0 {
		o.Period = defaultPeriod
	}
	if o.Period < 0 || o.Period > maxPeriod {
		return fmt.Errorf("load period %v: want at most %v", o.Period, maxPeriod)
	}
	if o.Every == 0 {
		o.Every = defaultEvery
	}
	if len(o.CPUs) > 0 {
		return nil
	}
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		return fmt.Errorf("CPUs of this process: %w", err)
	}
	for cpu := range len(set) * 64 {
		if set.IsSet(cpu) {
			o.CPUs = append(o.CPUs, cpu)
		}
	}
	return nil
}

// watch reports until ctx is done.
func watch(ctx context.Context, o Options, burners []*burner, report func(Sample)) {
	tick := time.NewTicker(o.Every)
	defer tick.Stop()
	recent := window{span: achievedSpan}
	recent.add(reading{})
	report(Sample{Asked: o.Level})
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		r := mean(burners)
		report(Sample{
			Asked:    o.Level,
			Achieved: recent.add(r),
			Total:    share(reading{}, r),
			Elapsed:  r.wall,
		})
	}
}

// mean returns the average progress of burners.
func mean(burners []*burner) reading {
	var sum reading
	for _, b := range burners {
		if p := b.progress.Load(); p != nil {
			sum.wall += p.wall
			sum.cpu += p.cpu
		}
	}
	n := time.Duration(len(burners))
	return reading{wall: sum.wall / n, cpu: sum.cpu / n}
}

// A burner is one thread on one CPU.
type burner struct {
	cpu      int
	rule     regulator
	progress atomic.Pointer[reading]
	x        float64 // of spin
}
