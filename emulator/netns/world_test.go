//go:build linux

package netns_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/netns"
)

var three = []netns.Node{{Name: "control"}, {Name: "repository"}, {Name: "edge"}}

func TestWorld(t *testing.T) {
	need(t, "netns", "veth")
	cpu := lastCPU(t)
	nodes := slices.Clone(three)
	nodes[2].Args = []string{"one", "two"}
	nodes[2].Env = []string{"TESTBED_TEST=yes"}
	nodes[2].CPUs = []int{cpu}
	start := time.Now()
	w := open(t, netns.Config{Nodes: nodes})
	t.Logf("up in %v", time.Since(start))

	for i, n := range nodes {
		if got, want := w.Addr(n.Name), fmt.Sprintf("10.77.%d.2", i+1); got != want {
			t.Errorf("Addr(%s) = %s, want %s", n.Name, got, want)
		}
	}
	got := ask(t, w, "edge", order{Do: "self"})
	got.PID = 0
	want := report{
		CPUs:   1, // of those it is pinned to
		Args:   []string{"one", "two"},
		Env:    "yes",
		IfNum:  2, // lo and eth0
		Reads:  "1",
		InProc: true,
		Procs:  4,                                 // the router and three nodes
		Router: "10.77.3.1 0x6 02:77:00:00:03:01", // complete and permanent
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("edge (-want +got):\n%s", diff)
	}
	ask(t, w, "control", order{Do: "self"}) // so that all serve by now
	ask(t, w, "repository", order{Do: "self"})
	for _, from := range nodes {
		for _, to := range nodes {
			r := ask(t, w, from.Name, order{Do: "ping", Addr: w.Addr(to.Name), Count: 3})
			if len(r.RTTs) != 3 {
				t.Errorf("%s → %s: %d of 3 pings came back", from.Name, to.Name, len(r.RTTs))
			}
		}
	}
	d := w.Describe()
	t.Logf("%+v", d)
	if diff := cmp.Diff(netns.NodeDescription{
		Name: "edge", Address: "10.77.3.2", MAC: "02:77:00:00:03:02", CPUs: []int{cpu}, Link: "edge",
	}, d.Nodes[2]); diff != "" {
		t.Errorf("description of edge (-want +got):\n%s", diff)
	}

	start = time.Now()
	if err := w.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	t.Logf("down in %v", time.Since(start))
	if err := w.Close(); err != nil {
		t.Errorf("second Close: %v", err)
	}
	if err, open := <-w.Done(); err != nil || open {
		t.Errorf("Done after Close: %v, %v; want it closed without an error", err, open)
	}
	if _, err := w.Status(); err == nil {
		t.Error("Status after Close: no error")
	}
}

func TestOpenRefuses(t *testing.T) {
	for _, tt := range []struct {
		name   string
		config netns.Config
		want   string
	}{
		{"an engine that is none", netns.Config{Engine: "ns-3"}, `open world: engine "ns-3": want auto, relay or tc`},
		{"a name that is too long", netns.Config{Nodes: []netns.Node{{Name: "repository1"}}},
			`open world: node "repository1": want a name of 1 to 10 lower-case letters, digits and '-'`},
		{"a name twice", netns.Config{Nodes: []netns.Node{{Name: "a"}, {Name: "a"}}}, `open world: node "a": there are two`},
		{"more nodes than networks", netns.Config{Nodes: make([]netns.Node, 255)}, "open world: 255 nodes: want at most 254"},
		{"a device that is none", netns.Config{Device: "wire"}, `open world: device "wire": want auto, packet or tun`},
		{"a fault that is none", netns.Config{Break: "all"}, `open world: break "all": want burst, offload or limit`},
		{"tc on TUN", netns.Config{Device: "tun", Engine: "tc"},
			"open world: device tun with engine tc: want device packet, for only the relay can play what TUN carries"},
		{"a bucket where there is none", netns.Config{Break: "burst", Engine: "relay"},
			"open world: break burst: want engine tc, for only the kernel has token buckets"},
		{"offloads on TUN", netns.Config{Break: "offload", Device: "tun"},
			"open world: break offload: want device packet, for the kernel cuts to size what goes by TUN"},
		{"beside nobody", with(netns.Node{Name: "d", Beside: "e"}), `open world: node "d": beside "e": there is none`},
		{"beside itself", with(netns.Node{Name: "d", Beside: "d"}), `open world: node "d": beside itself: want another node`},
		{"beside one beside another", with(netns.Node{Name: "d", Beside: "c"}),
			`open world: node "d": beside "c", which is itself beside "b": want the node that has the link`},
		{"more nodes than a network has addresses", crowd(254), `open world: node "n253": beside "n0": want at most 253 nodes on one site`},
		{"a pair with nobody", with(netns.Node{}, netns.Pair{A: "a", B: "x"}), `open world: pair a/x: node "x": there is none`},
		{"a pair of nobody", with(netns.Node{}, netns.Pair{A: "x", B: "a"}), `open world: pair x/a: node "x": there is none`},
		{"a pair of one", with(netns.Node{}, netns.Pair{A: "a", B: "a"}), "open world: pair a/a: want two nodes"},
		{"a pair twice", with(netns.Node{}, netns.Pair{A: "a", B: "b"}, netns.Pair{A: "a", B: "b"}),
			"open world: pair a/b: there are two of these nodes"},
		{"a pair and back", with(netns.Node{}, netns.Pair{A: "a", B: "b"}, netns.Pair{A: "b", B: "a"}),
			"open world: pair b/a: there are two of these nodes"},
		{"a pair on one site", with(netns.Node{}, netns.Pair{A: "c", B: "b"}),
			"open world: pair c/b: these nodes are beside each other, without a link between them"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := netns.Open(t.Context(), tt.config)
			if err == nil || err.Error() != tt.want {
				t.Errorf("error %v, want %s", err, tt.want)
			}
		})
	}
}

