package host_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/testbed/testbed/emulator/trace/formats"
	"github.com/testbed/testbed/emulator/trace/host"
	"github.com/testbed/testbed/emulator/unit"
)

const (
	sec = time.Second
	ms  = time.Millisecond
)

// A machine is what a fake /proc tells.
type machine struct {
	dir      string
	devices  map[string][2]uint64 // received and sent bytes
	routes   string               // lines of net/route
	user     int                  // ticks of 10 ms, guest among them
	system   int
	idle     int
	iowait   int
	steal    int
	guest    int
	noRoutes bool // no net/route at all
}

func newMachine(t *testing.T) *machine {
	m := &machine{
		dir:     t.TempDir(),
		devices: map[string][2]uint64{"lo": {1, 1}, "eth0": {1000, 2000}},
		routes:  route("eth0", "00000000", 3, 100, "00000000"),
		user:    1000, system: 100, idle: 5000, iowait: 50, steal: 7, guest: 10,
	}
	m.write(t)
	return m
}

// route is a line of net/route.
func route(device, destination string, flags, metric int, mask string) string {
	return fmt.Sprintf("%s\t%s\t010200C0\t%04d\t0\t0\t%d\t%s\t0\t0\t0\n", device, destination, flags, metric, mask)
}

func (m *machine) write(t *testing.T) {
	t.Helper()
	dev := "Inter-|   Receive                                                |  Transmit\n" +
		" face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n"
	for name, bytes := range m.devices {
		dev += fmt.Sprintf("%6s: %d 1 2 3 4 5 6 7 %d 8 9 10 11 12 13 14\n", name, bytes[0], bytes[1])
	}
	files := map[string]string{
		"net/dev": dev,
		"stat": fmt.Sprintf("cpu  %d 0 %d %d %d 0 0 %d %d 0\ncpu0 1 1 1 1 1 1 1 1 1 1\nbtime 1\n",
			m.user, m.system, m.idle, m.iowait, m.steal, m.guest),
	}
	if !m.noRoutes {
		files["net/route"] = "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n" + m.routes
	}
	for name, text := range files {
		name = filepath.Join(m.dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// add counts bytes of eth0 and ticks.
func (m *machine) add(t *testing.T, down, up uint64, user, idle int) {
	d := m.devices["eth0"]
	m.devices["eth0"] = [2]uint64{d[0] + down, d[1] + up}
	m.user, m.idle = m.user+user, m.idle+idle
	m.write(t)
}

// record runs a Recorder in virtual time until script, which is called with
// each Sample, returns an error; errDone is the end of a test.
func record(t *testing.T, m *machine, o host.Options, script func(n int, s host.Sample) error) (samples []host.Sample, err error) {
	t.Helper()
	o.Proc = m.dir
	r, err := host.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	err = r.Run(t.Context(), func(s host.Sample) error {
		samples = append(samples, s)
		return script(len(samples), s)
	})
	return samples, err
}

var errDone = errors.New("done")

func TestRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t)
		go func() {
			time.Sleep(500 * ms)
			m.add(t, 125_000, 12_500, 50, 100)
		}()
		got, err := record(t, m, host.Options{}, func(n int, s host.Sample) error {
			switch n {
			case 1: // nothing happens in the second one
			case 2: // steal and system count as used, iowait as free, guest once
				m.steal, m.system, m.iowait, m.user, m.guest = m.steal+10, m.system+20, m.iowait+100, m.user+30, m.guest+30
				m.add(t, 1, 0, 0, 40)
			case 3:
				return errDone
			}
			return nil
		})
		if err != errDone {
			t.Fatal(err)
		}
		want := []host.Sample{
			// 125000 B · 8 in 1 s; 50 of 150 ticks.
			{From: 0, To: sec, Down: unit.Mbps, Up: 100 * unit.Kbps, CPU: 1.0 / 3},
			{From: sec, To: 2 * sec},
			// (10 + 20 + 30) / (60 + 140).
			{From: 2 * sec, To: 3 * sec, Down: 8, CPU: 0.3},
		}
		if diff := cmp.Diff(want, got, near); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

// near compares shares, which come from a sum of ticks as seconds.
var near = cmp.Comparer(func(a, b float64) bool { return a-b < 1e-9 && b-a < 1e-9 })

// A late Sample is as long as it was, and the next one on time again.
func TestRunLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t)
		got, err := record(t, m, host.Options{Interval: 200 * ms}, func(n int, s host.Sample) error {
			switch n {
			case 1:
				m.add(t, 75, 0, 0, 0)
				time.Sleep(450 * ms) // until 650 ms: the next deadline is 800 ms
			case 3:
				return errDone
			}
			return nil
		})
		if err != errDone {
			t.Fatal(err)
		}
		// 75 B · 8 in 0.6 s.
		want := []host.Sample{{To: 200 * ms}, {From: 200 * ms, To: 800 * ms, Down: 1000}, {From: 800 * ms, To: 1000 * ms}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

func TestRunCounterReset(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t)
		got, err := record(t, m, host.Options{}, func(n int, s host.Sample) error {
			switch n {
			case 1: // made anew: 250 received since; idle stepped back
				m.devices["eth0"] = [2]uint64{250, 2000}
				m.user, m.idle = m.user+10, m.idle-1
				m.write(t)
			case 2: // sending too
				m.devices["eth0"] = [2]uint64{250, 125}
				m.user, m.idle = 0, 0
				m.write(t)
			case 3:
				return errDone
			}
			return nil
		})
		if err != errDone {
			t.Fatal(err)
		}
		want := []host.Sample{
			{To: sec},
			{From: sec, To: 2 * sec, Down: 2000, CPU: 1, Reset: true},
			{From: 2 * sec, To: 3 * sec, Up: 1000, Reset: true},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

func TestRunEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t)
		r, err := host.Open(host.Options{Proc: m.dir})
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		count := func(host.Sample) error { n++; return nil }
		ctx, cancel := context.WithTimeout(t.Context(), 2500*ms)
		defer cancel()
		if err := r.Run(ctx, count); err != nil || n != 2 {
			t.Errorf("%v after %d samples, want nil after 2", err, n)
		}
		n = 0
		if err := r.Run(ctx, count); err != nil || n != 0 {
			t.Errorf("%v after %d samples of a context that is over, want nil after 0", err, n)
		}
		delete(m.devices, "eth0")
		go func() {
			time.Sleep(1500 * ms)
			m.write(t)
		}()
		if err := r.Run(t.Context(), count); err == nil || err.Error() != `no interface "eth0": want one of lo` || n != 1 {
			t.Errorf("%v after %d samples, want no interface after 1", err, n)
		}
	})
}

