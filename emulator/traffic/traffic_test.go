//go:build linux

package traffic

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/trace"
)

// TestMain lets the test binary be both ends.
func TestMain(m *testing.M) {
	Main()
	if len(os.Args) == 2 && os.Args[1] == orphan {
		beOrphaned()
	}
	os.Exit(m.Run())
}

// here starts a process where this one is, and tells pid which that is.
func here(pid func(int)) Spawn {
	return func(p Process) (func(), error) {
		cmd := exec.Command("/proc/self/exe", p.Args...)
		stderr := &strings.Builder{}
		cmd.Stdin, cmd.Stdout, cmd.Stderr = p.Stdin, p.Stdout, stderr
		if err := cmd.Start(); err != nil {
			return nil, err
		}
		if pid != nil {
			pid(cmd.Process.Pid)
		}
		go func() {
			err := cmd.Wait()
			if err != nil {
				err = errors.New(err.Error() + ": " + stderr.String())
			}
			p.Exited(err)
		}()
		return func() { _ = cmd.Process.Kill() }, nil
	}
}

func start(t *testing.T, o Options) *Running {
	t.Helper()
	o.Addr = "127.0.0.1"
	if o.Sender == nil {
		o.Sender, o.Receiver = here(nil), here(nil)
	}
	r, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Stop(); err != nil {
			t.Error(err)
		}
	})
	return r
}

// until waits for a status.
func until(t *testing.T, r *Running, what string, is func(Status) bool) Status {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(20 * ms) {
		if s := r.Status(); is(s) {
			return s
		}
	}
	t.Fatalf("not %s: %+v", what, r.Status())
	return Status{}
}

// TestTraffic over the loopback interface: no more than asked arrives, and by
// far the most of it on any machine.
func TestTraffic(t *testing.T) {
	const of = 20_000_000
	half := emulator.Level{Share: 0.5}
	for _, tt := range []struct {
		name    string
		traffic emulator.Traffic
	}{
		{"udp", emulator.Traffic{Level: half, Of: of}},
		{"tcp", emulator.Traffic{Level: half, Of: of, TCP: true}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := start(t, Options{Traffic: tt.traffic})
			time.Sleep(2 * time.Second)
			s := until(t, r, "near what is asked", func(s Status) bool { return s.Total > 0.45 })
			t.Logf("%+v", s)
			// A frame in two seconds is 0.0003, and what was made up for at
			// the begin at most 0.1 s.
			if s.Total > 0.53 || s.Asked < 0.499 || s.Asked > 0.501 || s.AskedTotal != 0.5 && (s.AskedTotal < 0.499 || s.AskedTotal > 0.501) {
				t.Errorf("%+v, want 0.5 of everything", s)
			}
			if want := s.Achieved * of; float64(s.Bps) < want-1 || float64(s.Bps) > want+1 {
				t.Errorf("%v, want %v of %v", s.Bps, s.Achieved, of)
			}
		})
	}
	t.Run("bulk", func(t *testing.T) {
		r := start(t, Options{Traffic: emulator.Traffic{Of: of, Bulk: true, TCP: true}})
		s := until(t, r, "faster than any pace", func(s Status) bool { return s.Total > 2 })
		if s.Asked != 0 || s.AskedTotal != 0 {
			t.Errorf("bulk asks for %v", s.Asked)
		}
	})
}

// TestRewind: the level is that of the time that it was told, and a sender that
// sleeps for long is woken.
func TestRewind(t *testing.T) {
	over := &trace.Series{Name: "the second hour", At: []time.Duration{0, time.Hour, 2 * time.Hour}, Value: []float64{0, 1, 0}, Period: 3 * time.Hour}
	for _, tcp := range []bool{false, true} {
		r := start(t, Options{Traffic: emulator.Traffic{Level: emulator.Level{Over: over}, Of: 10_000_000, TCP: tcp}})
		time.Sleep(500 * ms)
		if s := r.Status(); s.Total != 0 || s.Asked != 0 {
			t.Errorf("before its time: %+v", s)
		}
		for _, since := range []time.Duration{time.Hour, 150 * time.Minute, 90 * time.Minute, time.Hour, 0} {
			for range 5 { // more than it has taken yet must not hang
				if err := r.Rewind(since); err != nil {
					t.Fatal(err)
				}
			}
			if over.Integral(since, since+time.Second) > 0 {
				until(t, r, "asked and achieved", func(s Status) bool { return s.Asked > 0.8 && s.Achieved > 0.7 })
			} else {
				until(t, r, "silent", func(s Status) bool { return s.Asked == 0 && s.Achieved < 0.01 })
			}
		}
	}
}

