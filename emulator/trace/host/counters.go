package host

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/procfs"

	"github.com/testbed/testbed/emulator/unit"
)

// counters are what the kernel has counted until a time.
type counters struct {
	at         time.Time // with its monotonic reading
	down, up   uint64    // bytes of the interface
	busy, free float64   // seconds of all CPUs together
}

// count reads the counters.
func (r *Recorder) count() (counters, error) {
	interfaces, err := r.proc.NetDev()
	if err != nil {
		return counters{}, fmt.Errorf("bytes of %s: %w", r.Interface, err)
	}
	line, ok := interfaces[r.Interface]
	if !ok {
		return counters{}, missing(r.Interface, interfaces)
	}
	stat, err := r.proc.Stat()
	if err != nil {
		return counters{}, fmt.Errorf("CPU time: %w", err)
	}
	// Guest time is part of user time, and must not be counted twice.
	cpu := stat.CPUTotal
	return counters{
		at:   time.Now(),
		down: line.RxBytes,
		up:   line.TxBytes,
		busy: cpu.User + cpu.Nice + cpu.System + cpu.IRQ + cpu.SoftIRQ + cpu.Steal,
		free: cpu.Idle + cpu.Iowait,
	}, nil
}

// sample is what happened between two readings.
func sample(begin time.Time, before, now counters) Sample {
	s := Sample{From: before.at.Sub(begin), To: now.at.Sub(begin)}
	down, again := since(before.down, now.down)
	up, too := since(before.up, now.up)
	s.Reset = again || too
	s.Down, s.Up = unit.Over(down, s.To-s.From), unit.Over(up, s.To-s.From)
	// Idle and iowait may step back a little (proc_stat(5)); a CPU that goes
	// offline takes its time along.
	busy, free := max(now.busy-before.busy, 0), max(now.free-before.free, 0)
	if busy > 0 {
		s.CPU = busy / (busy + free)
	}
	return s
}

// since is how much a counter grew. One that is lower than before began anew
// from 0, and again is set.
func since(before, now uint64) (grew unit.Bytes, again bool) {
	if again = now < before; again {
		before = 0
	}
	return unit.Bytes(min(now-before, math.MaxInt64/8)), again
}

// choose returns the interface of that name, or the one that Options.Interface
// promises where there is none.
func choose(proc procfs.FS, name string) (string, error) {
	interfaces, err := proc.NetDev()
	if err != nil {
		return "", fmt.Errorf("interfaces: %w", err)
	}
	if name != "" {
		if _, ok := interfaces[name]; !ok {
			return "", missing(name, interfaces)
		}
		return name, nil
	}
	if name, ok := defaultRoute(proc); ok {
		if _, ok := interfaces[name]; ok {
			return name, nil
		}
	}
	switch names := outward(interfaces); len(names) {
	case 0:
		return "", fmt.Errorf("no interface but the loopback: name it (lo) to record that")
	case 1:
		return names[0], nil
	default:
		return "", fmt.Errorf("no default route: name an interface, one of %s", strings.Join(names, ", "))
	}
}

// defaultRoute returns the interface of the IPv4 default route with the lowest
// metric. It is a hint: routes that cannot be read are none.
func defaultRoute(proc procfs.FS) (name string, ok bool) {
	const up = 1 // RTF_UP of linux/route.h
	routes, err := proc.NetRoute()
	if err != nil {
		return "", false
	}
	metric := uint32(math.MaxUint32)
	for _, route := range routes {
		if route.Destination == 0 && route.Mask == 0 && route.Flags&up != 0 && (!ok || route.Metric < metric) {
			name, metric, ok = route.Iface, route.Metric, true
		}
	}
	return name, ok
}

// outward returns the names of all interfaces but the loopback.
func outward(interfaces procfs.NetDev) []string {
	names := slices.Sorted(maps.Keys(interfaces))
	return slices.DeleteFunc(names, func(name string) bool { return name == loopback })
}

// loopback is the name of the loopback interface.
const loopback = "lo"

// missing is the error about an interface that is not there.
func missing(name string, interfaces procfs.NetDev) error {
	return fmt.Errorf("no interface %q: want one of %s", name, strings.Join(slices.Sorted(maps.Keys(interfaces)), ", "))
}
