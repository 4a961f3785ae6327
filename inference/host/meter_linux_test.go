package host

import (
	"testing"
	"time"
)

func TestCores(t *testing.T) {
	for _, tt := range []struct {
		name  string
		files map[string]string
		cpus  []int
		want  float64
	}{
		{"as many as it may run on", v2(nil), []int{1, 3}, 2},
		{"half of one", v2(map[string]string{"sys/fs/cgroup/pod/app/cpu.max": "50000 100000\n"}), []int{1, 3}, 0.5},
		{"a quota of more than it may run on", v2(map[string]string{"sys/fs/cgroup/pod/cpu.max": "350000 100000\n"}), []int{1, 3}, 2},
		{"by the quota alone", v1(map[string]string{"sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "350000\n"}), nil, 3.5},
		{"not known", v1(nil), nil, 0},
	} {
		if got := machine(t, tt.files).meter(tt.cpus).Cores(); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

// TestPressure: the group's counts if it has a quota, whatever hierarchy that is
// in, else the machine's.
func TestPressure(t *testing.T) {
	psi := func(us string) string { return "some avg10=1.00 total=" + us + "\nfull avg10=0.00 total=9\n" }
	for _, tt := range []struct {
		name      string
		files     map[string]string
		waited    time.Duration // -1: not known
		throttled time.Duration // -1: not known
	}{
		{"no quota", v2(map[string]string{
			"proc/pressure/cpu": psi("7000"), "sys/fs/cgroup/pod/app/cpu.pressure": psi("3000")}), 7 * time.Millisecond, -1},
		{"a quota of its own", v2(map[string]string{
			"proc/pressure/cpu": psi("7000"), "sys/fs/cgroup/pod/app/cpu.pressure": psi("3000"),
			"sys/fs/cgroup/pod/app/cpu.max":  "50000 100000\n",
			"sys/fs/cgroup/pod/app/cpu.stat": "usage_usec 1\nnr_periods 4\nthrottled_usec 2500\n"}), 3 * time.Millisecond, 2500 * time.Microsecond},
		{"of the group above", v2(map[string]string{
			"proc/pressure/cpu": psi("7000"), "sys/fs/cgroup/pod/app/cpu.pressure": psi("3000"),
			"sys/fs/cgroup/pod/cpu.max":  "50000 100000\n",
			"sys/fs/cgroup/pod/cpu.stat": "throttled_usec 1\n"}), 3 * time.Millisecond, time.Microsecond},
		{"the group above allows less", v2(map[string]string{
			"sys/fs/cgroup/pod/app/cpu.max": "200000 100000\n", "sys/fs/cgroup/pod/app/cpu.stat": "throttled_usec 1\n",
			"sys/fs/cgroup/pod/cpu.max": "50000 100000\n", "sys/fs/cgroup/pod/cpu.stat": "throttled_usec 4000\n"}), -1, 4 * time.Millisecond},
		{"version 1 has no pressure of its own", v1(map[string]string{
			"proc/pressure/cpu": psi("7000"), "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "50000\n",
			"sys/fs/cgroup/cpu,cpuacct/cpu.stat": "nr_periods 4\nnr_throttled 1\nthrottled_time 2500000\n"}), 7 * time.Millisecond, 2500 * time.Microsecond},
		{"quota in version 1, pressure in version 2", v1(map[string]string{
			"proc/42/cgroup": "4:cpu,cpuacct:/docker/0ab\n0::/box\n",
			"proc/42/mountinfo": "31 1 0:27 /docker/0ab /sys/fs/cgroup/cpu,cpuacct ro - cgroup cgroup rw,cpu,cpuacct\n" +
				"33 1 0:29 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n",
			"proc/pressure/cpu": psi("7000"), "sys/fs/cgroup/unified/box/cpu.pressure": psi("4000"),
			"sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "50000\n",
			"sys/fs/cgroup/cpu,cpuacct/cpu.stat":         "throttled_time 0\n"}), 4 * time.Millisecond, 0},
		{"a kernel without", v2(nil), -1, -1},
		{"nonsense", v2(map[string]string{"proc/pressure/cpu": "total=much"}), -1, -1},
	} {
		m := machine(t, tt.files).meter([]int{0})
		if got, ok := m.Waited(); ok != (tt.waited >= 0) || ok && got != tt.waited {
			t.Errorf("%s: waited %v, %v; want %v", tt.name, got, ok, tt.waited)
		}
		if got, ok := m.Throttled(); ok != (tt.throttled >= 0) || ok && got != tt.throttled {
			t.Errorf("%s: throttled %v, %v; want %v", tt.name, got, ok, tt.throttled)
		}
	}
}

func TestSensors(t *testing.T) {
	clock := func(cpu string) string { return "sys/devices/system/cpu/cpu" + cpu + "/cpufreq/scaling_cur_freq" }
	files := v2(map[string]string{
		clock("0"): "3400000\n", clock("2"): "1500000\n", clock("3"): "2500000\n",
		"sys/class/thermal/thermal_zone0/temp": "41500\n", "sys/class/thermal/thermal_zone1/temp": "62000\n",
		"sys/class/thermal/thermal_zone2/temp": "", // a sensor that is asleep
		"sys/class/hwmon/hwmon0/temp1_input":   "99000\n",
	})
	m := machine(t, files).meter([]int{2, 3, 4})
	if got := m.Frequency(); got != 2000 { // of 1500 and 2500; the fourth does not tell
		t.Errorf("%v MHz, want 2000", got)
	}
	if got := m.Temperature(); got != 62 {
		t.Errorf("%v °C, want 62", got)
	}
	for _, zone := range []string{"0", "1", "2"} {
		delete(files, "sys/class/thermal/thermal_zone"+zone+"/temp")
	}
	if got := machine(t, files).meter(nil).Temperature(); got != 99 {
		t.Errorf("without thermal zones: %v °C, want 99", got)
	}
	m = machine(t, v2(nil)).meter([]int{0})
	if f, c := m.Frequency(), m.Temperature(); f != 0 || c != 0 {
		t.Errorf("of a machine that tells nothing: %v MHz, %v °C", f, c)
	}
	if left, ok := m.Memory(); left != 4000000<<10 || !ok {
		t.Errorf("memory: %v, %v", left, ok)
	}
}
