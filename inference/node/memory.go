package node

import "os"

// mallocEnv has glibc's malloc give back to the system what is freed: it trims
// its heap, maps and unmaps what is large, and has few heaps. Otherwise a
// process keeps some of each session that it has closed. It heeds these
// variables only when a process starts.
//
// What counts as large is 4 MiB: with 128 KiB no more is given back of a
// ResNet-152, and to open one takes the kernel twice as long, for each buffer
// that the optimisation passes through is mapped anew.
var mallocEnv = [...]struct{ name, value string }{
	{"MALLOC_MMAP_THRESHOLD_", "4194304"},
	{"MALLOC_TRIM_THRESHOLD_", "131072"},
	{"MALLOC_ARENA_MAX", "2"},
}

// MallocEnv is what the environment of a process should have that runs an
// inference node, as NAME=VALUE: so that the memory of a model that is unloaded
// is given back. What the environment of this one says already is left away.
func MallocEnv() []string {
	var env []string
	for _, v := range mallocEnv {
		if _, set := os.LookupEnv(v.name); !set {
			env = append(env, v.name+"="+v.value)
		}
	}
	return env
}
