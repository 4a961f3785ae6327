//go:build linux

package relay_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/relay"
)

// TestStrict opens where there is SCHED_FIFO, and nowhere else, unless a CPU
// is reserved.
func TestStrict(t *testing.T) {
	w := newWire(t)
	lacks := w.relay.Realtime()
	r, err := relay.OpenWith("a", "b", relay.Options{Strict: true})
	if err == nil {
		defer r.Close()
	}
	switch {
	case lacks == nil && err != nil:
		t.Errorf("with SCHED_FIFO: %v", err)
	case lacks != nil && !errors.Is(err, emulator.ErrUnsupported):
		t.Errorf("without (%v): %v, want an error that is ErrUnsupported", lacks, err)
	case lacks != nil && !strings.Contains(err.Error(), "run as root, or allow real-time priority 11 (ulimit -r 11), or reserve a CPU"):
		t.Errorf("%v does not say what to do", err)
	}
	r, err = relay.OpenWith("a", "b", relay.Options{Strict: true, CPUs: []int{0}, Reserved: true})
	if err != nil {
		t.Fatalf("with a reserved CPU: %v", err)
	}
	r.Close()
}

// TestCPUs: two threads more run on the CPU alone, and none after Close.
func TestCPUs(t *testing.T) {
	newWire(t)
	before := threadsOn(t, "0")
	r, err := relay.OpenWith("a", "b", relay.Options{CPUs: []int{0}})
	if err != nil {
		t.Fatal(err)
	}
	if got := threadsOn(t, "0") - before; got != 2 {
		t.Errorf("%d threads on CPU 0, want 2", got)
	}
	r.Close()
	eventually(t, "the threads have ended", func() bool { return threadsOn(t, "0") == before })
}

// threadsOn counts those that may run on the CPUs of that list and no other.
func threadsOn(t *testing.T, list string) (n int) {
	t.Helper()
	files, _ := filepath.Glob("/proc/self/task/*/status")
	for _, file := range files {
		status, err := os.ReadFile(file)
		if err != nil {
			continue // it has ended
		}
		for line := range strings.Lines(string(status)) {
			if fields := strings.Fields(line); fields[0] == "Cpus_allowed_list:" && fields[1] == list {
				n++
			}
		}
	}
	return n
}

func TestOptionErrors(t *testing.T) {
	newWire(t)
	for _, tt := range []struct {
		o    relay.Options
		want string
	}{
		{relay.Options{Reserved: true}, "relay: reserved CPUs: want at least one in CPUs"},
		{relay.Options{CPUs: []int{-1}}, "relay: CPU -1: want 0 or more"},
		{relay.Options{CPUs: []int{1 << 20}}, "CPU 1048576: no such CPU"},
		{relay.Options{CPUs: []int{1023}}, "CPUs [1023]: invalid argument"},
	} {
		r, err := relay.OpenWith("a", "b", tt.o)
		if err == nil {
			r.Close()
		}
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("OpenWith(%+v) = %v, want %s", tt.o, err, tt.want)
		}
	}
}

// TestLag: the histogram holds every packet once, from the least lag on, and
// what the percentiles say.
func TestLag(t *testing.T) {
	w := newWire(t)
	w.relay.Set(emulator.Link{Delay: ms}, emulator.Link{}, 1)
	for i := range 200 {
		w.left.send(testFrame(i, 100))
	}
	eventually(t, "all were sent", func() bool {
		s, _ := w.relay.Stats()
		return s.Packets == 200
	})
	s, _ := w.relay.Stats()
	var seen int64
	p50 := ""
	for i, b := range s.Lag {
		if b.Count < 1 || i > 0 && b.AtMost <= s.Lag[i-1].AtMost {
			t.Errorf("bin %d of %v", i, s.Lag)
		}
		if seen < 100 && seen+b.Count >= 100 {
			p50 = fmt.Sprint(min(b.AtMost, s.LagMax))
		}
		seen += b.Count
	}
	if seen != 200 || s.Packets != 200 {
		t.Errorf("%d packets in the bins, of %d", seen, s.Packets)
	}
	if p50 != s.LagP50.String() {
		t.Errorf("median %v, by the bins %s", s.LagP50, p50)
	}
	if last := s.Lag[len(s.Lag)-1].AtMost; last < s.LagMax || float64(last) > 1.07*float64(s.LagMax)+1 {
		t.Errorf("last bin ends at %v, the largest is %v", last, s.LagMax)
	}
}
