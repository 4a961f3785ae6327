//go:build linux

package calibrate

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// pound sends every thread of this process a signal a millisecond until the
// test ends, as the Go scheduler does now and then.
func pound(t *testing.T) {
	t.Helper()
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for tick := time.NewTicker(time.Millisecond); ; {
			select {
			case <-stop:
				tick.Stop()
				return
			case <-tick.C:
			}
			threads, err := os.ReadDir("/proc/self/task")
			if err != nil {
				t.Error(err)
				return
			}
			for _, thread := range threads {
				id, _ := strconv.Atoi(thread.Name())
				_ = unix.Tgkill(os.Getpid(), id, unix.SIGURG) // it may have ended
			}
		}
	}()
	t.Cleanup(func() { close(stop); <-stopped })
}

// listenAt is the receiving end of connections to an address of this host.
func listenAt(t *testing.T, address string, backlog int) *tcpServer {
	t.Helper()
	to, err := ipv4(address)
	if err != nil {
		t.Fatal(err)
	}
	fd, err := tcpSocket()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Close(fd) })
	_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1)
	if err := errors.Join(unix.Bind(fd, &unix.SockaddrInet4{Port: tcpPort, Addr: to}), unix.Listen(fd, backlog)); err != nil {
		t.Fatal(err)
	}
	return &tcpServer{fd}
}

// TestSignalsInShots: a signal in any wait of a transfer (for the connection,
// for room to send, for data, for the answer) changes nothing.
func TestSignalsInShots(t *testing.T) {
	const address = "127.77.10.1"
	s := &service{server: listenAt(t, address, 8)}
	pound(t)
	a := ShotArgs{To: address, Bytes: []int{1, 20_000, 8_000_000, 1000}, Pause: 20 * time.Millisecond, Limit: patience}
	caught := make(chan error, 1)
	var began, ended []time.Duration
	go func() { caught <- s.Catch(a, &ended) }()
	time.Sleep(50 * time.Millisecond) // it waits for the connection
	if err := errors.Join(s.Shoot(a, &began), <-caught); err != nil {
		t.Fatal(err)
	}
	if len(began) != len(a.Bytes) || len(ended) != len(a.Bytes) {
		t.Errorf("%d began, %d ended, want %d", len(began), len(ended), len(a.Bytes))
	}
}

// TestSignalsBeforeTheAnswer: the answer is waited for, and not for ever.
func TestSignalsBeforeTheAnswer(t *testing.T) {
	const address = "127.77.10.2"
	server := listenAt(t, address, 8)
	pound(t)
	for _, tt := range []struct {
		answers bool
		limit   time.Duration
	}{{true, patience}, {false, 200 * time.Millisecond}} {
		var began []time.Duration
		shot := make(chan error, 1)
		go func() {
			shot <- (&service{}).Shoot(ShotArgs{To: address, Bytes: []int{1000}, Limit: tt.limit}, &began)
		}()
		fd, err := server.accept(patience)
		if err != nil {
			t.Fatal(err)
		}
		defer unix.Close(fd)
		time.Sleep(100 * time.Millisecond)
		if tt.answers {
			if _, err := unix.Write(fd, []byte{1}); err != nil {
				t.Fatal(err)
			}
		}
		select {
		case err := <-shot:
			if (err == nil) != tt.answers {
				t.Errorf("answered %v: %v", tt.answers, err)
			}
		case <-time.After(patience):
			t.Fatalf("answered %v: no end after %v", tt.answers, patience)
		}
	}
}

// TestSignalsInConnect: a connection that a signal interrupts is made in the
// background. Here it cannot be made until there is room in the queue of the
// other end: the kernel asks again after a second.
func TestSignalsInConnect(t *testing.T) {
	const address = "127.77.10.3"
	server := listenAt(t, address, 0)
	if fd, err := connect(address, patience); err != nil { // takes all the room
		t.Fatal(err)
	} else {
		defer unix.Close(fd)
	}
	pound(t)
	if fd, err := connect(address, 100*time.Millisecond); err == nil {
		_ = unix.Close(fd)
		t.Error("connected without room")
	}
	connected := make(chan error, 1)
	go func() {
		fd, err := connect(address, patience)
		if err == nil {
			_, err = unix.Write(fd, []byte{1})
			_ = unix.Close(fd)
		}
		connected <- err
	}()
	time.Sleep(100 * time.Millisecond)
	for range 2 {
		fd, err := server.accept(patience)
		if err != nil {
			t.Fatal(err)
		}
		defer unix.Close(fd)
	}
	if err := <-connected; err != nil {
		t.Error(err)
	}

	// The queue is full again; but then nobody listens any more.
	if fd, err := connect(address, patience); err != nil {
		t.Fatal(err)
	} else {
		defer unix.Close(fd)
	}
	go func() {
		_, err := connect(address, patience)
		connected <- err
	}()
	time.Sleep(100 * time.Millisecond)
	_ = unix.Shutdown(server.fd, unix.SHUT_RD)
	if err := <-connected; !errors.Is(err, unix.ECONNREFUSED) {
		t.Errorf("where nobody listens any more: %v", err)
	}
	if _, err := connect("127.77.10.4", patience); !errors.Is(err, unix.ECONNREFUSED) {
		t.Errorf("where nobody listens: %v", err)
	}
}

// TestSignalsInFlood: a flood ends when it is told to or when the other end has
// had enough, not by a signal.
func TestSignalsInFlood(t *testing.T) {
	const address = "127.77.10.5"
	s := &service{server: listenAt(t, address, 8)}
	pound(t)
	var marks []Mark
	drained := make(chan error, 1)
	go func() {
		drained <- s.Drain(DrainArgs{Skip: 20 * time.Millisecond, Window: 20 * time.Millisecond, Windows: 5}, &marks)
	}()
	time.Sleep(20 * time.Millisecond)
	flood := FloodArgs{To: address, For: 10 * time.Second, Once: 4 << 20}
	if err := errors.Join(s.Flood(flood, &None{}), <-drained); err != nil {
		t.Fatal(err)
	}
	if len(marks) != 6 {
		t.Errorf("%d marks, want 6", len(marks))
	}

	// One that nobody reads: it waits for room, and says so in the end.
	fds := make(chan int, 1)
	go func() {
		fd, err := s.server.accept(patience)
		if err != nil {
			t.Error(err)
		}
		fds <- fd
	}()
	flooded := make(chan error, 1)
	go func() {
		flooded <- s.Flood(FloodArgs{To: address, For: 300 * time.Millisecond, Once: 16 << 20}, &None{})
	}()
	fd := <-fds
	time.Sleep(200 * time.Millisecond)
	_ = unix.Close(fd)
	if err := <-flooded; err != nil {
		t.Error(err)
	}
}

// TestAcceptGivesUp: signals do not make the wait for a connection longer.
func TestAcceptGivesUp(t *testing.T) {
	server := listenAt(t, "127.77.10.6", 8)
	pound(t)
	start := now()
	_, err := server.accept(150 * time.Millisecond)
	if took := now() - start; err == nil || took < 150*time.Millisecond || took > patience {
		t.Errorf("%v after %v, want an error after 150 ms", err, took)
	}
	if want := fmt.Sprintf("no connection within %v", 150*time.Millisecond); err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}
