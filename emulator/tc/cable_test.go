//go:build linux

package tc

import (
	"encoding/binary"
	"math"
	"math/bits"
	"runtime"
	"testing"
	"time"
	"unsafe"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/testbed/testbed/emulator/unit"
)

// etherType is one for experiments (IEEE 802, local experimental).
const etherType = 0x88b5

// A cable sends frames out of the interface a, and receives them on b. Times
// are the kernel's, of one clock.
type cable struct {
	t      *testing.T
	tx, rx int
}

// newCable is for use in inNamespace.
func newCable(t *testing.T) *cable {
	t.Helper()
	c := &cable{t: t}
	c.tx = c.open("a", 0)
	c.rx = c.open("b", etherType)
	must(t, unix.SetsockoptInt(c.tx, unix.SOL_SOCKET, unix.SO_SNDBUFFORCE, 1<<28))
	must(t, unix.SetsockoptInt(c.rx, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, 1<<28))
	must(t, unix.SetsockoptInt(c.rx, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1))
	return c
}

func (c *cable) open(name string, protocol uint16) int {
	c.t.Helper()
	link, err := netlink.LinkByName(name)
	must(c.t, err)
	network := binary.NativeEndian.Uint16(binary.BigEndian.AppendUint16(nil, protocol))
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, int(network))
	must(c.t, err)
	c.t.Cleanup(func() { unix.Close(fd) })
	must(c.t, unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: network, Ifindex: link.Attrs().Index}))
	return fd
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// now is the clock of the kernel's time stamps.
func now() time.Duration {
	var ts unix.Timespec
	unix.ClockGettime(unix.CLOCK_REALTIME, &ts)
	return time.Duration(ts.Nano())
}

// A mmsghdr is struct mmsghdr, a message of many in one system call: in
// User-Mode Linux a call takes as long as a hundred frames.
type mmsghdr struct {
	unix.Msghdr
	n uint32
	_ [4]byte
}

// batch is how many frames go in a call, and so have one time of sending.
const batch = 32

// makeFrame makes frame number i of n bytes, at least 60.
func makeFrame(i int, n unit.Bytes) []byte {
	frame := make([]byte, n)
	copy(frame, "\xff\xff\xff\xff\xff\xff\x02\x00\x00\x00\x00\x01")
	binary.BigEndian.PutUint16(frame[12:], etherType)
	binary.BigEndian.PutUint32(frame[14:], uint32(i))
	return frame
}

// sendAll sends count frames, one each pace, or at once if that is 0, and
// returns when each began.
func (c *cable) sendAll(count int, n unit.Bytes, pace time.Duration) []time.Duration {
	c.t.Helper()
	return c.prepare(count, n, pace)()
}

// prepare makes the frames of sendAll, and returns what sends them.
func (c *cable) prepare(count int, n unit.Bytes, pace time.Duration) (send func() []time.Duration) {
	messages, vectors := make([]mmsghdr, count), make([]unix.Iovec, count)
	for i := range messages {
		frame := makeFrame(i, n)
		vectors[i] = unix.Iovec{Base: &frame[0], Len: uint64(n)}
		messages[i].Iov, messages[i].Iovlen = &vectors[i], 1
	}
	return func() []time.Duration {
		c.t.Helper()
		defer runtime.KeepAlive(vectors)
		return c.sendMessages(messages, pace)
	}
}

func (c *cable) sendMessages(messages []mmsghdr, pace time.Duration) []time.Duration {
	c.t.Helper()
	count := len(messages)
	begins := make([]time.Duration, count)
	start := time.Now()
	for i := 0; i < count; {
		most := batch
		if pace > 0 {
			most = 1
			time.Sleep(time.Duration(i)*pace - time.Since(start))
		}
		most = min(most, count-i)
		begin := now()
		sent, _, errno := unix.Syscall6(unix.SYS_SENDMMSG, uintptr(c.tx), uintptr(unsafe.Pointer(&messages[i])), uintptr(most), 0, 0, 0)
		switch {
		case errno == unix.ENOBUFS: // this one was dropped by the queue
			sent = 1
		case errno != 0:
			c.t.Fatal(errno)
		}
		for range sent {
			begins[i] = begin
			i++
		}
	}
	return begins
}

// An arrival is a frame that was received.
type arrival struct {
	index   int
	size    unit.Bytes
	at      time.Duration
	flipped int // bits after the number that are not as sent
}

// receive returns what arrives until nothing does for idle.
func (c *cable) receive(idle time.Duration) (all []arrival) {
	c.t.Helper()
	const most = 256
	buffers, controls := make([]byte, most*2048), make([]byte, most*64)
	messages, vectors := make([]mmsghdr, most), make([]unix.Iovec, most)
	var quiet time.Duration
	for quiet < idle {
		for i := range messages {
			vectors[i] = unix.Iovec{Base: &buffers[i*2048], Len: 2048}
			messages[i].Iov, messages[i].Iovlen = &vectors[i], 1
			messages[i].Control, messages[i].Controllen = &controls[i*64], 64
		}
		n, _, errno := unix.Syscall6(unix.SYS_RECVMMSG, uintptr(c.rx), uintptr(unsafe.Pointer(&messages[0])), most, unix.MSG_DONTWAIT, 0, 0)
		switch {
		case errno == unix.EAGAIN:
			const nap = 5 * ms
			time.Sleep(nap)
			quiet += nap
			continue
		case errno != 0:
			c.t.Fatal(errno)
		}
		quiet = 0
		for i, m := range messages[:n] {
			all = append(all, c.read(buffers[i*2048:][:m.n], controls[i*64:][:m.Controllen]))
		}
	}
	return all
}

func (c *cable) read(frame, control []byte) arrival {
	a := arrival{index: int(binary.BigEndian.Uint32(frame[14:])), size: unit.Bytes(len(frame)), at: stamp(c.t, control)}
	for _, b := range frame[18:] {
		a.flipped += bits.OnesCount8(b)
	}
	return a
}

func stamp(t *testing.T, control []byte) time.Duration {
	messages, err := unix.ParseSocketControlMessage(control)
	must(t, err)
	for _, m := range messages {
		if m.Header.Type == unix.SO_TIMESTAMPNS {
			return time.Duration((*unix.Timespec)(unsafe.Pointer(&m.Data[0])).Nano())
		}
	}
	t.Fatal("a frame without a time stamp")
	return 0
}

// lost returns the numbers of count frames that did not arrive.
func lost(all []arrival, count int) (missing []int) {
	seen := make([]bool, count)
	for _, a := range all {
		if a.index < count { // else its number was corrupted
			seen[a.index] = true
		}
	}
	for i, s := range seen {
		if !s {
			missing = append(missing, i)
		}
	}
	return missing
}

// share checks a count of events with probability p against the 99 % interval
// of a binomial distribution. The kernel draws anew each time, so that one
// measurement in a hundred is outside: then another decides.
func share(t *testing.T, what string, p float64, measure func() (events, of int)) {
	t.Helper()
	var events, of int
	for range 2 {
		events, of = measure()
		width := 2.576 * math.Sqrt(float64(of)*p*(1-p))
		t.Logf("%s: %d of %d, want %.0f ± %.0f", what, events, of, float64(of)*p, width)
		if math.Abs(float64(events)-float64(of)*p) <= width+0.5 {
			return
		}
	}
	t.Errorf("%s: %d of %d, want a share of %v", what, events, of, p)
}
