//go:build linux

package tc

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/tc/wire"
	"github.com/testbed/testbed/emulator/thread"
	"github.com/testbed/testbed/emulator/unit"
)

// Kinds are what Probe can be asked about.
const Kinds = "htb, tbf, netem, netem-seed, codel, ifb or ingress"

// probes remembers answers, of yes and no only: a kernel does not change while
// we run.
var probes = struct {
	sync.Mutex
	known map[string]error // by kind
}{known: map[string]error{}}

// Probe says whether the kernel has htb, tbf, netem, netem-seed (losses that
// can be repeated), codel, ifb or ingress (with all that a redirection needs),
// with the settings that this package makes: nil if it has; an error that
// wraps emulator.ErrUnsupported if it has not; another error if that could not
// be found out. It tries in a network namespace of its own, for which it needs
// the right to make one; nothing else is touched.
func Probe(kind string) error {
	probes.Lock()
	defer probes.Unlock()
	if err, ok := probes.known[kind]; ok {
		return err
	}
	var err error
	thread.ThrowAway(func() {
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

// try tries kind on the loopback interface.
func try(kind string) error {
	const lo = "lo"
	slow := emulator.Link{Rate: unit.Mbps}
	switch kind {
	case "htb":
		return tryObjects("sch_htb", htb.objects(slow, false, Options{}))
	case "tbf":
		return tryObjects("sch_tbf", tbf.objects(slow, false, Options{}))
	case "netem":
		return tryObjects("sch_netem", netem.objects(emulator.Link{Delay: 1}, false, Options{}))
	case "netem-seed":
		return tryObjects("a seed of sch_netem", netem.objects(emulator.Link{Loss: 0.5}, false, Options{Seed: 1}))
	case "codel":
		slow.CoDel = &emulator.CoDel{Target: 5 * time.Millisecond, Interval: 100 * time.Millisecond}
		return tryObjects("sch_codel", htb.objects(slow, false, Options{}))
	case "ifb":
		return unless("ifb", netlink.LinkAdd(ifb("ifb-probe")))
	case "ingress":
		return Redirect(lo, lo)
	}
	return fmt.Errorf("probe %q: want %s", kind, Kinds)
}

func tryObjects(what string, objects []wire.Object) error {
	k, err := openKernel("lo")
	if err != nil {
		return err
	}
	defer k.close()
	return unless(what, k.replace(objects))
}

// unless says that the kernel lacks what, if that is what err means.
func unless(what string, err error) error {
	for _, no := range []error{unix.ENOENT, unix.EOPNOTSUPP, unix.EPROTONOSUPPORT, emulator.ErrUnsupported} {
		if errors.Is(err, no) {
			return fmt.Errorf("%s is not in this kernel: %w", what, emulator.ErrUnsupported)
		}
	}
	return err
}
