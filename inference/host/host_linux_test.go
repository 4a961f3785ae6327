package host

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// machine makes files such as those of /proc and /sys/fs/cgroup: names and
// contents, one file each.
func machine(t *testing.T, files map[string]string) system {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("42", filepath.Join(root, "proc", "self")); err != nil {
		t.Fatal(err)
	}
	return system{proc: filepath.Join(root, "proc"), root: root}
}

const meminfo = "MemTotal: 8000000 kB\nMemFree: 1000 kB\nMemAvailable: 4000000 kB\n"

// v2 is a process in /pod/app of version 2.
func v2(more map[string]string) map[string]string {
	files := map[string]string{
		"proc/meminfo":                      meminfo,
		"proc/42/cgroup":                    "0::/pod/app\n",
		"proc/42/mountinfo":                 "30 1 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n",
		"sys/fs/cgroup/pod/app/cpu.max":     "max 100000\n",
		"sys/fs/cgroup/pod/app/memory.max":  "max\n",
		"sys/fs/cgroup/pod/app/memory.stat": "anon 7\ninactive_file 0\n",
	}
	for name, text := range more {
		files[name] = text
	}
	return files
}

// v1 is a process in /docker/0ab of version 1, which sees that group as the
// root of what is mounted, as in a container.
func v1(more map[string]string) map[string]string {
	files := map[string]string{
		"proc/meminfo":   meminfo,
		"proc/42/cgroup": "5:memory:/docker/0ab\n4:cpu,cpuacct:/docker/0ab\n1:name=systemd:/docker/0ab\n",
		"proc/42/mountinfo": "31 1 0:27 /docker/0ab /sys/fs/cgroup/cpu,cpuacct ro - cgroup cgroup rw,cpu,cpuacct\n" +
			"32 1 0:28 /docker/0ab /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n",
		"sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us":  "-1\n",
		"sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
		"sys/fs/cgroup/memory/memory.limit_in_bytes":  "9223372036854771712\n",
		"sys/fs/cgroup/memory/memory.usage_in_bytes":  "1000000\n",
	}
	for name, text := range more {
		files[name] = text
	}
	return files
}

func TestQuota(t *testing.T) {
	for _, tt := range []struct {
		name  string
		files map[string]string
		want  int // 0: none
	}{
		{"version 2, no limit", v2(nil), 0},
		{"two CPUs", v2(map[string]string{"sys/fs/cgroup/pod/app/cpu.max": "200000 100000\n"}), 2},
		{"a part of a CPU is one", v2(map[string]string{"sys/fs/cgroup/pod/app/cpu.max": "1000 100000\n"}), 1},
		{"one and a half are two", v2(map[string]string{"sys/fs/cgroup/pod/app/cpu.max": "150000 100000\n"}), 2},
		{"the group above allows less", v2(map[string]string{
			"sys/fs/cgroup/pod/app/cpu.max": "400000 100000\n", "sys/fs/cgroup/pod/cpu.max": "300000 100000\n"}), 3},
		{"the group above allows more", v2(map[string]string{
			"sys/fs/cgroup/pod/app/cpu.max": "300000 100000\n", "sys/fs/cgroup/pod/cpu.max": "800000 100000\n"}), 3},
		{"a group that is not below what is mounted", v2(map[string]string{
			"proc/42/mountinfo":     "30 1 0:26 /kubepods/x /sys/fs/cgroup ro - cgroup2 cgroup2 rw\n",
			"sys/fs/cgroup/cpu.max": "500000 100000\n"}), 5},
		{"nonsense", v2(map[string]string{"sys/fs/cgroup/pod/app/cpu.max": "a lot\n"}), 0},
		{"version 1, no limit", v1(nil), 0},
		{"version 1, half a CPU less than four", v1(map[string]string{"sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "350000\n"}), 4},
		{"no /proc", nil, 0},
	} {
		s := system{proc: "/nowhere"}
		if tt.files != nil {
			s = machine(t, tt.files)
		}
		if got, ok := s.quota(); got != tt.want || ok != (tt.want > 0) {
			t.Errorf("%s: quota = %d, %v; want %d", tt.name, got, ok, tt.want)
		}
	}
}

func TestMemory(t *testing.T) {
	const available = 4000000 << 10 // of meminfo
	for _, tt := range []struct {
		name  string
		files map[string]string
		want  int64
	}{
		{"no limit", v2(nil), available},
		// 1 GiB, of which 600 MiB are used and 200 of these can be dropped.
		{"version 2", v2(map[string]string{
			"sys/fs/cgroup/pod/app/memory.max":     "1073741824\n",
			"sys/fs/cgroup/pod/app/memory.current": "629145600\n",
			"sys/fs/cgroup/pod/app/memory.stat":    "anon 7\nfile 8\ninactive_file 209715200\nactive_file 9\n",
		}), (1024 - 600 + 200) << 20},
		{"a limit above", v2(map[string]string{
			"sys/fs/cgroup/pod/memory.max":     "1073741824\n",
			"sys/fs/cgroup/pod/memory.current": "0\n",
		}), 1 << 30},
		{"a limit beyond the machine", v2(map[string]string{
			"sys/fs/cgroup/pod/memory.max":     "107374182400\n",
			"sys/fs/cgroup/pod/memory.current": "0\n",
		}), available},
		{"over the limit", v2(map[string]string{
			"sys/fs/cgroup/pod/memory.max":     "1000\n",
			"sys/fs/cgroup/pod/memory.current": "2000\n",
		}), 0},
		{"above which it is slowed down", v2(map[string]string{
			"sys/fs/cgroup/pod/memory.max": "2147483648\n", "sys/fs/cgroup/pod/memory.high": "1073741824\n",
			"sys/fs/cgroup/pod/memory.current": "0\n",
		}), 1 << 30},
		{"version 1, no limit", v1(nil), available},
		{"version 1", v1(map[string]string{
			"sys/fs/cgroup/memory/memory.limit_in_bytes": "1073741824\n",
			"sys/fs/cgroup/memory/memory.usage_in_bytes": "629145600\n",
			"sys/fs/cgroup/memory/memory.stat":           "inactive_file 1\ntotal_inactive_file 209715200\n",
		}), (1024 - 600 + 200) << 20},
	} {
		if got, ok := machine(t, tt.files).memory(); got != tt.want || !ok {
			t.Errorf("%s: memory = %d, %v; want %d", tt.name, got, ok, tt.want)
		}
	}
	if _, ok := (system{proc: "/nowhere"}).memory(); ok {
		t.Error("memory is known without /proc")
	}
}

// TestThisMachine: what is found here is plausible.
func TestThisMachine(t *testing.T) {
	if n := CPUs(); n < 1 {
		t.Errorf("%d CPUs; want at least 1", n)
	}
	if available, ok := Memory(); !ok || available < 1<<20 {
		t.Errorf("%d bytes available, %v; want at least the memory of this test", available, ok)
	}
	flags := Flags()
	if len(flags) == 0 || !slices.IsSorted(flags) || slices.Contains(flags, "") || strings.Contains(flags[0], " ") {
		t.Errorf("flags %q; want a sorted list of words", flags)
	}
}