// TestFails: an end that ends is told, once, and not after Stop.
func TestFails(t *testing.T) {
	for _, which := range []string{"sender", "receiver"} {
		told := make(chan error, 2)
		pids := map[string]int{}
		mark := func(name string) Spawn { return here(func(p int) { pids[name] = p }) }
		r := start(t, Options{Traffic: level(0.5), Failed: func(err error) { told <- err }, Sender: mark("sender"), Receiver: mark("receiver")})
		if err := syscall.Kill(pids[which], syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		select {
		case err := <-told:
			if want := "traffic: " + which + ": signal: killed: "; err.Error() != want {
				t.Errorf("%v, want %s", err, want)
			}
		case <-time.After(10 * time.Second):
			t.Errorf("nobody is told that the %s was killed", which)
		}
		for _, pid := range pids { // the other
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
		<-r.sender.exited
		<-r.receiver.exited
		if err := r.Stop(); err != nil {
			t.Error(err)
		}
		select {
		case err := <-told:
			t.Errorf("told again: %v", err)
		case <-time.After(50 * ms):
		}
	}
}

// TestEndsWithItsInput: each end does, whatever it is told before that.
func TestEndsWithItsInput(t *testing.T) {
	r := start(t, Options{Traffic: emulator.Traffic{Of: 1e6, Bulk: true}})
	for range 5 { // who sends as fast as it can does not listen
		if err := r.Rewind(time.Hour); err != nil {
			t.Fatal(err)
		}
	}
	for _, e := range []*end{r.sender, r.receiver} {
		_ = e.in.Close()
		select {
		case <-e.exited:
			if want := "traffic: " + e.name + ": it ended by itself"; e.err.Error() != want {
				t.Errorf("%v, want %s", e.err, want)
			}
		case <-time.After(10 * time.Second):
			t.Errorf("the %s goes on without its input", e.name)
		}
	}
}

// TestStartFails leaves nothing: not where the sender cannot be started, not
// when it is told to stop waiting.
func TestStartFails(t *testing.T) {
	var receiver int
	no := errors.New("no place for it")
	o := Options{Traffic: level(1), Addr: "127.0.0.1", Receiver: here(func(p int) { receiver = p }),
		Sender: func(Process) (func(), error) { return nil, no }}
	if _, err := Start(t.Context(), o); !errors.Is(err, no) {
		t.Errorf("%v, want %v", err, no)
	}
	if err := syscall.Kill(receiver, 0); err == nil {
		t.Error("the receiver lives on")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	o.Sender = here(nil)
	if _, err := Start(ctx, o); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want %v", err, context.Canceled)
	}
}

// TestUnreadable: what a receiver says that makes no sense ends it, and the error
// says what it was rather than how it ended.
func TestUnreadable(t *testing.T) {
	const want = "traffic: receiver: report of the receiver: json: cannot unmarshal string"
	told := make(chan error, 1)
	var garble atomic.Bool
	o := Options{Traffic: level(0.5), Addr: "127.0.0.1", Failed: func(err error) { told <- err }, Sender: here(nil), Receiver: func(p Process) (func(), error) {
		p.Stdout = garbling{p.Stdout, &garble}
		return here(nil)(p)
	}}
	r := start(t, o)
	garble.Store(true)
	select {
	case err := <-told:
		if !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	case <-time.After(10 * time.Second):
		t.Error("nobody is told")
	}
	if err := r.Stop(); err != nil {
		t.Error(err)
	}
}

// garbling makes what is written nonsense, once it is to.
type garbling struct {
	io.Writer
	now *atomic.Bool
}

func (g garbling) Write(b []byte) (int, error) {
	if g.now.Load() {
		b = []byte("\"nonsense\"\n")
	}
	return g.Writer.Write(b)
}

// orphan has this program start traffic and say who sends and receives.
const orphan = "orphan"

func beOrphaned() {
	say := here(func(p int) { println(p) })
	_, err := Start(context.Background(), Options{Traffic: level(0.1), Addr: "127.0.0.1", Sender: say, Receiver: say})
	if err != nil {
		panic(err)
	}
	println("ready")
	select {}
}

// TestEndsWithItsStarter: with nothing but their standard input closed, as the
// end of a process does it, both ends are gone.
func TestEndsWithItsStarter(t *testing.T) {
	cmd := exec.Command("/proc/self/exe", orphan)
	out := &strings.Builder{}
	heard := make(chan struct{})
	cmd.Stderr = writer(func(p []byte) {
		if out.Write(p); strings.HasSuffix(out.String(), "ready\n") {
			close(heard)
		}
	})
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-heard:
	case <-time.After(20 * time.Second):
		t.Fatal("it does not begin")
	}
	lines := strings.Fields(out.String())
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // killed
	for _, line := range lines[:2] {
		gone := false
		for end := time.Now().Add(10 * time.Second); !gone && time.Now().Before(end); time.Sleep(10 * ms) {
			_, err := os.Stat("/proc/" + line)
			gone = err != nil
		}
		if !gone {
			t.Errorf("process %s lives on", line)
		}
	}
}

type writer func([]byte)

func (w writer) Write(p []byte) (int, error) { w(p); return len(p), nil }
