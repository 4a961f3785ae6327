package host

import (
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/procfs"

	"github.com/testbed/testbed/emulator/cgroup"
)

// A Meter reads what the kernel counts for this process. Where that is was
// found when it was made: a process that is put into another control group
// needs a new one. Its methods may be called from several goroutines.
type Meter struct {
	proc     procfs.FS
	memory   []cgroup.Dir // that limit it
	cores    float64      // 0: not known
	pressure string       // file; empty: there is none
	quota    cgroup.Dir   // the tightest, which holds this process back; the zero Dir: none
	clocks   []string     // files with the frequency of a CPU in kHz
	sensors  []string     // files with a temperature in thousandths of a degree
}

// NewMeter returns one for a process that may run on cpus.
func NewMeter(cpus []int) *Meter { return self.meter(cpus) }

func (s system) meter(cpus []int) *Meter {
	m := &Meter{memory: s.groups("memory"), cores: float64(len(cpus))}
	m.proc, _ = procfs.NewFS(s.proc) // where it is not, reading fails
	m.pressure = filepath.Join(s.proc, "pressure/cpu")
	groups := s.groups("cpu")
	if by, quota, ok := tightest(groups); ok {
		m.quota, m.pressure = by, pressure(groups, m.pressure)
		if m.cores == 0 || quota < m.cores {
			m.cores = quota
		}
	}
	for _, cpu := range cpus {
		m.clocks = append(m.clocks, filepath.Join(s.root, "/sys/devices/system/cpu/cpu"+strconv.Itoa(cpu), "cpufreq/scaling_cur_freq"))
	}
	m.sensors, _ = filepath.Glob(filepath.Join(s.root, "/sys/class/thermal/thermal_zone*/temp"))
	if len(m.sensors) == 0 {
		m.sensors, _ = filepath.Glob(filepath.Join(s.root, "/sys/class/hwmon/hwmon*/temp*_input"))
	}
	return m
}

// pressure is where the kernel says how long something in the innermost of
// groups waited for a CPU, whatever hierarchy tells it; machine if none does.
func pressure(groups []cgroup.Dir, machine string) string {
	for _, g := range groups {
		if file := filepath.Join(g.Path, "cpu.pressure"); g.Version == 2 && readable(file) {
			return file
		}
	}
	return machine
}

// readable says whether a file is there and has something in it: of a kernel
// that has pressure switched off, reading fails.
func readable(file string) bool {
	text, err := os.ReadFile(file)
	return err == nil && len(text) > 0
}

// Cores is how much CPU time this process can take at once, in CPUs: those that
// it may run on, or the quota of its control groups if that is less, which need
// not be whole. 0 where neither is known.
func (m *Meter) Cores() float64 { return m.cores }

// Waited is for how long, since some time before, something that could run
// waited for a CPU (pressure stall information, "some"): in the control group of
// this process if that has a quota of CPU time, else anywhere on the machine.
// false: the kernel does not tell.
func (m *Meter) Waited() (time.Duration, bool) {
	text, err := os.ReadFile(m.pressure)
	if err != nil {
		return 0, false
	}
	for field := range strings.FieldsSeq(string(text)) { // of the first line, "some"
		if total, ok := strings.CutPrefix(field, "total="); ok {
			us, err := strconv.ParseInt(total, 10, 64)
			return time.Duration(us) * time.Microsecond, err == nil
		}
	}
	return 0, false
}

// Throttled is for how long, since some time before, the quota of CPU time held
// this process's control group back, added up over CPUs. false: there is no
// quota, or it does not tell.
func (m *Meter) Throttled() (time.Duration, bool) {
	if m.quota.Path == "" {
		return 0, false
	}
	return m.quota.Throttled()
}

// Memory is as the function of that name.
func (m *Meter) Memory() (available int64, ok bool) {
	info, err := m.proc.Meminfo()
	if err != nil || info.MemAvailableBytes == nil {
		return 0, false
	}
	available = int64(*info.MemAvailableBytes)
	if left, limited := cgroup.MemoryLeft(m.memory); limited {
		available = min(available, int64(left))
	}
	return available, true
}

// Frequency is the mean clock of the CPUs in MHz; 0 where it is not told.
func (m *Meter) Frequency() float64 {
	var sum, n float64
	for _, file := range m.clocks {
		if kHz, ok := thousandth(file); ok {
			sum, n = sum+kHz, n+1
		}
	}
	return sum / max(n, 1)
}

// Temperature is that of the machine's hottest sensor in degrees Celsius; 0
// where there is none.
func (m *Meter) Temperature() float64 {
	hottest := math.Inf(-1)
	for _, file := range m.sensors {
		if degrees, ok := thousandth(file); ok {
			hottest = max(hottest, degrees)
		}
	}
	if math.IsInf(hottest, -1) {
		return 0
	}
	return hottest
}

// thousandth reads a file of one number, in thousandths.
func thousandth(file string) (float64, bool) {
	text, err := os.ReadFile(file)
	if err != nil {
		return 0, false
	}
	n, err := strconv.ParseFloat(strings.TrimSpace(string(text)), 64)
	return n / 1000, err == nil
}
