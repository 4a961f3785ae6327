//go:build linux

package relay

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// batch is how many packets go through the relay at once, at most.
const batch = 32

// noOffload is what goes before a packet that is complete.
var noOffload [offloadSize]byte

// A sender sends frames by sendmmsg. It is made once, so that sending
// allocates nothing.
type sender struct {
	fd   int
	msgs [batch]unix.Mmsghdr
	iovs [batch][2]unix.Iovec // the second is the frame
}

// newSender makes a sender to a packet socket which, if offload, wants one
// before each frame.
func newSender(fd int, offload bool) *sender {
	s := &sender{fd: fd}
	for i := range s.msgs {
		s.iovs[i][0].Base = &noOffload[0]
		s.iovs[i][0].SetLen(offloadSize)
		s.msgs[i].Hdr.Iov = &s.iovs[i][1]
		s.msgs[i].Hdr.SetIovlen(1)
		if offload {
			s.msgs[i].Hdr.Iov = &s.iovs[i][0]
			s.msgs[i].Hdr.SetIovlen(2)
		}
	}
	return s
}

// send is that of port.
func (s *sender) send(frames [][]byte) (done, failed int) {
	for i, f := range frames {
		s.iovs[i][1].Base = &f[0]
		s.iovs[i][1].SetLen(len(f))
	}
	// Not unix.Syscall: this never blocks, and a thread that told the Go
	// scheduler that it might would have to wait for it afterwards.
	sent, _, errno := unix.RawSyscall6(unix.SYS_SENDMMSG, uintptr(s.fd),
		uintptr(unsafe.Pointer(&s.msgs[0])), uintptr(len(frames)), unix.MSG_DONTWAIT, 0, 0)
	switch errno {
	case 0:
		return int(sent), 0
	case unix.EINTR:
		return 0, 0
	}
	return 1, 1
}
