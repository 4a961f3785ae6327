//go:build linux

package netns

import (
	"errors"
	"fmt"
	"maps"
	"net/rpc"
	"os"
	"runtime"
	"slices"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/testbed/testbed/emulator/cgroup"
	"github.com/testbed/testbed/emulator/thread"
)

// routerFD is the router's connection to its parent; the nodes' follow.
const routerFD = 3

// A router owns the links and the processes of the nodes. It is the first
// process of its namespace: when it ends, the kernel ends all others.
type router struct {
	failed chan Failure // what Watch waits for; holds the first

	mu      sync.Mutex
	setup   SetupArgs
	layout  layout
	members map[string]*member
	links   map[string]*link // by node or pair
}

// A member is a node as the router sees it.
type member struct {
	Node
	cpus  []int
	proc  *nodeProcess
	place cgroup.Place // that bounds it; nowhere: none does
	load  background
}

func routerMain() error {
	// First of all, for a parent that is already gone.
	if err := exitWithPeer(routerFD, 0); err != nil {
		return err
	}
	// An ordinary user has no real-time threads that could be held up.
	_ = thread.Undisturbed()
	control, err := inherited(routerFD, "router's socket")
	if err != nil {
		return err
	}
	ownFiles()
	ownProc()
	r := &router{failed: make(chan Failure, 1), members: map[string]*member{}, links: map[string]*link{}}
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
	c := s.Config
	r.setup, r.layout = s, c.layout()
	// Each relay keeps two threads busy; a garbage collection or a call must
	// not wait for one of them, nor they for it.
	runtime.GOMAXPROCS(runtime.NumCPU() + 2*(len(r.layout.sites)+len(r.layout.pairs)))
	if err := s.strict(tryRealtime); err != nil {
		return err
	}
	if err := prepareRouter(); err != nil {
		return err
	}
	// The links will ask for it; the answer is remembered.
	go func() { _ = thisKernel.redirect() }()
	if err := r.startNodes(); err != nil {
		return err
	}
	if err := r.connect(); err != nil {
		return err
	}
	for _, n := range c.Nodes {
		if err := r.members[n.Name].proc.ready(); err != nil {
			return err
		}
	}
	return nil
}

// startNodes starts the processes of all nodes at the same time: what takes
// long is in the kernel.
func (r *router) startNodes() error {
	nodes := r.setup.Config.Nodes
	for _, n := range nodes {
		m := &member{Node: n, cpus: n.CPUs, place: r.setup.Places[n.Name]}
		if len(m.cpus) == 0 {
			m.cpus = r.setup.CPUs
		}
		r.members[n.Name] = m
	}
	return together(len(nodes), func(i int) (err error) {
		m := r.members[nodes[i].Name]
		conn := os.NewFile(uintptr(routerFD+1+i), m.Name)
		defer conn.Close()
		if m.proc, err = startNode(m, conn, r.fail); err != nil {
			return fmt.Errorf("node %s: %w", m.Name, err)
		}
		return nil
	})
}

// connect makes all links, perfect ones, and tells the nodes. Their networks
// are ready when they say so.
func (r *router) connect() error {
	c, l := r.setup.Config, r.layout
	pids := map[string]int{}
	for name, m := range r.members {
		pids[name] = m.proc.cmd.Process.Pid
	}
	links := make([]*link, len(l.sites)+len(l.pairs))
	err := together(len(links), func(i int) (err error) {
		if i < len(l.sites) {
			links[i], err = l.makeSite(l.sites[i], r.setup, pids)
		} else {
			links[i], err = l.makePair(l.pairs[i-len(l.sites)], r.setup, pids)
		}
		return err
	})
	if err != nil {
		return err
	}
	for _, made := range links {
		r.links[made.name] = made
	}
	for name, m := range r.members {
		setup := l.setup(name, c.device(), c.Break)
		setup.Place = m.place
		if err := m.proc.tell(setup); err != nil {
			return err
		}
	}
	return together(len(links), func(i int) error {
		if err := links[i].set(LinkArgs{}); err != nil {
			return fmt.Errorf("link of %s: %w", links[i].name, err)
		}
		return nil
	})
}

// together calls f for 0 to n-1 at the same time, and joins the errors.
func together(n int, f func(i int) error) (err error) {
	errs := make(chan error)
	for i := range n {
		go func() { errs <- f(i) }()
	}
	for range n {
		err = errors.Join(err, <-errs)
	}
	return err
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

// link returns a link by the name of its node or pair.
func (r *router) link(name string) (*link, error) {
	if l, ok := r.links[name]; ok {
		return l, nil
	}
	if m, ok := r.members[name]; ok {
		return nil, fmt.Errorf("node %q: it is beside %q, whose link it shares", name, m.Beside)
	}
	return nil, fmt.Errorf("%q: want the name of a node or of a pair, such as %q", name, r.names())
}

// names returns what all links are called, in order.
func (r *router) names() []string { return slices.Sorted(maps.Keys(r.links)) }
