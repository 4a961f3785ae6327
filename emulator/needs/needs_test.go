package needs_test

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"testing"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/needs"
)

// A fake is a test that ends as the real one would, and remembers how.
type fake struct {
	testing.TB
	ended string
}

func (*fake) Helper()                 {}
func (f *fake) Skipf(string, ...any)  { f.ended = "skipped"; runtime.Goexit() }
func (f *fake) Fatalf(string, ...any) { f.ended = "failed"; runtime.Goexit() }

// outcome is how a test ends that wants something.
func outcome(want func(testing.TB)) string {
	f := &fake{ended: "cut short"}
	done := make(chan struct{})
	go func() {
		defer close(done)
		want(f)
		f.ended = "run"
	}()
	<-done
	return f.ended
}

func TestNeeds(t *testing.T) {
	t.Setenv("TESTBED_NEED", "relay,netem-seed,onnx")
	unsupported := fmt.Errorf("a kernel without: %w", emulator.ErrUnsupported)
	for _, tt := range []struct {
		feature string
		err     error
		skip    string // what Skip does
		probed  string // what Probed does, for which the feature comes second
	}{
		{"netem", nil, "run", "run"},
		{"relay", nil, "run", "run"},
		{"netem", unsupported, "skipped", "skipped"}, // the name of another starts like it
		{"seed", unsupported, "skipped", "skipped"},
		{"relay", unsupported, "failed", "failed"},
		{"netem-seed", unsupported, "failed", "failed"},
		{"netem", io.EOF, "skipped", "failed"}, // it is not known whether it is there
		{"relay", io.EOF, "failed", "failed"},
	} {
		if got := outcome(func(t testing.TB) { needs.Skip(t, tt.feature, tt.err) }); got != tt.skip {
			t.Errorf("Skip for %s, %v: %s, want %s", tt.feature, tt.err, got, tt.skip)
		}
		probe := func(f string) error { return map[string]error{tt.feature: tt.err}[f] }
		if got := outcome(func(t testing.TB) { needs.Probed(t, probe, "first", tt.feature) }); got != tt.probed {
			t.Errorf("Probed for %s, %v: %s, want %s", tt.feature, tt.err, got, tt.probed)
		}
	}
}

func TestONNX(t *testing.T) {
	for need, want := range map[string]string{"": "skipped", "relay": "skipped", "relay,onnx": "failed"} {
		t.Setenv("TESTBED_NEED", need)
		missing := func() (string, error) { return "", errors.New("none") }
		if got := outcome(func(t testing.TB) { needs.ONNX(t, missing) }); got != want {
			t.Errorf("ONNX where TESTBED_NEED is %q and there is none: %s, want %s", need, got, want)
		}
	}
	if got := needs.ONNX(t, func() (string, error) { return "/lib", nil }); got != "/lib" {
		t.Errorf("ONNX = %q", got)
	}
}
