//go:build linux

// Package gputest is for tests only: a driver of GPUs that are not there. It is
// compiled by gcc when a test asks for it, and is loaded as the driver would be,
// by this process and those that it starts.
package gputest

import (
	"bytes"
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/testbed/testbed/emulator/gpu"
	"github.com/testbed/testbed/emulator/needs"
)

//go:embed testdata/driver.c
var source []byte

// A State is what the driver does, which a test may set at any time, and what
// was asked of it. It is shared by all processes that have loaded the driver.
type State struct {
	size int64

	Devices       int64
	Processors    int64 // multiprocessors of each
	KiloroundNS   int64 // that 1024 rounds of the kernel take
	Others        int64 // per mille of the device's time that others take, while kernels run
	Slow          int64 // so many launches more take four times as long
	status, after int64

	Launches, Rounds int64
	BusyNS           int64 // of the device, since the begin
	LongestNS        int64 // kernel
	Queued           int64 // kernels between two waits, at most
	Grid, Block      int64 // of the last launch

	// That there are now; Current is on how many threads a context is.
	Contexts, Current, Modules, Memory, Events, NVML int64

	misuses  int64
	at, busy [128]int64
	name     [64]byte
	misuse   [256]byte
}

// Start makes the driver the one that is found while t runs: one GPU of 10
// multiprocessors, on which 1024 rounds take 0.1 ms. Where there is no gcc, t is
// skipped; it fails if the driver was used as none may be. without are functions
// that it lacks.
func Start(t testing.TB, without ...string) *State {
	t.Helper()
	_, err := exec.LookPath("gcc")
	needs.Skip(t, "gcc", err)
	code, err := compile(without...)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	lib, file := filepath.Join(dir, "libcuda.so.1"), filepath.Join(dir, "state")
	if err := os.WriteFile(lib, code, 0o755); err != nil {
		t.Fatal(err)
	}
	s := share(t, file)
	s.size = int64(unsafe.Sizeof(*s))
	s.Devices, s.Processors, s.KiloroundNS = 1, 10, 100_000
	t.Setenv("FAKE_GPU", file)
	t.Setenv(gpu.CUDALibrary, lib)
	t.Setenv(gpu.NVMLLibrary, lib)
	t.Cleanup(func() {
		if s.misuses > 0 {
			t.Errorf("the driver was used as none may be %d times, first: %s", s.misuses, unix.ByteSliceToString(s.misuse[:]))
		}
	})
	return s
}

// whole is the driver that lacks nothing, which most tests want.
var whole = sync.OnceValues(func() ([]byte, error) { return build() })

// compile returns the library. A test has a file of its own, or else the loader
// would take the one that is loaded.
func compile(without ...string) ([]byte, error) {
	if len(without) == 0 {
		return whole()
	}
	return build(without...)
}

func build(without ...string) ([]byte, error) {
	dir, err := os.MkdirTemp("", "gputest-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	lib := filepath.Join(dir, "lib.so")
	args := []string{"-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror", "-pthread", "-x", "c", "-o", lib, "-"}
	for _, name := range without {
		args = append(args, "-D"+name+"=lacking_"+name)
	}
	gcc := exec.Command("gcc", args...)
	gcc.Stdin = bytes.NewReader(source)
	if out, err := gcc.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("gcc: %w: %s", err, out)
	}
	return os.ReadFile(lib)
}

// share maps a new file. It stays mapped: by the driver, too.
func share(t testing.TB, path string) *State {
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	size := int(unsafe.Sizeof(State{}))
	if err := f.Truncate(int64(size)); err != nil {
		t.Fatal(err)
	}
	all, err := unix.Mmap(int(f.Fd()), 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		t.Fatal(err)
	}
	return (*State)(unsafe.Pointer(&all[0]))
}

// Fail lets a function return a status, once it has done well so often.
func (s *State) Fail(name string, status, after int) {
	clear(s.name[:])
	s.status, s.after = int64(status), int64(after)
	copy(s.name[:], name)
}

// Left says what is there that was not given back; empty: nothing.
func (s *State) Left() string {
	for what, n := range map[string]int64{
		"contexts": s.Contexts, "current contexts": s.Current, "modules": s.Modules,
		"memory": s.Memory, "events": s.Events, "users of NVML": s.NVML,
	} {
		if n != 0 {
			return what
		}
	}
	return ""
}
