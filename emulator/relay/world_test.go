//go:build linux

package relay_test

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/safchain/ethtool"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/testbed/testbed/emulator/relay"
)

// asRoot in the environment has tests run without a user namespace, in which
// nobody may have SCHED_FIFO. spin has this program do nothing else for ever.
const asRoot, spin = "RELAY_TEST_ROOT", "RELAY_TEST_SPIN"

// TestMain runs the test binary again in a new network namespace, with a user
// namespace where that works, so that tests may make interfaces and leave none.
func TestMain(m *testing.M) {
	switch {
	case os.Getenv(spin) != "":
		for {
		}
	case os.Getenv(relay.Inside) != "":
		os.Exit(m.Run())
	}
	var reasons []error
	ways := []uintptr{syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET, syscall.CLONE_NEWNET}
	if os.Getenv(asRoot) != "" {
		ways = ways[1:]
	}
	for _, flags := range ways {
		err := again(flags)
		var exit *exec.ExitError
		switch {
		case err == nil:
			os.Exit(0)
		case errors.As(err, &exit):
			os.Exit(1)
		}
		reasons = append(reasons, err)
	}
	os.Setenv(relay.Outside, errors.Join(reasons...).Error())
	os.Exit(m.Run())
}

// again runs this program with the same arguments in new namespaces.
func again(flags uintptr) error {
	cmd := exec.Command("/proc/self/exe", os.Args[1:]...)
	cmd.Args[0] = os.Args[0]
	cmd.Env = append(os.Environ(), relay.Inside+"=1")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: flags, Pdeathsig: syscall.SIGKILL}
	if flags&syscall.CLONE_NEWUSER != 0 {
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
	}
	return cmd.Run()
}

// A wire is two hosts with a relay between them:
//
//	left ⇄ a │relay│ b ⇄ right
//
// The hosts are only their ends here, raw sockets on left and right.
type wire struct {
	left, right *host
	relay       *relay.Relay
}

// newWire makes a wire of perfect links, which ends with the test.
func newWire(t testing.TB) *wire {
	t.Helper()
	relay.NeedWorld(t)
	quiet(t)
	w := &wire{}
	veth(t, "left", "a", 0, true)
	veth(t, "right", "b", 0, true)
	w.left, w.right = newHost(t, "left"), newHost(t, "right")
	r, err := relay.Open("a", "b")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	w.relay = r
	return w
}

// quiet keeps the kernel from sending frames of its own.
func quiet(t testing.TB) {
	t.Helper()
	for _, name := range []string{"all", "default"} {
		err := os.WriteFile("/proc/sys/net/ipv6/conf/"+name+"/disable_ipv6", []byte("1"), 0)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
	}
}

// veth makes a pair of interfaces, both up, and without offloads if off. The
// first is moved to the namespace ns, if that is not 0, and then is down.
func veth(t testing.TB, outer, inner string, ns int, off bool) {
	t.Helper()
	pair := &netlink.Veth{LinkAttrs: netlink.NewLinkAttrs(), PeerName: inner}
	pair.Name = outer
	if err := netlink.LinkAdd(pair); err != nil {
		t.Fatalf("veth %s: %v", outer, err)
	}
	t.Cleanup(func() {
		if l, err := netlink.LinkByName(inner); err == nil {
			netlink.LinkDel(l)
		}
	})
	for _, name := range []string{outer, inner} {
		if off {
			if err := offloadsOff(name); err != nil {
				t.Fatalf("%s: offloads: %v", name, err)
			}
		}
		l, err := netlink.LinkByName(name)
		if err != nil {
			t.Fatal(err)
		}
		if name == outer && ns != 0 {
			if err := netlink.LinkSetNsFd(l, ns); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if err := netlink.LinkSetUp(l); err != nil {
			t.Fatal(err)
		}
	}
}

// offloadsOff makes the kernel send packets of at most the MTU, with finished
// checksums.
func offloadsOff(name string) error {
	e, err := ethtool.NewEthtool()
	if err != nil {
		return err
	}
	defer e.Close()
	return e.Change(name, map[string]bool{
		"tx-checksum-ip-generic":       false,
		"tx-tcp-segmentation":          false,
		"tx-generic-segmentation":      false,
		"rx-gro":                       false,
		"tx-tcp6-segmentation":         false,
		"tx-tcp-ecn-segmentation":      false,
		"tx-udp-segmentation":          false,
		"tx-scatter-gather":            false,
		"tx-tcp-mangleid-segmentation": false,
	})
}

// A host sends and receives raw frames on an interface.
type host struct {
	t    testing.TB
	name string
	fd   int
}

func newHost(t testing.TB, name string) *host {
	t.Helper()
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	l, err := netlink.LinkByName(name)
	if err != nil {
		t.Fatal(err)
	}
	unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, 4<<20)
	if err := unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_IGNORE_OUTGOING, 1); err != nil {
		t.Fatal(err)
	}
	if err := unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_AUXDATA, 1); err != nil {
		t.Fatal(err)
	}
	const all = unix.ETH_P_ALL<<8&0xff00 | unix.ETH_P_ALL>>8 // little-endian machines run this test
	if err := unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: all, Ifindex: l.Attrs().Index}); err != nil {
		t.Fatal(err)
	}
	return &host{t: t, name: name, fd: fd}
}

// send sends one frame.
func (h *host) send(frame []byte) {
	h.t.Helper()
	if _, err := unix.Write(h.fd, frame); err != nil {
		h.t.Fatalf("send from %s: %v", h.name, err)
	}
}

// receive returns the next frame, or nil if none comes within the timeout.
func (h *host) receive(timeout time.Duration) []byte {
	h.t.Helper()
	tv := unix.NsecToTimeval(int64(max(timeout, time.Microsecond)))
	if err := unix.SetsockoptTimeval(h.fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &tv); err != nil {
		h.t.Fatal(err)
	}
	buf := make([]byte, 65536)
	for {
		n, err := unix.Read(h.fd, buf)
		switch err {
		case nil:
			return buf[:n]
		case unix.EAGAIN:
			return nil
		case unix.EINTR:
		default:
			h.t.Fatalf("receive at %s: %v", h.name, err)
		}
	}
}

// collect receives until nothing comes for the timeout.
func (h *host) collect(timeout time.Duration) (frames [][]byte) {
	h.t.Helper()
	for f := h.receive(timeout); f != nil; f = h.receive(timeout) {
		frames = append(frames, f)
	}
	return frames
}

// testFrame makes frame number i of n ≥ 16 bytes, of a protocol that nobody
// answers.
func testFrame(i, n int) []byte {
	f := make([]byte, n)
	copy(f, []byte{2, 0, 0, 0, 0, 9, 2, 0, 0, 0, 0, 8, 0x88, 0xb5}) // IEEE: for experiments
	for k := 14; k < n; k++ {
		f[k] = byte(i*31 + k*7)
	}
	f[14], f[15] = byte(i>>8), byte(i)
	return f
}

// number is the i of testFrame.
func number(frame []byte) int { return int(frame[14])<<8 | int(frame[15]) }

// eventually waits until ok, and fails the test if that takes seconds.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for range 500 {
		if ok() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("still not: %s", what)
}
