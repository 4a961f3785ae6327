package tc

import (
	"errors"
	"fmt"
	"runtime"
	"sync"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/unit"
)

// probes remembers answers, of yes and no only: a kernel does not change while
// we run.
var probes = struct {
	sync.Mutex
	known map[string]error // by kind
}{known: map[string]error{}}

// Probe says whether the kernel has htb, netem or ingress (with all that a
// redirection needs): nil if it has; an error that wraps
// emulator.ErrUnsupported if it has not; another error if that could not be
// found out. It tries in a network namespace of its own, for which it needs
// the right to make one; nothing else is touched.
func Probe(kind string) error {
	probes.Lock()
	defer probes.Unlock()
	if err, ok := probes.known[kind]; ok {
		return err
	}
	var err error
	onThrowAwayThread(func() {
		if err = unix.Unshare(unix.CLONE_NEWNET); err != nil {
			err = fmt.Errorf("probe %s: make a namespace: %w", kind, err)
			return
		}
		err = try(kind)
	})
	if err == nil || errors.Is(err, emulator.ErrUnsupported) {
		probes.known[kind] = err
	}
	return err
}

// onThrowAwayThread runs f on a thread that ends with it, and its namespace
// with it. The main thread cannot end: it would stay in that namespace, and
// stand for the whole process in /proc.
func onThrowAwayThread(f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // not unlocked: so the thread ends
		if unix.Gettid() == unix.Getpid() {
			onThrowAwayThread(f) // on another, as this one is held
			runtime.UnlockOSThread()
			return
		}
		f()
	}()
	<-done
}

// try tries kind on the loopback interface.
func try(kind string) error {
	const lo = "lo"
	switch kind {
	case "htb":
		return missing("sch_htb", Apply(lo, emulator.Link{Rate: unit.Mbps}))
	case "netem":
		return missing("sch_netem", netlink.QdiscAdd(netemQdisc(1, emulator.Link{Delay: 1})))
	case "ingress":
		return Redirect(lo, lo)
	}
	return fmt.Errorf("probe %q: want htb, netem or ingress", kind)
}

// missing says that the kernel lacks what, if that is what err means.
func missing(what string, err error) error {
	for _, no := range []error{unix.ENOENT, unix.EOPNOTSUPP, unix.EPROTONOSUPPORT} {
		if errors.Is(err, no) {
			return fmt.Errorf("%s is not in this kernel: %w", what, emulator.ErrUnsupported)
		}
	}
	return err
}
