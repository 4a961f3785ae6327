package main

import (
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/testbed/testbed/runner/record"
)

// thisHost describes this machine for run.json. What cannot be found out is empty.
func thisHost() record.Host {
	h := record.Host{OS: osName(), CPU: cpuName(), CPUs: runtime.NumCPU(), Go: runtime.Version(), User: "unprivileged"}
	if os.Geteuid() == 0 {
		h.User = "root"
	}
	var u unix.Utsname
	if unix.Uname(&u) == nil {
		h.Kernel = unix.ByteSliceToString(u.Release[:]) + " " + unix.ByteSliceToString(u.Machine[:])
	}
	h.Memory = totalMemory()
	return h
}

func osName() string {
	name, _ := strconv.Unquote(field("/etc/os-release", "PRETTY_NAME", "="))
	return name
}

func cpuName() string { return field("/proc/cpuinfo", "model name", ":") }

// field returns the value of the first line "key<sep>value" of a file.
func field(path, key, sep string) string {
	b, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(b)) {
		if k, v, ok := strings.Cut(line, sep); ok && strings.TrimSpace(k) == key {
			return strings.TrimSpace(v)
		}
	}
	return ""
}

// version is that of the module, or the commit that the program was built
// from, marked if its tree was changed.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	revision, changed := "", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			revision = s.Value[:min(12, len(s.Value))]
		case s.Key == "vcs.modified" && s.Value == "true":
			changed = "+changed"
		}
	}
	if revision == "" {
		return "devel"
	}
	return "devel-" + revision + changed
}
