//go:build linux

package netns_test

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/testbed/testbed/emulator/needs"
	"github.com/testbed/testbed/emulator/netns"
	"github.com/testbed/testbed/emulator/thread"
)

func TestMain(m *testing.M) {
	netns.Main(testNode)
	if len(os.Args) > 1 && os.Args[1] == "orphan" {
		orphan(len(os.Args) > 2)
	}
	os.Exit(m.Run())
}

// need skips t on a machine that lacks one of features (see needs).
func need(t testing.TB, features ...string) {
	t.Helper()
	needs.Probed(t, netns.Probe, features...)
}

// An order is what a test tells its node to do.
type order struct {
	Do    string // fetch, ping, burn, self or exit
	Addr  string // of another node
	Bytes int
	Count int
	Wait  time.Duration // for the answer to a ping, 0: 2 s; of a burn
}

// A report is the answer.
type report struct {
	Err    string
	Took   time.Duration   // of a fetch; CPU time of a burn
	Bytes  int             // that were right, of a fetch
	RTTs   []time.Duration // of pings that came back
	Back   []int           // which pings came back
	CPUs   int
	PID    int
	Args   []string
	Env    string
	IfNum  int    // interfaces
	Reads  string // of tcp_no_metrics_save
	InProc bool   // it finds itself in /proc
	Procs  int    // that it sees there
	Router string // its neighbour: address, flags, hardware address
}

const testPort = 9000

// testNode serves bytes over TCP and echoes over UDP, and does what it is told.
func testNode(conn net.Conn, args []string) error {
	if len(args) > 0 && args[0] == "fail" {
		return errors.New("this node fails")
	}
	if len(args) > 0 && args[0] == "deaf" {
		select {} // it does not see that its connection is closed
	}
	if err := serve(); err != nil {
		return err
	}
	in, out := json.NewDecoder(conn), json.NewEncoder(conn)
	for {
		var o order
		if err := in.Decode(&o); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		r, err := do(o, args)
		if err != nil {
			r.Err = err.Error()
		}
		if err := out.Encode(r); err != nil {
			return err
		}
	}
}

func do(o order, args []string) (r report, err error) {
	switch o.Do {
	case "fetch":
		r.Bytes, r.Took, err = fetch(o.Addr, o.Bytes)
	case "ping":
		err = ping(o, &r)
	case "burn":
		r.Took = burn(o.Wait)
	case "exit":
		panic("told to exit")
	case "self":
		r.CPUs, r.PID, r.Args, r.Env = runtime.NumCPU(), os.Getpid(), args, os.Getenv("TESTBED_TEST")
		value, _ := os.ReadFile("/proc/sys/net/ipv4/tcp_no_metrics_save")
		r.Reads = strings.TrimSpace(string(value))
		self, _ := os.Readlink("/proc/self")
		r.InProc = self == fmt.Sprint(r.PID)
		procs, _ := filepath.Glob("/proc/[0-9]*")
		r.Procs = len(procs)
		arp, _ := os.ReadFile("/proc/net/arp")
		if f := strings.Fields(string(arp)); len(f) == 9+6 { // a header and one line
			r.Router = strings.Join([]string{f[9], f[11], f[12]}, " ")
		}
		all, e := net.Interfaces()
		r.IfNum, err = len(all), e
	}
	return r, err
}

// pattern is the i'th byte that a server sends: not periodic in any packet
// size, so that a packet lost, doubled or moved is seen.
func pattern(i int) byte { return byte(i ^ i>>8 ^ i>>16) }

func serve() error {
	l, err := net.Listen("tcp4", fmt.Sprintf(":%d", testPort))
	if err != nil {
		return err
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				var n uint32
				if binary.Read(c, binary.BigEndian, &n) != nil {
					return
				}
				data := make([]byte, n)
				for i := range data {
					data[i] = pattern(i)
				}
				_, _ = c.Write(data)
			}()
		}
	}()
	u, err := net.ListenPacket("udp4", fmt.Sprintf(":%d", testPort))
	if err != nil {
		return err
	}
	go func() {
		buf := make([]byte, 1500)
		for {
			n, from, err := u.ReadFrom(buf)
			if err != nil {
				return
			}
			_, _ = u.WriteTo(buf[:n], from)
		}
	}()
	return nil
}

