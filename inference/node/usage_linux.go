package node

import (
	"fmt"
	"time"

	"github.com/prometheus/procfs"
	"golang.org/x/sys/unix"

	"github.com/testbed/testbed/emulator/thread"
	"github.com/testbed/testbed/inference/host"
)

// affinity returns the CPUs that this process may run on.
func affinity() ([]int, error) { return thread.CPUs() }

// cpuReader returns what reads the counters of these CPUs and of this process.
func cpuReader(cpus []int, meter *host.Meter) (func() (cpuSample, error), error) {
	fs, err := procfs.NewDefaultFS()
	if err != nil {
		return nil, err
	}
	return func() (cpuSample, error) {
		stat, err := fs.Stat()
		if err != nil {
			return cpuSample{}, err
		}
		s := cpuSample{at: time.Now()}
		for _, cpu := range cpus {
			c, ok := stat.CPU[int64(cpu)]
			if !ok {
				return cpuSample{}, fmt.Errorf("/proc/stat: no cpu%d", cpu)
			}
			// Guest is in User already. Steal is time that the node did not have.
			busy := c.User + c.Nice + c.System + c.IRQ + c.SoftIRQ + c.Steal
			s.busy += busy
			s.total += busy + c.Idle + c.Iowait
		}
		waited, _ := meter.Waited() // the Description says where they are not told
		throttled, _ := meter.Throttled()
		s.waited, s.throttled = waited.Seconds(), throttled.Seconds()
		s.own, err = ownCPU()
		return s, err
	}, nil
}

func ownCPU() (float64, error) {
	var r unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &r); err != nil {
		return 0, fmt.Errorf("getrusage: %w", err)
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano()).Seconds(), nil
}

// residentBytes is the memory of this process that is in RAM.
func residentBytes() (int64, error) {
	p, err := procfs.Self()
	if err != nil {
		return 0, err
	}
	stat, err := p.Stat()
	return int64(stat.ResidentMemory()), err
}

// hardware says what the CPU is called, how many there are (cpus if that cannot
// be read) and how many bytes of RAM.
func hardware(cpus int) (name string, n int, memory int64) {
	fs, err := procfs.NewDefaultFS()
	if err != nil {
		return "", cpus, 0
	}
	if all, err := fs.CPUInfo(); err == nil && len(all) > 0 {
		name, cpus = all[0].ModelName, len(all)
	}
	if info, err := fs.Meminfo(); err == nil && info.MemTotalBytes != nil {
		memory = int64(*info.MemTotalBytes)
	}
	return name, cpus, memory
}
