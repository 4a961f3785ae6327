package trace_test

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/testbed/testbed/emulator/trace"
	"github.com/testbed/testbed/emulator/unit"
)

const ms = time.Millisecond

func TestParseMahimahi(t *testing.T) {
	got, err := trace.ParseMahimahi(strings.NewReader("0\n3\n3\r\n8"), "t")
	if err != nil {
		t.Fatal(err)
	}
	want := &trace.Trace{Name: "t", At: []time.Duration{0, 3 * ms, 3 * ms, 8 * ms}, Period: 8 * ms, Quantum: 1514}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	// 4 · 1514 · 8 bit in 8 ms = 6.056 Mbps.
	if got.Mean() != 6_056*unit.Kbps {
		t.Errorf("mean %v, want 6.056Mbps", got.Mean())
	}
}

func TestParseMahimahiErrors(t *testing.T) {
	for _, tt := range []struct {
		in, want string
		is       error
	}{
		{"", "t: no delivery opportunity", trace.ErrEmpty},
		{"0\n0\n", "t: lasts no time: want a last line above 0", trace.ErrPeriod},
		{"1\n5\n4\n", "t:3: time goes backwards: 4ms after 5ms", trace.ErrBackwards},
		{"1\n\n2\n", `t:2: "": want a whole number of milliseconds, 0 or more`, nil},
		{"-1\n", `t:1: "-1": want a whole number of milliseconds, 0 or more`, nil},
		{"-0\n", `t:1: "-0": want a whole number of milliseconds, 0 or more`, nil},
		{"+1\n", `t:1: "+1": want a whole number of milliseconds, 0 or more`, nil},
		{"1\n1.5\n", `t:2: "1.5": want a whole number of milliseconds, 0 or more`, nil},
		{" 1\n", `t:1: " 1": want a whole number of milliseconds, 0 or more`, nil},
		{"31622400001\n", "t:1: 31622400001ms: want at most 31622400000 (366 days)", nil},
		{"9223372036854775807\n", "t:1: 9223372036854775807ms: want at most 31622400000 (366 days)", nil},
		{"1\n" + strings.Repeat("1", 100_000), "t:2: bufio.Scanner: token too long", nil},
	} {
		_, err := trace.ParseMahimahi(strings.NewReader(tt.in), "t")
		if err == nil || err.Error() != tt.want {
			t.Errorf("%.20q: %v, want %s", tt.in, err, tt.want)
		}
		if tt.is != nil && !errors.Is(err, tt.is) {
			t.Errorf("%.20q: %v is not %v", tt.in, err, tt.is)
		}
	}
	var syntax *trace.SyntaxError
	_, err := trace.ParseMahimahi(strings.NewReader("2\n1\n"), "t")
	if !errors.As(err, &syntax) || syntax.Name != "t" || syntax.Line != 2 {
		t.Errorf("%#v: want a SyntaxError of line 2", err)
	}
}