func TestOpenChooses(t *testing.T) {
	for _, tt := range []struct {
		name    string
		devices string
		routes  string
		ask     string
		want    string // or the error
	}{
		{"default route", "lo eth0 wlan0", route("wlan0", "00000000", 3, 600, "00000000"), "", "wlan0"},
		{"lowest metric", "lo eth0 wlan0", route("wlan0", "00000000", 3, 600, "00000000") + route("eth0", "00000000", 3, 100, "00000000"), "", "eth0"},
		{"first of equals", "lo a b", route("b", "00000000", 3, 0, "00000000") + route("a", "00000000", 3, 0, "00000000"), "", "b"},
		{"a route that is down", "lo eth0 wlan0", route("eth0", "00000000", 2, 1, "00000000") + route("wlan0", "00000000", 3, 600, "00000000"), "", "wlan0"},
		{"other routes", "lo eth0 wlan0", route("eth0", "000200C0", 1, 0, "00FFFFFF") + route("wlan0", "00000000", 3, 600, "00000000"), "", "wlan0"},
		{"half of the default", "lo eth0 wlan0", route("eth0", "00000000", 3, 0, "00000080"), "", "error: no default route: name an interface, one of eth0, wlan0"},
		{"only one", "lo eth0", "", "", "eth0"},
		{"a route elsewhere", "lo eth0", route("tun9", "00000000", 3, 0, "00000000"), "", "eth0"},
		{"several", "lo wlan0 eth0", "", "", "error: no default route: name an interface, one of eth0, wlan0"},
		{"routes that cannot be read", "lo wlan0 eth0", "nonsense\n", "", "error: no default route: name an interface, one of eth0, wlan0"},
		{"none", "lo", "", "", "error: no interface but the loopback: name it (lo) to record that"},
		{"loopback by name", "lo eth0", "", "lo", "lo"},
		{"by name", "lo eth0 wlan0", route("eth0", "00000000", 3, 0, "00000000"), "wlan0", "wlan0"},
		{"wrong name", "lo wlan0 eth0", "", "eth1", `error: no interface "eth1": want one of eth0, lo, wlan0`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := newMachine(t)
			m.devices = make(map[string][2]uint64)
			for _, name := range strings.Fields(tt.devices) {
				m.devices[name] = [2]uint64{}
			}
			m.routes = tt.routes
			m.write(t)
			r, err := host.Open(host.Options{Proc: m.dir, Interface: tt.ask})
			got := ""
			if err != nil {
				got = "error: " + err.Error()
			} else {
				got = r.Interface
			}
			if got != tt.want {
				t.Errorf("%s, want %s", got, tt.want)
			}
		})
	}
}

func TestOpenErrors(t *testing.T) {
	m := newMachine(t)
	if _, err := host.Open(host.Options{Proc: m.dir, Interval: 99 * ms}); err == nil || err.Error() != "interval 99ms: want at least 100ms: the kernel counts CPU time in ticks of 10ms" {
		t.Errorf("%v, want an error of the interval", err)
	}
	if _, err := host.Open(host.Options{Proc: m.dir, Interval: -sec}); err == nil {
		t.Error("a negative interval: want an error")
	}
	if _, err := host.Open(host.Options{Proc: filepath.Join(m.dir, "none")}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%v, want that there is no such folder", err)
	}
	r, err := host.Open(host.Options{Proc: m.dir})
	if err != nil || r.Interval != sec {
		t.Errorf("%v, %v: want an interval of 1s", r, err)
	}
	if err := os.Remove(filepath.Join(m.dir, "stat")); err != nil {
		t.Fatal(err)
	}
	if _, err := host.Open(host.Options{Proc: m.dir}); !errors.Is(err, os.ErrNotExist) || !strings.HasPrefix(err.Error(), "CPU time: ") {
		t.Errorf("%v, want that there is no CPU time", err)
	}
}

