//go:build linux

package netns

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

// File descriptors that a node process is born with.
const (
	nodeFD  = 3 // its end of World.Conn
	setupFD = 4 // to the router, until its network is ready
)

// A nodeProcess is a node as the router sees it.
type nodeProcess struct {
	name   string
	cmd    *exec.Cmd
	stderr *tail
	setup  net.Conn
	exited chan struct{}
}

// startNode starts a node in a network namespace of its own. failed is told
// when it ends, which it should not.
func startNode(m *member, conn *os.File, failed func(error)) (*nodeProcess, error) {
	setup, theirs, err := socketPair(m.Name)
	if err != nil {
		return nil, err
	}
	defer theirs.Close()
	p := &nodeProcess{
		name:   m.Name,
		cmd:    self(append([]string{argNode, m.Name}, m.Args...)...),
		stderr: &tail{prefix: m.Name + ": ", to: os.Stderr},
		setup:  setup,
		exited: make(chan struct{}),
	}
	p.cmd.Env = append(os.Environ(), m.Env...)
	p.cmd.Stderr = p.stderr
	p.cmd.ExtraFiles = []*os.File{conn, theirs}
	p.cmd.SysProcAttr.Cloneflags = unix.CLONE_NEWNET
	err = startOn(p.cmd, m.cpus, func(error) {
		close(p.exited)
		failed(p.ended())
	})
	if err != nil {
		_ = setup.Close()
		return nil, err
	}
	return p, nil
}

// ended says how a process that has ended did.
func (p *nodeProcess) ended() error {
	return fmt.Errorf("node %s: %s", p.name, ended(p.cmd, p.stderr))
}

// tell sends the node its setup.
func (p *nodeProcess) tell(s nodeSetup) error {
	err := p.setup.SetDeadline(time.Now().Add(startTimeout))
	if err == nil {
		err = json.NewEncoder(p.setup).Encode(s)
	}
	if err != nil {
		return p.silent(err)
	}
	return nil
}

// ready waits until the network of the node is ready.
func (p *nodeProcess) ready() error {
	defer p.setup.Close()
	var failed Failure
	if err := json.NewDecoder(p.setup).Decode(&failed); err != nil {
		return p.silent(err)
	}
	if err := failed.err(); err != nil {
		return fmt.Errorf("node %s: %w", p.name, err)
	}
	return nil
}

// silent explains why a node does not talk to us: most likely it has ended.
func (p *nodeProcess) silent(err error) error {
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		select {
		case <-p.exited:
			return p.ended()
		case <-time.After(time.Second):
		}
	}
	return fmt.Errorf("node %s does not get ready: %w", p.name, err)
}

// nodeMain is a node: it makes its network ready, then does what it is for.
// args are its name and Node.Args.
func nodeMain(args []string, node func(net.Conn, []string) error) error {
	if len(args) == 0 {
		return errors.New("a node is started by the testbed itself")
	}
	// The kernel ends a node with the router; this is for a node whose
	// connection alone is closed.
	if err := exitWithPeer(nodeFD, time.Second); err != nil {
		return err
	}
	conn, err := inherited(nodeFD, "node's socket")
	if err != nil {
		return err
	}
	router, err := inherited(setupFD, "socket to the router")
	if err != nil {
		return err
	}
	var s nodeSetup
	if err := json.NewDecoder(router).Decode(&s); err != nil {
		return fmt.Errorf("setup: %w", err)
	}
	err = prepareNode(s)
	if e := json.NewEncoder(router).Encode(newFailure(err)); err == nil {
		err = e
	}
	_ = router.Close()
	if err != nil {
		return err
	}
	return node(conn, slices.Clone(args[1:]))
}
