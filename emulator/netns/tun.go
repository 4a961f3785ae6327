//go:build linux

package netns

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/relay"
	"github.com/testbed/testbed/emulator/thread"
)

// A world by TUN: what a node sends comes out of a file, and not at the end of
// a veth, so the kernel can neither redirect nor queue it. All links that end
// in TUN interfaces are the relay's, the perfect ones too.
var errTUN = errors.New("what goes by TUN only the relay can play")

// tunSite makes a site's one node and the router the ends of two files.
func (l layout) tunSite(s site, pid int) (node, router *os.File, err error) {
	if node, err = tunIn(pid, nodeInterface(0)); err != nil {
		return nil, nil, err
	}
	if router, err = createTUN(s.r); err == nil {
		err = address(s.r, network(routerIP(s.index)), nil)
	}
	return node, router, err
}

// tunPair does the same for the nodes of a pair.
func tunPair(p pairing, pids map[string]int) (a, b *os.File, err error) {
	if a, err = tunIn(pids[p.A], p.inA); err == nil {
		b, err = tunIn(pids[p.B], p.inB)
	}
	return a, b, err
}

// tunIn makes a TUN interface in the namespace of a process.
//
// Note: to make it here and move it takes the kernel 20 ms, in which nothing
// else can be made.
func tunIn(pid int, name string) (f *os.File, err error) {
	thread.ThrowAway(func() {
		if err = enter(pid); err == nil {
			f, err = createTUN(name)
		}
	})
	return f, err
}

// createTUN makes a TUN interface in the namespace of this thread. It ends with the namespace that it is
// in, and not with its file: the kernel takes some 10 ms for each that ends by
// itself, one after the other, and the end of a process waits for that.
func createTUN(name string) (*os.File, error) {
	f, err := relay.CreateTUN(name)
	if err != nil {
		return nil, noTUN(err)
	}
	conn, err := f.SyscallConn()
	if err == nil {
		e := conn.Control(func(fd uintptr) { err = unix.IoctlSetInt(int(fd), unix.TUNSETPERSIST, 1) })
		err = errors.Join(e, err)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("keep TUN %s: %w", name, err), f.Close())
	}
	return f, nil
}

// noTUN says of a lack of TUN, or of the right to it, what to do about it.
func noTUN(err error) error {
	if !errors.Is(err, fs.ErrPermission) && !errors.Is(err, emulator.ErrUnsupported) {
		return err
	}
	// The lack of this right is not that of the right to namespaces.
	return fmt.Errorf("%v: want device packet, or the right to use /dev/net/tun (%w)", err, emulator.ErrUnsupported)
}
