//go:build linux

package cgroup

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/testbed/testbed/emulator/unit"
)

// fakeProc is a /proc with one process, which is the one that looks.
func fakeProc(t *testing.T, groups, mounts string) string {
	t.Helper()
	proc := t.TempDir()
	if err := os.Mkdir(filepath.Join(proc, "7"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("7", filepath.Join(proc, "self")); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"cgroup": groups, "mountinfo": mounts} {
		if err := os.WriteFile(filepath.Join(proc, "7", name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return proc
}

func TestHierarchies(t *testing.T) {
	for _, tt := range []struct {
		name           string
		groups, mounts string
		want           []hierarchy
	}{
		{
			"version 2, in a user's session",
			"0::/user.slice/user-1000.slice/session-2.scope\n",
			"30 23 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n",
			[]hierarchy{{2, nil, "/sys/fs/cgroup", "/sys/fs/cgroup/user.slice/user-1000.slice/session-2.scope"}},
		},
		{
			"version 1 beside a version 2 without controllers",
			"3:cpuset:/\n2:cpu,cpuacct:/jobs\n1:name=systemd:/\n0::/\n",
			"32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n" +
				"34 31 0:31 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n" +
				"40 31 0:37 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd\n" +
				"41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n",
			[]hierarchy{
				{1, []string{"cpuset"}, "/sys/fs/cgroup/cpuset", "/sys/fs/cgroup/cpuset"},
				{1, []string{"cpu", "cpuacct"}, "/sys/fs/cgroup/cpu,cpuacct", "/sys/fs/cgroup/cpu,cpuacct/jobs"},
				{2, nil, "/sys/fs/cgroup/unified", "/sys/fs/cgroup/unified"},
			},
		},
		{
			"a container that is shown its part of version 1",
			"2:cpu:/docker/0123/below\n",
			"32 31 0:29 /docker/0123 /sys/fs/cgroup/cpu ro - cgroup cgroup rw,cpu\n",
			[]hierarchy{{1, []string{"cpu"}, "/sys/fs/cgroup/cpu", "/sys/fs/cgroup/cpu/below"}},
		},
		{
			"a group outside of what is mounted",
			"2:cpu:/other\n0::/../..\n",
			"32 31 0:29 /docker/0123 /sys/fs/cgroup/cpu ro - cgroup cgroup rw,cpu\n" +
				"30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n",
			nil,
		},
		{"nothing mounted", "0::/\n", "22 27 0:21 / /proc rw - proc proc rw\n", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := hierarchies(fakeProc(t, tt.groups, tt.mounts))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got, cmp.AllowUnexported(hierarchy{}), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("hierarchies (-want +got):\n%s", diff)
			}
		})
	}
}

func TestUpwards(t *testing.T) {
	h := hierarchy{mount: "/c", own: "/c/a/b"}
	if diff := cmp.Diff([]string{"/c/a/b", "/c/a", "/c"}, h.upwards()); diff != "" {
		t.Errorf("upwards (-want +got):\n%s", diff)
	}
}

// TestMemoryLeft: the least that a group or one above it leaves, where files that
// can be dropped do not count as held.
func TestMemoryLeft(t *testing.T) {
	root := t.TempDir()
	for path, text := range map[string]string{
		"one/memory.limit_in_bytes":       "9223372036854771712\n",
		"one/memory.usage_in_bytes":       "5000\n",
		"one/a/memory.limit_in_bytes":     "10000\n",
		"one/a/memory.usage_in_bytes":     "4000\n",
		"one/a/memory.stat":               "cache 3000\ntotal_inactive_file 500\n", // 10000 − 3500
		"two/a/memory.max":                "8000\n",
		"two/a/memory.high":               "max\n",
		"two/a/memory.current":            "3000\n",
		"two/a/memory.stat":               "anon 1\ninactive_file 1000\n", // 8000 − 2000
		"two/a/b/memory.max":              "max\n",
		"two/a/b/memory.high":             "5000\n",
		"two/a/b/memory.current":          "6000\n", // more than it should
		"none/a/memory.max":               "max\n",
		"none/a/memory.current":           "3000\n",
		"none/a/memory.swap.max":          "0\n",
		"none/a/memory.oom.group.nonsens": "\n",
	} {
		file := filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	at := func(version int, mount, own string) hierarchy {
		return hierarchy{version, []string{"memory"}[:2-version], filepath.Join(root, mount), filepath.Join(root, own)}
	}
	for _, tt := range []struct {
		name    string
		all     []hierarchy
		left    unit.Bytes
		limited bool
	}{
		{"version 1", []hierarchy{at(1, "one", "one/a")}, 6500, true},
		{"version 1 without limit", []hierarchy{at(1, "one", "one")}, 0, false},
		{"version 2", []hierarchy{at(2, "two", "two/a")}, 6000, true},
		{"version 2, above what is high", []hierarchy{at(2, "two", "two/a/b")}, 0, true},
		{"both", []hierarchy{at(1, "one", "one/a"), at(2, "two", "two/a")}, 6000, true},
		{"no limit", []hierarchy{at(2, "none", "none/a")}, 0, false},
		{"none", nil, 0, false},
	} {
		if left, limited := MemoryLeft(bearing("", tt.all, "memory")); left != tt.left || limited != tt.limited {
			t.Errorf("%s: %v, %v; want %v, %v", tt.name, left, limited, tt.left, tt.limited)
		}
	}
	if _, err := Bearing("/proc", "", "memory"); err != nil {
		t.Error(err)
	}
}

// TestStat reads what both versions write.
func TestStat(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		sub := filepath.Join(dir, filepath.Dir(name))
		if err := os.MkdirAll(sub, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return sub
	}
	two := write("two/cpu.stat", "usage_usec 1500\nuser_usec 1000\nsystem_usec 500\nnr_periods 7\nnr_throttled 3\nthrottled_usec 250\n")
	one := write("one/cpu.stat", "nr_periods 7\nnr_throttled 3\nthrottled_time 250000\n")
	account := write("account/cpuacct.usage", "1500000\n")
	want := Usage{CPU: 1500000, Throttled: 250000, Periods: 7, Held: 3} // ns
	for _, p := range []Place{{Quota: two, Account: two}, {Quota: one, Account: account}, {Quota: one, Account: two}} {
		if got, err := p.Stat(); got != want || err != nil {
			t.Errorf("Stat = %+v, %v; want %+v", got, err, want)
		}
	}
	if got, err := (Place{}).Stat(); got != (Usage{}) || err != nil {
		t.Errorf("Stat of nowhere = %+v, %v", got, err)
	}
	if _, err := (Place{Quota: dir}).Stat(); err == nil {
		t.Error("Stat of what is gone has no error")
	}
}

func TestParseList(t *testing.T) {
	for text, want := range map[string][]int{"": nil, "\n": nil, "3\n": {3}, "0-2,7\n": {0, 1, 2, 7}, "5,1-2": {1, 2, 5}} {
		if got, err := parseList(text); !cmp.Equal(got, want) || err != nil {
			t.Errorf("parseList(%q) = %v, %v; want %v", text, got, err, want)
		}
	}
	if got, err := parseList("0-x"); err == nil {
		t.Errorf("parseList(0-x) = %v", got)
	}
}
