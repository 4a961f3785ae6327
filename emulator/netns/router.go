package netns

import (
	"errors"
	"fmt"
	"net/rpc"
	"os"
	"runtime"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/testbed/testbed/emulator"
)

// routerFD is the router's connection to its parent; the nodes' follow.
const routerFD = 3

// A router owns the links and the processes of the nodes. It is the first
// process of its namespace: when it ends, the kernel ends all others.
type router struct {
	failed chan Failure // what Watch waits for; holds the first

	mu      sync.Mutex
	setup   SetupArgs
	members map[string]*member
}

// A member is a node as the router sees it.
type member struct {
	Node
	cpus []int
	proc *nodeProcess
	link *link
	load *burning // nil: none
}

func routerMain() error {
	// First of all, for a parent that is already gone.
	if err := exitWithPeer(routerFD, 0); err != nil {
		return err
	}
	control, err := inherited(routerFD, "router's socket")
	if err != nil {
		return err
	}
	ownFiles()
	ownProc()
	r := &router{failed: make(chan Failure, 1), members: map[string]*member{}}
	server := rpc.NewServer()
	if err := server.RegisterName("Router", &service{r}); err != nil {
		return err
	}
	server.ServeConn(control)
	return nil
}

// ownFiles keeps what this process was born with from those it starts: each
// node gets its own socket, and one that had another's too would keep it open
// when that node dies, so that nobody would learn of it.
func ownFiles() {
	const most = 1024 // more than the nodes of any world
	for fd := routerFD; fd < most; fd++ {
		unix.CloseOnExec(fd)
	}
}

// ownProc shows this namespace's processes in /proc, so that a node finds
// itself there by its own number. Where that is not allowed (in some
// containers), /proc stays the host's and only /proc/self is right.
func ownProc() {
	// Never on a host: only the first process of a PID namespace has namespaces
	// of its own here (isolate), and mounts of its own with it.
	if os.Getpid() != 1 {
		return
	}
	// Private first, so that nothing is seen outside.
	if unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, "") == nil {
		_ = unix.Mount("proc", "/proc", "proc", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, "")
	}
}

// start makes the world.
func (r *router) start(s SetupArgs) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.setup = s
	// Each relay keeps two threads busy; a garbage collection or a call must
	// not wait for one of them, nor they for it.
	runtime.GOMAXPROCS(runtime.NumCPU() + 2*len(s.Nodes))
	if err := prepareRouter(); err != nil {
		return err
	}
	// The links will ask for it; the answer is remembered.
	go func() { _ = thisKernel.redirect() }()
	// All nodes start at the same time; what takes long is in the kernel.
	errs := make(chan error)
	members := make([]*member, len(s.Nodes))
	for i, n := range s.Nodes {
		m := &member{Node: n, cpus: n.CPUs}
		if len(m.cpus) == 0 {
			m.cpus = s.CPUs
		}
		members[i], r.members[n.Name] = m, m
		go func() { errs <- r.startNode(i, m) }()
	}
	var err error
	for range members {
		err = errors.Join(err, <-errs)
	}
	if err != nil {
		return err
	}
	for _, m := range members {
		if err := m.proc.ready(); err != nil {
			return err
		}
	}
	return nil
}

// startNode starts the process of the i'th node (from 0) and connects it. Its
// network is ready when it says so.
func (r *router) startNode(i int, m *member) error {
	conn := os.NewFile(uintptr(routerFD+1+i), m.Name)
	defer conn.Close()
	proc, err := startNode(m, conn, r.fail)
	if err != nil {
		return fmt.Errorf("node %s: %w", m.Name, err)
	}
	m.proc = proc
	p := newPort(i+1, m.Name)
	if err := p.connect(proc.cmd.Process.Pid); err != nil {
		return fmt.Errorf("node %s: %w", m.Name, err)
	}
	if err := proc.tell(nodeSetup{Index: i + 1}); err != nil {
		return err
	}
	m.link = &link{port: p}
	if err := m.link.set("auto", emulator.Link{}, emulator.Link{}, 0); err != nil {
		return fmt.Errorf("node %s: %w", m.Name, err)
	}
	return nil
}

// fail tells Watch. Only the first is kept: the others follow from it.
func (r *router) fail(err error) {
	select {
	case r.failed <- newFailure(err):
	default:
	}
}

// member returns a node by its name.
func (r *router) member(name string) (*member, error) {
	if m, ok := r.members[name]; ok {
		return m, nil
	}
	return nil, fmt.Errorf("node %q: there is none", name)
}