// What is recorded reads back, to the last row before the interruption.
func TestRecordReadsBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t)
		ctx, cancel := context.WithTimeout(t.Context(), 2700*ms)
		defer cancel()
		go func() {
			time.Sleep(500 * ms)
			m.add(t, 125_000, 12_500, 50, 150)
			time.Sleep(sec)
			m.add(t, 250_000, 1, 0, 0)
		}()
		var out bytes.Buffer
		if err := host.Record(ctx, host.Options{Proc: m.dir}, &out); err != nil {
			t.Fatal(err)
		}
		// The clock in a synctest bubble begins at the year 2000.
		const want = `# recorded: 2000-01-01T00:00:00Z
# interface: eth0
# interval_s: 1
# hold: end
# cpu: percentage of all CPUs together that was neither idle nor in iowait
t_s,down_kbps,up_kbps,cpu_pct
1.000,1000.000,100.000,25.00
2.000,2000.000,0.008,0.00
`
		if diff := cmp.Diff(want, out.String()); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		checkReadBack(t, &out)
	})
}

func checkReadBack(t *testing.T, out *bytes.Buffer) {
	r, err := formats.Read(out, "recorded.csv", "")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []struct {
		name          string
		quantity      formats.Quantity
		first, second float64
	}{
		{"down", formats.Rate, 1e6, 2e6},
		{"up", formats.Rate, 1e5, 8},
		{"cpu", formats.Utilization, 0.25, 0},
	} {
		c, err := r.Column(want.name)
		if err != nil {
			t.Error(err)
			continue
		}
		first, until := c.Step(0)
		second, _ := c.Step(sec)
		if c.Quantity != want.quantity || first != want.first || second != want.second || until != sec || c.Period != 2*sec {
			t.Errorf("%s: quantity %d, %v until %v, then %v, of %v; want %d, %v until 1s, then %v, of 2s",
				c.Name, c.Quantity, first, until, second, c.Period, want.quantity, want.first, want.second)
		}
	}
}

// A writer counts its calls, and fails from one of them on.
type writer struct {
	calls []string
	fail  int
}

func (w *writer) Write(b []byte) (int, error) {
	if w.calls = append(w.calls, string(b)); len(w.calls) >= w.fail {
		return 0, errDone
	}
	return len(b), nil
}

// Each line is one write, so that whatever ends the program leaves whole lines.
func TestWriterWritesLines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMachine(t)
		w := &writer{fail: 4}
		if err := host.Record(t.Context(), host.Options{Proc: m.dir}, w); !errors.Is(err, errDone) {
			t.Fatalf("%v, want the error of the writer", err)
		}
		if len(w.calls) != 4 {
			t.Errorf("%d writes, want the header and 3 rows", len(w.calls))
		}
		for _, line := range w.calls[1:] {
			if strings.Count(line, "\n") != 1 || !strings.HasSuffix(line, "\n") {
				t.Errorf("%q: want one line", line)
			}
		}
		w = &writer{fail: 1}
		if err := host.Record(t.Context(), host.Options{Proc: m.dir}, w); !errors.Is(err, errDone) || len(w.calls) != 1 {
			t.Errorf("%v after %d writes, want the error of the writer at the header", err, len(w.calls))
		}
	})
}

// This host, whatever it does.
func TestRecordThisHost(t *testing.T) {
	if _, err := os.Stat("/proc/net/dev"); err != nil {
		t.Skip(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var out bytes.Buffer
	r, err := host.Open(host.Options{Interface: "lo", Interval: 100 * ms})
	if err != nil {
		t.Fatal(err)
	}
	w, err := host.NewWriter(&out, r, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	last := time.Duration(0)
	err = r.Run(ctx, func(s host.Sample) error {
		if s.From != last || s.To-s.From < 50*ms || s.CPU < 0 || s.CPU > 1 {
			t.Errorf("%+v after %v: want what follows it, and a share", s, last)
		}
		if last = s.To; last >= 300*ms {
			cancel()
		}
		return w.Write(s)
	})
	if err != nil {
		t.Fatal(err)
	}
	recording, err := formats.Read(&out, "lo.csv", "")
	if err != nil {
		t.Fatal(err)
	}
	// Times are written in milliseconds.
	if diff := recording.Length() - last; len(recording.Columns) != 3 || diff.Abs() > ms {
		t.Errorf("%v with %d columns, want %v with 3", recording.Length(), len(recording.Columns), last)
	}
}
