//go:build linux

package netns

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"time"

	"golang.org/x/sys/unix"
)

// A process is the router as its parent sees it.
type process struct {
	cmd     *exec.Cmd
	user    bool // it has a user namespace
	stderr  *tail
	control net.Conn
	nodes   map[string]net.Conn
	cpus    []int // it runs on these
	exited  chan struct{}
}

// startRouter starts the router, with sockets for itself and each node.
func startRouter(c Config, cpus []int) (p *process, err error) {
	p = &process{
		stderr: &tail{to: os.Stderr},
		nodes:  map[string]net.Conn{},
		cpus:   c.routerCPUs(cpus),
		exited: make(chan struct{}),
	}
	var theirs []*os.File // from file descriptor 3 on
	defer func() {
		for _, f := range theirs {
			_ = f.Close()
		}
		if err != nil {
			p.closeConns()
		}
	}()
	pair := func(name string) (net.Conn, error) {
		ours, their, err := socketPair(name)
		if err == nil {
			theirs = append(theirs, their)
		}
		return ours, err
	}
	if p.control, err = pair("router"); err != nil {
		return nil, err
	}
	for _, n := range c.Nodes {
		if p.nodes[n.Name], err = pair(n.Name); err != nil {
			return nil, err
		}
	}
	p.cmd, p.user, err = startIsolated(func() *exec.Cmd {
		cmd := self(argRouter)
		cmd.Stderr = p.stderr
		cmd.ExtraFiles = theirs
		return cmd
	}, p.cpus, func(error) { close(p.exited) })
	if err != nil {
		return nil, err
	}
	return p, nil
}

func (p *process) closeConns() {
	for _, conn := range p.nodes {
		if conn != nil {
			_ = conn.Close()
		}
	}
	if p.control != nil {
		_ = p.control.Close()
	}
}

// end waits until the router has ended, by itself or killed after a while.
// The kernel ends a process namespace before it reports the end of its first
// process, so nothing of the world runs after this.
func (p *process) end(timeout time.Duration) error {
	select {
	case <-p.exited:
		return nil
	case <-time.After(timeout / 2):
		_ = p.cmd.Process.Kill()
	}
	select {
	case <-p.exited:
		return nil
	case <-time.After(timeout / 2):
		return fmt.Errorf("router (process %d) does not end", p.cmd.Process.Pid)
	}
}

// socketPair returns two connected ends: one to use here, one to be inherited.
func socketPair(name string) (net.Conn, *os.File, error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("socket pair for %s: %w", name, err)
	}
	ours, theirs := os.NewFile(uintptr(fds[0]), name), os.NewFile(uintptr(fds[1]), name)
	defer ours.Close() // FileConn has its own
	conn, err := net.FileConn(ours)
	if err != nil {
		_ = theirs.Close()
		return nil, nil, fmt.Errorf("socket pair for %s: %w", name, err)
	}
	return conn, theirs, nil
}