func TestCheck(t *testing.T) {
	good := trace.Trace{Name: "t", At: []time.Duration{0, 5}, Period: 5, Quantum: 1}
	for want, spoil := range map[string]func(*trace.Trace){
		"":                                   func(*trace.Trace) {},
		"t: no delivery opportunity":         func(t *trace.Trace) { t.At = nil },
		"t: lasts no time":                   func(t *trace.Trace) { t.Period = 0 },
		"t: quantum 0: want a positive size": func(t *trace.Trace) { t.Quantum = 0 },
		"t: time goes backwards":             func(t *trace.Trace) { t.At = []time.Duration{2, 1} },
		"t: opportunity outside of 0 to 5ns": func(t *trace.Trace) { t.At = []time.Duration{2, 6} },
		"t: period 8785h0m0s: want at most 8784h0m0s": func(t *trace.Trace) { t.Period = 8785 * time.Hour },
	} {
		tr := good
		spoil(&tr)
		if err := tr.Check(); err == nil && want != "" || err != nil && err.Error() != want {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// randomTrace has its times on a grid of milliseconds, with many alike, and
// opportunities at 0 and at Period often.
func randomTrace(rng *rand.Rand) *trace.Trace {
	tr := &trace.Trace{Name: "random", Period: ms * time.Duration(1+rng.IntN(20)), Quantum: unit.Bytes(1 + rng.IntN(2000))}
	at := time.Duration(0)
	for range 1 + rng.IntN(20) {
		at = min(at+ms*time.Duration(rng.IntN(3)), tr.Period)
		tr.At = append(tr.At, at)
	}
	return tr
}

// TestCapacityCounts checks Capacity and Before against counting opportunities
// one by one, on the grid of the trace itself so that edges and seams are hit,
// and a nanosecond beside it.
func TestCapacityCounts(t *testing.T) {
	for seed := range uint64(300) {
		tr := randomTrace(rand.New(rand.NewPCG(seed, 1)))
		if err := tr.Check(); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		var k int64 // opportunities before
		for to := time.Duration(0); to <= 4*tr.Period; to += ms {
			for _, at := range []time.Duration{to - 1, to, to + 1} {
				for at >= 0 && tr.Opportunity(k) < at {
					k++
				}
				if got := tr.Before(at); got != k {
					t.Fatalf("seed %d: Before(%v) = %d, counted %d (At %v, Period %v)", seed, at, got, k, tr.At, tr.Period)
				}
				if got, want := tr.Capacity(0, at), unit.Bytes(k)*tr.Quantum; got != want {
					t.Fatalf("seed %d: Capacity(0, %v) = %d, counted %d", seed, at, got, want)
				}
				a := at / 3
				if got := tr.Capacity(0, a) + tr.Capacity(a, at); got != tr.Capacity(0, at) {
					t.Fatalf("seed %d: Capacity is not additive at %v, %v", seed, a, at)
				}
			}
		}
	}
}

func TestOpportunity(t *testing.T) {
	tr := &trace.Trace{At: []time.Duration{0, 3, 3, 8}, Period: 10, Quantum: 1}
	for k, want := range []time.Duration{0, 3, 3, 8, 10, 13, 13, 18, 20} {
		if got := tr.Opportunity(int64(k)); got != want {
			t.Errorf("Opportunity(%d) = %v, want %v", k, got, want)
		}
	}
	// In [3, 13): 3, 3, 8, 10.
	if got := tr.Capacity(3, 13); got != 4 {
		t.Errorf("Capacity(3, 13) = %d, want 4", got)
	}
}

func TestWriteMahimahiRefuses(t *testing.T) {
	for want, tr := range map[string]*trace.Trace{
		"t: no delivery opportunity":                                      {Name: "t"},
		"t: quantum 1504: the format has 1514":                            {Name: "t", At: []time.Duration{ms}, Period: ms, Quantum: 1504},
		"t: period 2ms: the format has that of the last opportunity, 1ms": {Name: "t", At: []time.Duration{ms}, Period: 2 * ms, Quantum: 1514},
		"t: opportunity at 500µs: the format has whole milliseconds":      {Name: "t", At: []time.Duration{ms / 2, ms}, Period: ms, Quantum: 1514},
	} {
		var out bytes.Buffer
		if err := trace.WriteMahimahi(&out, tr); err == nil && want != "" || err.Error() != want || out.Len() > 0 {
			t.Errorf("%v (%d bytes written), want %s", err, out.Len(), want)
		}
	}
}

func FuzzParseMahimahi(f *testing.F) {
	for _, s := range []string{"", "0\n", "1\n", "0\n3\n3\n8\n", "5\n4\n", "1\r\n2", "x", "18446744073709551616\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		tr, err := trace.ParseMahimahi(strings.NewReader(s), "fuzz")
		if err != nil {
			if !strings.HasPrefix(err.Error(), "fuzz:") {
				t.Errorf("%q does not say where", err)
			}
			return
		}
		if err := tr.Check(); err != nil {
			t.Errorf("accepted, but %v", err)
		}
		var out bytes.Buffer
		if err := trace.WriteMahimahi(&out, tr); err != nil {
			t.Fatal(err)
		}
		again, err := trace.ParseMahimahi(&out, "fuzz")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tr, again); diff != "" {
			t.Errorf("written and read again:\n%s", diff)
		}
		if tr.Capacity(0, tr.Period+1) < unit.Bytes(len(tr.At))*tr.Quantum {
			t.Errorf("a period offers %v, less than its %d opportunities", tr.Capacity(0, tr.Period+1), len(tr.At))
		}
	})
}

// TestRecordedTraces reads traces that were recorded elsewhere, where this
// machine has them, beside the module.
func TestRecordedTraces(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(root, "go.mod")); err != nil {
		t.Fatalf("not the root of the module: %v", err)
	}
	// Means as Mahimahi's formula has them, lines · 1514 · 8 / last line.
	means := map[string]unit.BitRate{
		"12mbps.trace":       12_112_000, // 1 line, 1 ms
		"0.12mbps.trace":     121_120,    // 1 line, 100 ms
		"10-every-200.trace": 605_600,    // 10 lines, 200 ms
	}
	read := 0
	for _, folder := range []string{"mahimahi", "mahimahi-calibrated"} {
		files, err := filepath.Glob(filepath.Join(root, "..", "shared/data/traces", folder, "*.*"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			name := filepath.Base(file)
			t.Run(name, func(t *testing.T) {
				text, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				tr, err := trace.ParseMahimahi(bytes.NewReader(text), name)
				if err != nil {
					t.Fatal(err)
				}
				var out bytes.Buffer
				if err := trace.WriteMahimahi(&out, tr); err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(text, out.Bytes()) {
					t.Errorf("written again, it differs (%d bytes, were %d)", out.Len(), len(text))
				}
				if want := means[name]; want != 0 && tr.Mean() != want {
					t.Errorf("mean %v, want %v", tr.Mean(), want)
				}
			})
			read++
		}
	}
	if read == 0 {
		t.Skip("no recorded traces beside the module")
	}
}
