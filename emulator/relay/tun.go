//go:build linux

package relay

import (
	"errors"
	"fmt"
	"os"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/testbed/testbed/emulator"
)

// tunQueue is how many packets a TUN device holds for its reader, as many as
// the ring of a packet socket. The kernel's 500 are lost in one burst.
const tunQueue = ringFrames

// tunFlags are those that a device must have.
const tunFlags = unix.IFF_TUN | unix.IFF_NO_PI | unix.IFF_VNET_HDR

// CreateTUN makes a TUN device of that name, for OpenTUN, in the network
// namespace of the calling thread. It may be moved to another. It is down, has
// no address, and ends when the file is closed by all who have it.
//
// The error wraps emulator.ErrUnsupported where there are no such devices.
func CreateTUN(name string) (*os.File, error) {
	// Not O_NONBLOCK, or Go's poller would be told of every packet too.
	fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ENODEV) || errors.Is(err, unix.ENXIO) {
		return nil, fmt.Errorf("TUN %s: no /dev/net/tun (%w): load the kernel module tun, "+
			"or use packet sockets (%w)", name, err, emulator.ErrUnsupported)
	}
	if err != nil {
		return nil, fmt.Errorf("TUN %s: /dev/net/tun: %w", name, err)
	}
	if err := setTUN(fd, name); err != nil {
		return nil, errors.Join(fmt.Errorf("TUN %s: %w", name, err), unix.Close(fd))
	}
	return os.NewFile(uintptr(fd), name), nil
}

// setTUN makes the device of a new file.
func setTUN(fd int, name string) error {
	req, err := unix.NewIfreq(name)
	if err != nil {
		return fmt.Errorf("interface name: %w", err)
	}
	req.SetUint16(tunFlags)
	if err := unix.IoctlIfreq(fd, unix.TUNSETIFF, req); err != nil {
		return fmt.Errorf("make: %w", err)
	}
	socket, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("socket: %w", err)
	}
	defer unix.Close(socket)
	index, err := interfaceIndex(socket, req.Name()) // which the kernel chose for tun%d
	if err != nil {
		return err
	}
	if err := setQueueLength(index, tunQueue); err != nil {
		return fmt.Errorf("length of the queue: %w", err)
	}
	return nil
}

// A tunPort is a TUN device. The kernel does not say when packets came in:
// they count as arrived when they are read, so that what the thread is late by
// is added to the link. Nor does it take more than one packet a system call.
type tunPort struct {
	file     int
	incoming [offloadSize + 1<<16]byte
	out      [2]unix.Iovec // the second is the packet
	drops    int64         // until the last takeDrops
}

// openTUN opens the TUN device of a file, which stays the caller's.
func openTUN(f *os.File, offload bool) (*tunPort, error) {
	conn, err := f.SyscallConn()
	if err != nil {
		return nil, err
	}
	p := &tunPort{file: -1}
	var dup error
	err = conn.Control(func(fd uintptr) {
		p.file, dup = unix.FcntlInt(fd, unix.F_DUPFD_CLOEXEC, 0)
	})
	if err := errors.Join(err, dup); err != nil {
		return nil, err
	}
	if err := p.prepare(offload); err != nil {
		return nil, errors.Join(err, p.close())
	}
	return p, nil
}

// prepare checks and sets what the file is.
func (p *tunPort) prepare(offload bool) error {
	var req unix.Ifreq
	if err := unix.IoctlIfreq(p.file, unix.TUNGETIFF, &req); err != nil {
		return fmt.Errorf("not a TUN device: %w", err)
	}
	const ask = tunFlags | unix.IFF_TAP
	if got := int(req.Uint16()); got&ask != tunFlags {
		return fmt.Errorf("flags %#x: want a device with IFF_TUN, IFF_NO_PI and IFF_VNET_HDR", got)
	}
	size, err := unix.IoctlGetInt(p.file, unix.TUNGETVNETHDRSZ)
	if err != nil || size != offloadSize {
		return errors.Join(fmt.Errorf("virtio header of %d bytes, want %d", size, offloadSize), err)
	}
	if err := setOffload(p.file, offload); err != nil {
		return fmt.Errorf("offload: %w", err)
	}
	if err := unix.SetNonblock(p.file, true); err != nil {
		return fmt.Errorf("non-blocking: %w", err)
	}
	if p.drops, err = tunDrops(p.file); err != nil {
		return fmt.Errorf("count of drops: %w", err)
	}
	p.out[0].Base = &noOffload[0]
	p.out[0].SetLen(offloadSize)
	return nil
}

// setOffload lets the kernel hand out large packets, or not. Those of UDP are
// left out where it cannot (before 6.2), and so is what the kernel itself no
// longer makes (UFO).
func setOffload(fd int, on bool) error {
	if !on {
		return unix.IoctlSetInt(fd, unix.TUNSETOFFLOAD, 0)
	}
	const tcp = unix.TUN_F_CSUM | unix.TUN_F_TSO4 | unix.TUN_F_TSO6 | unix.TUN_F_TSO_ECN
	err := unix.IoctlSetInt(fd, unix.TUNSETOFFLOAD, tcp|unix.TUN_F_USO4|unix.TUN_F_USO6)
	if errors.Is(err, unix.EINVAL) {
		err = unix.IoctlSetInt(fd, unix.TUNSETOFFLOAD, tcp)
	}
	return err
}

func (p *tunPort) fd() int { return p.file }

func (p *tunPort) missing() int { return etherHeader }

// read reads the oldest packet; it returns 0 if there is none.
func (p *tunPort) read() int {
	n, _, errno := unix.RawSyscall(unix.SYS_READ, uintptr(p.file),
		uintptr(unsafe.Pointer(&p.incoming[0])), uintptr(len(p.incoming)))
	if errno != 0 {
		return 0
	}
	return int(n)
}

func (p *tunPort) discard() {
	for range tunQueue { // more are not from before
		if p.read() == 0 {
			return
		}
	}
}

func (p *tunPort) receive(f *frame, origin, _ time.Time) bool {
	n := p.read()
	if n <= offloadSize {
		return false
	}
	packet := p.incoming[offloadSize:n]
	*f = frame{
		data:    packet,
		length:  len(packet),
		missing: etherHeader,
		at:      time.Since(origin),
		offload: parseOffload(p.incoming[:]),
	}
	return true
}

func (p *tunPort) release() {}

func (p *tunPort) send(packets [][]byte) (done, failed int) {
	first := packets[0]
	p.out[1].Base = &first[0]
	p.out[1].SetLen(len(first))
	_, _, errno := unix.RawSyscall(unix.SYS_WRITEV, uintptr(p.file), uintptr(unsafe.Pointer(&p.out[0])), 2)
	switch errno {
	case 0:
		return 1, 0
	case unix.EINTR:
		return 0, 0
	}
	return 1, 1
}

// takeDrops returns how many packets, large ones counted once, found the
// queue of the device full since the last call.
func (p *tunPort) takeDrops() int64 {
	now, err := tunDrops(p.file)
	if err != nil {
		return 0
	}
	before := p.drops
	p.drops = now
	return now - before
}

// clearError does nothing: a device that was deleted does not come back.
func (p *tunPort) clearError() bool { return false }

func (p *tunPort) close() error { return unix.Close(p.file) }
