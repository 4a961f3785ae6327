package node

import (
	"context"
	"net"
	"net/url"
	"testing"

	"golang.org/x/sys/unix"
)

// TestGoneHostsAreGivenUp: both ends of a control connection stop sending to
// one that is gone after 30 s.
func TestGoneHostsAreGivenUp(t *testing.T) {
	l, err := ListenOptions{Address: "127.0.0.1:0"}.listen(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	dialed, err := dialHost(t.Context(), &url.URL{Scheme: "http", Host: l.Addr().String()}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer dialed.Close()
	accepted, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer accepted.Close()
	for name, conn := range map[string]net.Conn{"dialed": dialed, "accepted": accepted} {
		raw, err := conn.(*net.TCPConn).SyscallConn()
		if err != nil {
			t.Fatal(err)
		}
		var timeout, alive int
		raw.Control(func(fd uintptr) {
			timeout, err = unix.GetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT)
			if err == nil {
				alive, err = unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_KEEPALIVE)
			}
		})
		if err != nil || timeout != 30_000 || alive != 1 {
			t.Errorf("%s: a timeout of %d ms, keep-alive %d, %v", name, timeout, alive, err)
		}
	}
}