// fetch gets n bytes from a node over a new connection. Took is from when the
// connection is open until the last byte is here; the end of the connection
// comes after that.
func fetch(addr string, n int) (right int, took time.Duration, err error) {
	c, err := net.DialTimeout("tcp4", net.JoinHostPort(addr, strconv.Itoa(testPort)), 10*time.Second)
	if err != nil {
		return 0, 0, err
	}
	defer c.Close()
	start := time.Now()
	_ = c.SetDeadline(start.Add(30 * time.Second))
	if err := binary.Write(c, binary.BigEndian, uint32(n)); err != nil {
		return 0, 0, err
	}
	data := make([]byte, n)
	n, err = io.ReadFull(c, data)
	took = time.Since(start)
	if err == nil {
		_, err = io.Copy(io.Discard, c)
	}
	data = data[:n]
	for right < len(data) && data[right] == pattern(right) {
		right++
	}
	if right != len(data) {
		return right, took, fmt.Errorf("byte %d is wrong", right)
	}
	return right, took, err
}

// ping sends datagrams, each after the answer to the one before.
func ping(o order, r *report) error {
	if o.Wait == 0 {
		o.Wait = 2 * time.Second
	}
	c, err := net.Dial("udp4", net.JoinHostPort(o.Addr, strconv.Itoa(testPort)))
	if err != nil {
		return err
	}
	defer c.Close()
	buf := make([]byte, 8)
	for i := range o.Count {
		binary.BigEndian.PutUint64(buf, uint64(i))
		start := time.Now()
		if _, err := c.Write(buf); err != nil {
			return err
		}
		_ = c.SetReadDeadline(start.Add(o.Wait))
		for {
			n, err := c.Read(buf)
			if err != nil {
				break // lost
			}
			if n == 8 && binary.BigEndian.Uint64(buf) == uint64(i) {
				r.RTTs = append(r.RTTs, time.Since(start))
				r.Back = append(r.Back, i)
				break
			}
		}
	}
	return nil
}

// burn takes what it gets of a CPU for so long, and returns how much that was.
func burn(d time.Duration) time.Duration {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	used := func() time.Duration {
		var ts unix.Timespec
		_ = unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &ts) // every Linux has it
		return time.Duration(ts.Nano())
	}
	before := used()
	for end := time.Now().Add(d); time.Now().Before(end); {
	}
	return used() - before
}

// ask gives a node an order.
func ask(t *testing.T, w *netns.World, node string, o order) report {
	t.Helper()
	conn := w.Conn(node)
	_ = conn.SetDeadline(time.Now().Add(60 * time.Second))
	if err := json.NewEncoder(conn).Encode(o); err != nil {
		t.Fatalf("%s: %v", node, err)
	}
	var r report
	if err := json.NewDecoder(conn).Decode(&r); err != nil {
		t.Fatalf("%s: %s: %v", node, o.Do, err)
	}
	if r.Err != "" {
		t.Fatalf("%s: %s: %s", node, o.Do, r.Err)
	}
	return r
}

// open makes a world that is closed when t ends.
func open(t *testing.T, c netns.Config) *netns.World {
	t.Helper()
	w, err := netns.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

// serving makes a world whose nodes all serve: each has answered once.
func serving(t *testing.T, c netns.Config) *netns.World {
	t.Helper()
	w := open(t, c)
	for _, n := range c.Nodes {
		ask(t, w, n.Name, order{Do: "self"})
	}
	return w
}

// lastCPU is one CPU that this process may use.
func lastCPU(t *testing.T) int {
	t.Helper()
	cpus, err := thread.CPUs()
	if err != nil {
		t.Fatal(err)
	}
	return cpus[len(cpus)-1]
}
