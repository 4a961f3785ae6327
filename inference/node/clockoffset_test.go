package node

import (
	"net"
	"net/rpc"
	"sync/atomic"
	"testing"
	"time"

	"github.com/testbed/testbed/inference/clock"
)

// Node is one whose clock is an hour ahead, and which is slow to answer but for
// one time: twenty-second of its answers, the only ones to believe.
type Node struct{ asked atomic.Int64 }

// Clock reads a clock that is an hour ahead, before a wait of 5 ms.
func (n *Node) Clock(_ bool, now *time.Duration) error {
	*now = clock.Now() + time.Hour
	if n.asked.Add(1) != 22 {
		time.Sleep(5 * time.Millisecond)
	}
	return nil
}

// TestClockOffsetBelievesTheFastest: an answer that took 5 ms on its way back
// says 2.5 ms less than an hour, give or take as much; the fast one is within
// less of it.
func TestClockOffsetBelievesTheFastest(t *testing.T) {
	ours, theirs := net.Pipe()
	server := rpc.NewServer()
	if err := server.RegisterName("Node", &Node{}); err != nil {
		t.Fatal(err)
	}
	go server.ServeConn(theirs)
	c := Dial(ours)
	defer c.Close()
	offset, bound, err := c.ClockOffset(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if bound <= 0 || bound >= 2500*time.Microsecond || (offset-time.Hour).Abs() > bound {
		t.Errorf("offset %v give or take %v; want an hour, give or take less than 2.5ms", offset, bound)
	}
}

// TestListenWarns of what a person should know: who can reach it, and read it.
func TestListenWarns(t *testing.T) {
	loopback, world := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)}, &net.TCPAddr{IP: net.IPv4zero}
	for _, tt := range []struct {
		name string
		o    ListenOptions
		at   net.Addr
		want int
	}{
		{"loopback", ListenOptions{}, loopback, 0},
		{"loopback of IPv6", ListenOptions{}, &net.TCPAddr{IP: net.IPv6loopback}, 0},
		{"anybody", ListenOptions{}, world, 1},
		{"TLS and no token", ListenOptions{CertFile: "c"}, world, 1},
		{"a token in the clear", ListenOptions{Token: "t"}, world, 1},
		{"a token by TLS", ListenOptions{Token: "t", CertFile: "c"}, world, 0},
	} {
		if got := tt.o.warnings(tt.at); len(got) != tt.want {
			t.Errorf("%s: %q, want %d", tt.name, got, tt.want)
		}
	}
}