// with is a world of a, b, c beside b, and one more, if it has a name.
func with(n netns.Node, pairs ...netns.Pair) netns.Config {
	c := netns.Config{Nodes: []netns.Node{{Name: "a"}, {Name: "b"}, {Name: "c", Beside: "b"}}, Pairs: pairs}
	if n.Name != "" {
		c.Nodes = append(c.Nodes, n)
	}
	return c
}

// crowd is a world of n nodes on one site.
func crowd(n int) (c netns.Config) {
	for i := range n {
		c.Nodes = append(c.Nodes, netns.Node{Name: fmt.Sprintf("n%d", i), Beside: "n0"})
	}
	c.Nodes[0].Beside = ""
	return c
}

// TestNodeFails: a process that ends, whichever and whenever, ends the world
// with an error that has its last words.
func TestNodeFails(t *testing.T) {
	need(t, "netns", "veth")
	t.Run("at its start", func(t *testing.T) {
		w := open(t, netns.Config{Nodes: []netns.Node{{Name: "edge", Args: []string{"fail"}}}})
		wantDone(t, w, "node edge: exit status 1: this node fails")
	})
	t.Run("later", func(t *testing.T) {
		w := open(t, netns.Config{Nodes: three})
		if err := json.NewEncoder(w.Conn("edge")).Encode(order{Do: "exit"}); err != nil {
			t.Fatal(err)
		}
		wantDone(t, w, "node edge: exit status 2: panic: told to exit")
	})
	t.Run("the router", func(t *testing.T) {
		w := open(t, netns.Config{Nodes: three[:1]})
		if err := syscall.Kill(child(t, "__router"), syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		wantDone(t, w, "router: signal: killed")
	})
	t.Run("a background load", func(t *testing.T) {
		w := open(t, netns.Config{Nodes: three[:1]})
		if err := w.SetLoad("control", cpu(0.1), 0); err != nil {
			t.Fatal(err)
		}
		if err := syscall.Kill(child(t, "-__testbed-load"), syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		wantDone(t, w, "node control: background load: ")
	})
	t.Run("cross traffic", func(t *testing.T) {
		w := open(t, netns.Config{Nodes: three, Peer: "repository"})
		up := emulator.Load{Up: emulator.Traffic{Level: emulator.Level{Share: 0.1}, Of: 1e6}}
		if err := w.SetLoad("edge", up, 0); err != nil {
			t.Fatal(err)
		}
		if err := syscall.Kill(child(t, "-__testbed-traffic"), syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		wantDone(t, w, "from edge to repository: traffic: ")
	})
	t.Run("when its connection is closed", func(t *testing.T) {
		w := open(t, netns.Config{Nodes: []netns.Node{{Name: "edge", Args: []string{"deaf"}}}})
		if err := w.Conn("edge").Close(); err != nil {
			t.Fatal(err)
		}
		wantDone(t, w, "node edge: exit status 0")
	})
}

func wantDone(t *testing.T, w *netns.World, want string) {
	t.Helper()
	select {
	case err := <-w.Done():
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("Done: %v, want %s", err, want)
		}
		if w.Err() != err {
			t.Errorf("Err() = %v, Done gave %v", w.Err(), err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("Done says nothing")
	}
}

func TestOpenIsCancelled(t *testing.T) {
	need(t, "netns", "veth")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := netns.Open(ctx, netns.Config{Nodes: three}); !errors.Is(err, context.Canceled) {
		t.Errorf("Open: %v, want %v", err, context.Canceled)
	}
}

// TestNothingOutlivesParent kills a process that has a world, with the signal
// that it cannot handle.
func TestNothingOutlivesParent(t *testing.T) {
	need(t, "netns", "veth")
	before := hostState(t)
	cmd := startOrphan(t, "orphan")
	// The router, two nodes and a background load.
	children := descendants(t, cmd.Process.Pid)
	if len(children) != 4 {
		t.Fatalf("the helper has processes %v, want 4", children)
	}
	namespaces := map[string]bool{}
	for _, pid := range children {
		ns, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/net", pid))
		if err != nil {
			t.Fatal(err)
		}
		namespaces[ns] = true
	}
	if len(namespaces) != 3 { // the load is in the router's
		t.Errorf("network namespaces %v, want 3", namespaces)
	}
	if diff := cmp.Diff(before, hostState(t)); diff != "" {
		t.Errorf("the host before and with a world (-before +with):\n%s", diff)
	}
	killOrphan(t, cmd, children)
	if diff := cmp.Diff(before, hostState(t)); diff != "" {
		t.Errorf("the host before and after a world (-before +after):\n%s", diff)
	}
}

// startOrphan starts this program as one that makes a world, and waits for it.
func startOrphan(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command("/proc/self/exe", args...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	words, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || words != "ready\n" {
		t.Fatalf("helper says %q, %v", words, err)
	}
	return cmd
}

// killOrphan kills it, and waits for the end of processes that must go with it.
func killOrphan(t *testing.T, cmd *exec.Cmd, processes []int) {
	t.Helper()
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // killed
	for end := time.Now().Add(10 * time.Second); len(processes) > 0 && time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		processes = slices.DeleteFunc(processes, func(pid int) bool { return syscall.Kill(pid, 0) != nil })
	}
	if len(processes) > 0 {
		t.Errorf("processes %v live on", processes)
	}
}

// orphan makes a world and waits to be killed.
func orphan(quota bool) {
	nodes := slices.Clone(three[:2])
	if quota {
		nodes[0].Quota = 0.5
	}
	w, err := netns.Open(context.Background(), netns.Config{Nodes: nodes})
	if err == nil {
		err = w.SetLoad("control", cpu(0.1), 0)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println("ready")
	select {}
}

// hostState is what a world must not change: interfaces, mounts, and whether
// we forward.
func hostState(t *testing.T) (state []string) {
	t.Helper()
	all, err := net.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range all {
		state = append(state, "interface "+i.Name)
	}
	for _, file := range []string{"/proc/self/mounts", "/proc/sys/net/ipv4/ip_forward"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		state = append(state, strings.Split(string(text), "\n")...)
	}
	return state
}

// child returns the process below this one whose first argument is arg.
func child(t *testing.T, arg string) int {
	t.Helper()
	for _, pid := range descendants(t, os.Getpid()) {
		line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
		if err != nil {
			t.Fatal(err)
		}
		if args := strings.Split(string(line), "\x00"); len(args) > 1 && args[1] == arg {
			return pid
		}
	}
	t.Fatalf("no process has %s as its first argument", arg)
	return 0
}

// descendants returns the processes that pid started, and those they did.
func descendants(t *testing.T, pid int) (all []int) {
	t.Helper()
	tasks, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	if err != nil {
		t.Fatal(err)
	}
	for _, task := range tasks {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%s/children", pid, task.Name()))
		if err != nil {
			t.Skipf("this kernel does not list children: %v", err)
		}
		for _, word := range strings.Fields(string(text)) {
			var child int
			if _, err := fmt.Sscan(word, &child); err != nil {
				t.Fatal(err)
			}
			all = append(append(all, child), descendants(t, child)...)
		}
	}
	return all
}

func TestProbe(t *testing.T) {
	for _, feature := range []string{"netns", "userns", "veth", "relay", "tun", "htb", "tbf", "netem", "netem-seed", "codel", "ifb", "ingress"} {
		err := netns.Probe(feature)
		t.Logf("%s: %v", feature, err)
		if err != nil && !errors.Is(err, emulator.ErrUnsupported) {
			t.Errorf("Probe(%s) cannot tell: %v", feature, err)
		}
	}
	if err := netns.Probe("warp"); err == nil || errors.Is(err, emulator.ErrUnsupported) {
		t.Errorf("Probe(warp) = %v, want an error that does not say no", err)
	}
}

// TestUnprivileged runs the other tests again as a user without rights.
func TestUnprivileged(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("not root: the other tests were without rights already")
	}
	need(t, "userns")
	cmd := exec.Command("/proc/self/exe", "-test.v", "-test.run=^(TestWorld|TestEngines|TestTopology|TestTUN|TestStrictWorld|TestNodeFails|TestNothingOutlivesParent|TestProbe|TestLoads|TestLoadRewinds|TestSetLinkAt|TestQuota)$")
	cmd.Dir = "/"
	const nobody = 65534
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	cmd.Env = append(os.Environ(), "TESTBED_NEED=netns,veth,relay", "TMPDIR=/tmp", "HOME=/")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if !strings.Contains(string(out), "Privilege:user namespace") || !strings.Contains(string(out), "--- PASS: TestEngines") {
		t.Errorf("not without rights, or not run:\n%s", out)
	}
	t.Logf("%s", out)
}
