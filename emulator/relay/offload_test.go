//go:build linux

package relay_test

import (
	"bytes"
	"fmt"
	"net"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/relay"
)

// TestUDPOffload: datagrams that a host hands over as one large packet meet
// their fates one by one. The kernel hands it over uncut only since 6.2.
func TestUDPOffload(t *testing.T) {
	for _, k := range kinds {
		if !k.offload {
			continue
		}
		t.Run(k.name, func(t *testing.T) {
			h := newHosts(t, k)
			link := emulator.Link{Loss: 0.5}
			const n, size, seed = 40, 1001, 9
			h.relay.Set(link, emulator.Link{}, seed)
			var to *net.UDPConn
			h.right(func() {
				var err error
				if to, err = net.ListenUDP("udp4", &net.UDPAddr{Port: 5000}); err != nil {
					t.Error(err)
				}
			})
			if t.Failed() {
				return
			}
			defer to.Close()
			sent := make([]byte, n*size)
			for i := range sent {
				sent[i] = byte(i / size)
			}
			h.sendSegments(t, sent, size)
			shaper := twin(link, seed)
			got := make([]byte, 2*size)
			for i := range n {
				if _, fate := shaper.Push(0, 14+20+8+size); fate == emulator.Lost {
					continue
				}
				to.SetReadDeadline(time.Now().Add(late))
				m, err := to.Read(got)
				if err != nil || !bytes.Equal(got[:m], sent[i*size:(i+1)*size]) {
					t.Fatalf("datagram %d: %v, %d bytes or others", i, err, m)
				}
			}
			eventually(t, "all are counted", func() bool {
				s, _ := h.relay.Stats()
				return s.Packets+s.Lost == n
			})
			s, _ := h.relay.Stats()
			checkClean(t, s)
			if uncut := since62(t); uncut != (s.Segmented == 1) {
				t.Errorf("%d large packets", s.Segmented)
			}
		})
	}
}

// since62 reports whether the kernel is of version 6.2 or later.
func since62(t *testing.T) bool {
	var u unix.Utsname
	var major, minor int
	if err := unix.Uname(&u); err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Sscanf(unix.ByteSliceToString(u.Release[:]), "%d.%d", &major, &minor); err != nil {
		t.Fatal(err)
	}
	return major > 6 || major == 6 && minor >= 2
}

// sendSegments sends UDP from left to right, cut to size by whoever must.
func (h *hosts) sendSegments(t *testing.T, data []byte, size int) {
	t.Helper()
	h.left(func() {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			t.Error(err)
			return
		}
		defer unix.Close(fd)
		if err := unix.SetsockoptInt(fd, unix.SOL_UDP, unix.UDP_SEGMENT, size); err != nil {
			t.Error(err)
		}
		if err := unix.Sendto(fd, data, 0, &unix.SockaddrInet4{Addr: [4]byte{10, 0, 0, 2}, Port: 5000}); err != nil {
			t.Error(err)
		}
	})
}

// TestOffloadsLeftOn without Options.Offload are seen, and not carried; with
// it nobody notices (TestBytesArrive).
func TestOffloadsLeftOn(t *testing.T) {
	h := newHosts(t, kind{offload: true})
	h.relay.Close()
	r, err := relay.Open("a", "b")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	h.sendSegments(t, make([]byte, 20*1000), 1000) // one large packet
	h.sendSegments(t, make([]byte, 1000), 1000)    // one without checksum
	eventually(t, "both are counted", func() bool {
		s, _ := r.Stats()
		return s.Oversized == 1 && s.Unfinished == 1 && s.Packets == 1 && s.Segmented == 0
	})
}

// TestOffloadJumbo: what cannot be cut into our memory is counted, and what is
// large without an offload is carried as it is if it fits.
func TestOffloadJumbo(t *testing.T) {
	h := newHosts(t, kind{offload: true})
	setMTU(t, 9000, "a", "b")
	for _, in := range []func(func()){h.left, h.right} {
		in(func() {
			for _, name := range []string{"left", "right"} {
				if _, err := net.InterfaceByName(name); err == nil {
					setMTU(t, 9000, name)
				}
			}
		})
	}
	h.sendSegments(t, make([]byte, 5*5000), 5000)
	h.sendSegments(t, make([]byte, 1600), 1600)
	eventually(t, "both are counted", func() bool {
		s, _ := h.relay.Stats()
		return s.Oversized == 2 && s.Packets == 1 && s.Segmented == 0
	})
}
