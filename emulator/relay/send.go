//go:build linux

package relay

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// batch is how many frames one system call sends at most.
const batch = 32

// A sender sends frames of a block by sendmmsg. It is made once, so that
// sending allocates nothing.
type sender struct {
	fd   int
	msgs [batch]unix.Mmsghdr
	iovs [batch]unix.Iovec
}

func newSender(fd int) *sender {
	s := &sender{fd: fd}
	for i := range s.msgs {
		s.msgs[i].Hdr.Iov = &s.iovs[i]
		s.msgs[i].Hdr.SetIovlen(1)
	}
	return s
}

// send sends the n ≤ batch oldest frames of b. It returns how many it is done
// with, at least one if n is, and how many of these, 0 or 1, the kernel did
// not take: the interface is down, has no buffer left, or the frame is larger
// than its MTU.
func (s *sender) send(b *block, n int) (done, failed int) {
	for i := range n {
		at := b.first + i
		s.iovs[i].Base = &b.data[at][0]
		s.iovs[i].SetLen(b.size[at])
	}
	// Not unix.Syscall: this never blocks, and a thread that told the Go
	// scheduler that it might would have to wait for it afterwards.
	sent, _, errno := unix.RawSyscall6(unix.SYS_SENDMMSG, uintptr(s.fd),
		uintptr(unsafe.Pointer(&s.msgs[0])), uintptr(n), unix.MSG_DONTWAIT, 0, 0)
	switch errno {
	case 0:
		return int(sent), 0
	case unix.EINTR:
		return 0, 0
	}
	return 1, 1
}
