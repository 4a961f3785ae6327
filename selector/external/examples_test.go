package external_test

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/testbed/testbed/emulator/needs"
	"github.com/testbed/testbed/emulator/unit"
	"github.com/testbed/testbed/selector"
	"github.com/testbed/testbed/selector/external"
)

const examples = "../../examples"

// python skips the test where there is none.
func python(t testing.TB) string {
	t.Helper()
	name, err := exec.LookPath("python3")
	needs.Skip(t, "python", err)
	return name
}

// device is the edge with these models ready.
func device(loaded ...string) selector.Observation {
	return selector.Observation{Devices: []selector.Device{{Name: "edge", Down: 8 * unit.Mbps, Loaded: loaded}}}
}

// TestPythonExample: the example chooses the fastest within the budget by what
// the profile says, and then by what it sees.
func TestPythonExample(t *testing.T) {
	p, err := external.Start(t.Context(), external.Config{Name: "example", Exec: []string{python(t), "selector.py"}, Dir: examples})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}()
	opts := append([]selector.Option{{Model: "wrong", Node: "edge", Accuracy: 0.5}}, options...)
	for range 2 { // trials, of which the second knows nothing of the first
		s, err := p.Trial(external.Trial{Options: opts, Fallback: trialOf().Fallback})
		if err != nil {
			t.Fatal(err)
		}
		choose := func(o selector.Observation, want string, took time.Duration) {
			t.Helper()
			d := s.Select(o, opts)
			if got := opts[d.Choice].Model; got != want || d.Failed != "" {
				t.Errorf("%s, failed %q; want %s", got, d.Failed, want)
			}
			s.Learn(selector.Outcome{Option: opts[d.Choice], Observed: selector.Phases{Infer: took, Load: time.Second}})
		}
		ready := device("large", "small")
		choose(device("large"), "large", 100*time.Millisecond) // 100 ms, against 10 ms, 100 ms of loading and 100 ms of fetching
		choose(ready, "small", 300*time.Millisecond)           // 10 ms by its profile, against 100 ms
		choose(ready, "large", 100*time.Millisecond)           // 300 ms by what it took, against 100 ms
		choose(device("small"), "small", 300*time.Millisecond) // 300 ms, against 1 s of loading and of fetching
	}
}

// TestHTTPExample: the example chooses the most accurate model of those that
// take up to 50 ms.
func TestHTTPExample(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().(*net.TCPAddr)
	l.Close()
	var diag bytes.Buffer
	cmd := exec.CommandContext(t.Context(), python(t), "selector_http.py", strconv.Itoa(address.Port))
	cmd.Dir, cmd.Stderr = examples, &diag
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			t.Log(diag.String())
		}
	}()
	other := listening(t, "http://"+address.String()) // whose connection stays open beside that of p
	if _, err := other.Trial(external.Trial{Options: options, Fallback: trialOf().Fallback}); err != nil {
		t.Fatal(err)
	}
	p := listening(t, "http://"+address.String())
	opts := append([]selector.Option{{Model: "wrong", Node: "edge", Accuracy: 0.5}}, options...)
	s, err := p.Trial(external.Trial{Options: opts, Fallback: trialOf().Fallback})
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		d := s.Select(observation, opts)
		if opts[d.Choice].Model != "small" || d.Failed != "" {
			t.Errorf("%s, failed %q; want small", opts[d.Choice].Model, d.Failed)
		}
		s.Learn(selector.Outcome{Option: opts[d.Choice]})
	}
}

// listening starts with a server as soon as it listens.
func listening(t *testing.T, url string) *external.Program {
	t.Helper()
	for begun := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		p, err := external.Start(t.Context(), external.Config{Name: "example", URL: url})
		if err == nil {
			t.Cleanup(func() { _ = p.Close() })
			return p
		}
		if time.Since(begun) > 30*time.Second {
			t.Fatal(err)
		}
	}
}

// TestExamplesAreShort: they are to be read.
func TestExamplesAreShort(t *testing.T) {
	names, _ := filepath.Glob(filepath.Join(examples, "*.py"))
	for _, name := range names {
		text, err := os.ReadFile(name)
		if n := bytes.Count(text, []byte("\n")); err != nil || n > 30 {
			t.Errorf("%s has %d lines, want at most 30 (%v)", name, n, err)
		}
	}
	if len(names) < 2 {
		t.Errorf("%d examples", len(names))
	}
}

// BenchmarkPython is a decision of the example among 50 options, with learning.
func BenchmarkPython(b *testing.B) {
	decide(b, external.Config{Exec: []string{python(b), "selector.py"}, Dir: examples})
}

// BenchmarkProgram is one of a program that answers at once.
func BenchmarkProgram(b *testing.B) {
	decide(b, external.Config{Exec: []string{executable(), "fake", "good"}})
}

func decide(b *testing.B, c external.Config) {
	p, err := external.Start(b.Context(), c)
	if err != nil {
		b.Fatal(err)
	}
	defer p.Close()
	opts := slices.Clone(options)
	for i := range 48 {
		o := options[0]
		o.Model += strconv.Itoa(i)
		opts = append(opts, o)
	}
	s, err := p.Trial(external.Trial{Options: opts, Fallback: trialOf().Fallback})
	if err != nil {
		b.Fatal(err)
	}
	var took []float64
	for b.Loop() {
		begun := time.Now()
		d := s.Select(observation, opts)
		took = append(took, float64(time.Since(begun).Microseconds()))
		if d.Failed != "" {
			b.Fatal(d.Failed)
		}
		s.Learn(selector.Outcome{Option: opts[d.Choice], Observed: selector.Phases{Infer: 1}})
	}
	slices.Sort(took)
	b.ReportMetric(took[len(took)/2], "µs/median-decision")
}
