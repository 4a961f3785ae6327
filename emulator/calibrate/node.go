//go:build linux

package calibrate

import (
	"fmt"
	"net"
	"net/rpc"
	"os"
	"runtime"

	"github.com/testbed/testbed/emulator/thread"
)

// Node is what a node of a calibration does, for netns.Main: it sends,
// receives and burns as it is told over conn, until that is closed.
func Node(conn net.Conn, _ []string) error {
	// Probes block in system calls on threads of their own; calls must not
	// wait for one of them.
	runtime.GOMAXPROCS(runtime.NumCPU() + 4)
	server := rpc.NewServer()
	if err := server.RegisterName("Node", &service{}); err != nil {
		return err
	}
	server.ServeConn(conn)
	return nil
}

// A service is a node as net/rpc sees it.
type service struct {
	listening *listening // frames; nil: none yet
	server    *tcpServer
	spinning  *spinning
}

// None is the argument or answer of a call that has none.
type None struct{}

// on calls f on a precise thread of its own and waits for it.
func on(f func() error) error {
	done := make(chan error, 1)
	go func() {
		// Under load it is the link that is to be measured, not how long the
		// probe waits for a CPU. Without the right to that, its own lateness
		// shows in busy rows.
		_ = thread.Realtime(thread.Probe)
		done <- f()
	}()
	return <-done
}

// wrong adds what was being done to an error of the kernel.
func wrong(doing string, err error) error {
	if err == nil {
		return nil
	}
	return os.NewSyscallError(doing, err)
}

// nodeError adds the name of a node to an error of its own.
func nodeError(node string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("node %s: %w", node, err)
}
