//go:build linux

package relay_test

import (
	"encoding/binary"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/testbed/testbed/emulator"
)

// BenchmarkRTT is how much longer than 40 ms a round trip takes through two
// links of 20 ms, idle and with a process on each CPU that does nothing else.
// The far kernel answers at once and the near one stamps the answer, so that
// nobody but the relay has to wake up in time. An iteration is one trip; one
// begins each 2 ms.
func BenchmarkRTT(b *testing.B) {
	for _, k := range kinds {
		for _, loaded := range []bool{false, true} {
			name := k.name + "/idle"
			if loaded {
				name = k.name + "/loaded"
			}
			b.Run(name, func(b *testing.B) {
				const delay = 20 * ms
				h := newHosts(b, k)
				h.relay.Set(emulator.Link{Delay: delay}, emulator.Link{Delay: delay}, 1)
				if loaded {
					spinners(b)
				}
				off := h.pings(b, b.N)
				for i := range off {
					off[i] -= 2 * delay
				}
				slices.Sort(off)
				at := func(q float64) float64 { return float64(off[int(q*float64(len(off)-1))]) / 1e3 }
				b.ReportMetric(at(0.5), "µs-p50")
				b.ReportMetric(at(0.99), "µs-p99")
				b.ReportMetric(at(1), "µs-max")
				if h.relay.Realtime() != nil {
					b.ReportMetric(0, "FIFO")
				}
			})
		}
	}
}

// TestNeverEarly holds round trips to twice the delay, by the stamps of the
// near host: neither the stamps nor the watching of the clock before a packet
// is due may make a link shorter, by however little.
func TestNeverEarly(t *testing.T) {
	forEach(t, func(t *testing.T, k kind) {
		h := newHosts(t, k)
		const delay = 10 * ms
		h.relay.Set(emulator.Link{Delay: delay}, emulator.Link{Delay: delay}, 1)
		if least := slices.Min(h.pings(t, 50)); least < 2*delay || least > 2*delay+late {
			t.Errorf("the shortest trip took %v, want %v", least, 2*delay)
		}
	})
}

// spinners keep every CPU busy until the end of the test.
func spinners(t testing.TB) {
	t.Helper()
	for range runtime.NumCPU() {
		cmd := exec.Command("/proc/self/exe")
		cmd.Env = append(os.Environ(), spin+"=1")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			cmd.Process.Kill()
			cmd.Wait()
		})
	}
}

// pings measures n round trips from left.
func (h *hosts) pings(t testing.TB, n int) (trips []time.Duration) {
	t.Helper()
	h.left(func() {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.IPPROTO_ICMP)
		if err != nil {
			t.Error(err)
			return
		}
		defer unix.Close(fd)
		unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, 1<<20)
		tv := unix.Timeval{Sec: 2}
		unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &tv)
		if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1); err != nil {
			t.Error(err)
			return
		}
		stop := make(chan struct{})
		defer close(stop)
		go sendPings(fd, n, stop)
		for len(trips) < n {
			trip, ok := receivePing(fd)
			if !ok {
				t.Errorf("%d answers, want %d", len(trips), n)
				return
			}
			trips = append(trips, trip)
		}
	})
	if t.Failed() {
		t.FailNow()
	}
	return trips
}

// sendPings sends n echo requests that say when they were sent.
func sendPings(fd, n int, stop chan struct{}) {
	right := &unix.SockaddrInet4{Addr: [4]byte{10, 0, 0, 2}}
	for i := range n {
		select {
		case <-stop:
			return
		case <-time.After(2 * ms):
		}
		p := make([]byte, 16)
		p[0] = 8 // echo request
		binary.BigEndian.PutUint16(p[6:], uint16(i))
		binary.BigEndian.PutUint64(p[8:], uint64(time.Now().UnixNano()))
		binary.BigEndian.PutUint16(p[2:], naiveChecksum(p))
		unix.Sendto(fd, p, 0, right)
	}
}

// receivePing returns how long the trip took that the next answer ends.
func receivePing(fd int) (time.Duration, bool) {
	packet, control := make([]byte, 128), make([]byte, 128)
	for {
		n, c, _, _, err := unix.Recvmsg(fd, packet, control, 0)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return 0, false
		}
		messages, err := unix.ParseSocketControlMessage(control[:c])
		if err != nil || n != 20+16 || packet[20] != 0 || len(messages) != 1 {
			continue // not an echo reply of ours
		}
		data := messages[0].Data // struct timespec
		stamp := int64(binary.NativeEndian.Uint64(data))*1e9 + int64(binary.NativeEndian.Uint64(data[8:]))
		return time.Duration(stamp - int64(binary.BigEndian.Uint64(packet[28:]))), true
	}
}

// naiveChecksum is RFC 1071 word by word.
func naiveChecksum(b []byte) uint16 {
	var s uint32
	for i := 0; i < len(b); i += 2 {
		word := uint32(b[i]) << 8
		if i+1 < len(b) {
			word |= uint32(b[i+1])
		}
		if s += word; s > 0xffff {
			s -= 0xffff
		}
	}
	return ^uint16(s)
}
