package onnx_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/procfs"
	"github.com/testbed/testbed/inference/arch"
	"github.com/testbed/testbed/inference/onnx"
)

// The memory of a process is measured in one of its own: this program again,
// with childPlan in its environment.
const childPlan = "TESTBED_TEST_MEMORY"

// A plan is what such a process does with seeded networks.
type plan struct {
	Library string
	Files   []string
	Cache   string // empty: none
	Cycles  int    // how often all are opened, run and closed
	Keep    bool   // open all before the first is closed
	Runs    int    // of each, interleaved
}

// A measured is what came of a plan.
type measured struct {
	Start, Peak, End int64 // resident bytes: before the first was opened, at most, after the last was closed
	Loads            []time.Duration
	Fastest          []time.Duration // of the runs of each file
}

func TestMain(m *testing.M) {
	if text := os.Getenv(childPlan); text != "" {
		var p plan
		err := json.Unmarshal([]byte(text), &p)
		var r measured
		if err == nil {
			r, err = p.do()
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		json.NewEncoder(os.Stdout).Encode(r)
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// in runs p in a process of its own.
func (p plan) in(t *testing.T) (r measured) {
	t.Helper()
	text, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), childPlan+"="+string(text))
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err == nil {
		err = json.Unmarshal(out, &r)
	}
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (p plan) do() (r measured, err error) {
	e, err := onnx.Open(p.Library)
	if err != nil {
		return r, err
	}
	if r.Start, _, err = resident(); err != nil {
		return r, err
	}
	r.Fastest = make([]time.Duration, len(p.Files))
	in := make([]float32, 3*224*224)
	for range p.Cycles {
		group := 1
		if p.Keep {
			group = len(p.Files)
		}
		for first := 0; first < len(p.Files); first += group {
			loads, err := p.cycle(e, in, first, first+group, r.Fastest)
			if err != nil {
				return r, err
			}
			r.Loads = append(r.Loads, loads...)
		}
	}
	r.End, r.Peak, err = resident()
	return r, err
}

// cycle opens some files, runs them in turn, and closes them.
func (p plan) cycle(e *onnx.Engine, in []float32, from, to int, fastest []time.Duration) (loads []time.Duration, err error) {
	var sessions []*onnx.Session
	for _, file := range p.Files[from:to] {
		start := time.Now()
		s, err := e.LoadFile(file, filepath.Base(file), onnx.Options{Threads: 2, Cache: p.Cache})
		if err != nil {
			return nil, err
		}
		defer s.Close()
		loads = append(loads, time.Since(start))
		sessions = append(sessions, s)
	}
	for range p.Runs {
		for i, s := range sessions {
			start := time.Now()
			if _, err := s.Run(in); err != nil {
				return nil, err
			}
			took := time.Since(start)
			if best := &fastest[from+i]; *best == 0 || took < *best {
				*best = took
			}
		}
	}
	return loads, nil
}

// resident is the memory of this process, now and at most.
func resident() (now, peak int64, err error) {
	p, err := procfs.Self()
	if err != nil {
		return 0, 0, err
	}
	s, err := p.NewStatus()
	return int64(s.VmRSS), int64(s.VmHWM), err
}

// seeded writes networks of these names with seeded weights.
func seeded(t *testing.T, names ...string) (files []string) {
	t.Helper()
	dir := t.TempDir()
	for _, name := range names {
		path := filepath.Join(dir, name+".onnx")
		f, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		w := bufio.NewWriterSize(f, 1<<20)
		if err := arch.Write(w, name, 1); err != nil {
			t.Fatal(err)
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		files = append(files, path)
	}
	return files
}

// TestMemoryReturns: what a session of ResNet-18 held, some 200 MiB, is the
// system's again after Close. Without that the process keeps 90 MiB and more,
// and more after each time.
func TestMemoryReturns(t *testing.T) {
	open(t)
	if testing.Short() {
		t.Skip("writes a network of 47 MB")
	}
	p := plan{Files: seeded(t, "resnet18"), Cycles: 4, Runs: 2}
	p.Library, _ = onnx.Find()
	r := p.in(t)
	t.Logf("resident: %d MiB before, %d at most, %d after", r.Start>>20, r.Peak>>20, r.End>>20)
	if r.Peak < r.Start+100<<20 {
		t.Errorf("at most %d bytes more; want over 100 MiB, or nothing was loaded", r.Peak-r.Start)
	}
	if r.End > r.Start+32<<20 {
		t.Errorf("%d bytes more than before; want at most 32 MiB", r.End-r.Start)
	}
}

// TestFiveResNets: the family at 224 pixels runs on two threads within 3 GiB,
// all open at once: opened afresh, while the cache is filled, and out of it.
// The order of their speed is the published one, the fastest of several runs in
// turn being what a busy machine disturbs least.
func TestFiveResNets(t *testing.T) {
	open(t)
	if testing.Short() {
		t.Skip("writes networks of 660 MB")
	}
	names := []string{"resnet18", "resnet34", "resnet50", "resnet101", "resnet152"}
	files := seeded(t, names...)
	cache := t.TempDir()
	for _, tt := range []struct {
		name  string
		cache string
	}{{"afresh", ""}, {"filling the cache", cache}, {"out of the cache", cache}} {
		p := plan{Files: files, Cycles: 1, Keep: true, Runs: 7, Cache: tt.cache}
		p.Library, _ = onnx.Find()
		r := p.in(t)
		t.Logf("%s: %d MiB at most, %d after; loads %v, runs %v", tt.name, r.Peak>>20, r.End>>20, r.Loads, r.Fastest)
		if r.Peak > 3<<30 {
			t.Errorf("%s: %d bytes at most; want at most 3 GiB", tt.name, r.Peak)
		}
		for i := 1; i < len(names); i++ {
			if r.Fastest[i] <= r.Fastest[i-1] {
				t.Errorf("%s: %s takes %v, and %s %v; want them in order, %s", tt.name, names[i-1], r.Fastest[i-1], names[i], r.Fastest[i], strings.Join(names, ", "))
			}
		}
	}
}
