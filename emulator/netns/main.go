//go:build linux

package netns

import (
	"fmt"
	"net"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/testbed/testbed/emulator/load"
	"github.com/testbed/testbed/emulator/traffic"
)

// The hidden first arguments with which this program starts itself.
const (
	argRouter = "__router"
	argNode   = "__node"
	argProbe  = "__probe"
)

// Main makes this program the router, a node or some background load if it was
// started as one for a World, and then does not return; else it returns at once.
// It must be the first thing that main (or TestMain) does.
//
// node is what a node does: conn is its end of World.Conn, args are its
// Node.Args. It is called when the network of the node is ready. The process
// ends when node returns, with status 1 if that is with an error, or a second
// after conn was closed at the other end.
func Main(node func(conn net.Conn, args []string) error) {
	if len(os.Args) < 2 {
		return
	}
	load.Main()
	traffic.Main()
	var err error
	switch args := os.Args[2:]; os.Args[1] {
	case argRouter:
		err = routerMain()
	case argNode:
		err = nodeMain(args, node)
	case argProbe:
		err = probeMain(args)
	default:
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// inherited returns a connection that this process was started with, and
// keeps it from processes that it starts itself.
func inherited(fd int, name string) (net.Conn, error) {
	unix.CloseOnExec(fd)
	f := os.NewFile(uintptr(fd), name)
	defer f.Close() // FileConn has its own
	conn, err := net.FileConn(f)
	if err != nil {
		return nil, fmt.Errorf("%s at file descriptor %d: %w", name, fd, err)
	}
	return conn, nil
}

// exitWithPeer ends this process grace after the other end of the socket fd is
// closed, be it that its process was killed. It does not read from fd.
func exitWithPeer(fd int, grace time.Duration) error {
	own, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("watch file descriptor %d: %w", fd, err)
	}
	go func() {
		for {
			// A hang-up is reported whether asked for or not.
			poll := []unix.PollFd{{Fd: int32(own)}}
			if _, err := unix.Poll(poll, -1); err == nil {
				break
			}
		}
		time.Sleep(grace)
		os.Exit(0)
	}()
	return nil
}
