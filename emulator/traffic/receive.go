//go:build linux

package traffic

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// receive takes what comes until ctx is done, and reports how much that is.
func receive(ctx context.Context, o receiveOrder, out *json.Encoder) error {
	count := &atomic.Int64{}
	failed := make(chan error, 1)
	var port int
	var err error
	if o.TCP {
		port, err = acceptTCP(count, failed)
	} else {
		port, err = takeUDP(count, failed)
	}
	if err == nil {
		err = out.Encode(listening{port})
	}
	if err != nil {
		return err
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		if err := out.Encode(arrived{At: clock(), Bytes: count.Load()}); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err := <-failed:
			return err
		case <-tick.C:
		}
	}
}

// buffer is how much may wait in a socket for datagrams while this process is
// held up, as the kernel counts: some 10 ms at 1 Gbit/s.
const buffer = 4 << 20

func takeUDP(count *atomic.Int64, failed chan<- error) (port int, err error) {
	grow := func(_, _ string, c syscall.RawConn) error {
		return c.Control(func(fd uintptr) {
			if unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, buffer) != nil {
				_ = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF, buffer) // as far as allowed
			}
		})
	}
	conn, err := (&net.ListenConfig{Control: grow}).ListenPacket(context.Background(), "udp4", ":0")
	if err != nil {
		return 0, fmt.Errorf("receive: %w", err)
	}
	go func() { failed <- fmt.Errorf("receive: %w", drain(conn.(*net.UDPConn), count)) }()
	return conn.LocalAddr().(*net.UDPAddr).Port, nil
}

// acceptTCP takes what comes by any connection: the sender opens another if one
// is lost.
func acceptTCP(count *atomic.Int64, failed chan<- error) (port int, err error) {
	l, err := net.Listen("tcp4", ":0")
	if err != nil {
		return 0, fmt.Errorf("receive: %w", err)
	}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				failed <- fmt.Errorf("receive: %w", err)
				return
			}
			go func() {
				_ = drain(conn.(*net.TCPConn), count) // its end is no mistake
				_ = conn.Close()
			}()
		}
	}()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// pause is how long a receiver lets more come before it looks again: to be woken
// for each packet would take several times the CPU time.
const pause = time.Millisecond

// drain counts the bytes that come until there are no more.
func drain(conn syscall.Conn, count *atomic.Int64) error {
	raw, err := conn.SyscallConn()
	if err != nil {
		return err
	}
	room := make([]byte, 256<<10)
	for {
		var broken error
		err := raw.Read(func(fd uintptr) (done bool) {
			var n int64
			n, broken = take(int(fd), room)
			count.Add(n)
			return n > 0 || broken != nil // else it waits for more
		})
		if err = errors.Join(err, broken); err != nil {
			return err
		}
		time.Sleep(pause)
	}
}

// take reads all that is there, into the same room.
func take(fd int, room []byte) (sum int64, err error) {
	for {
		n, err := unix.Read(fd, room)
		switch {
		case err == unix.EAGAIN:
			return sum, nil
		case err == unix.EINTR:
		case err != nil:
			return sum, err
		case n == 0:
			return sum, io.EOF
		default:
			sum += int64(n)
		}
	}
}
