//go:build linux

package relay

import (
	"encoding/binary"
	"errors"
	"fmt"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The ring that the kernel writes into: 4096 frames, 50 ms of full frames at
// 1 Gbit/s. Blocks are what the kernel allocates in one piece.
const (
	ringFrames    = 4096
	ringBlockSize = 128 << 10
)

// sendBuffer is what may be on its way out of an interface, as the kernel
// counts it.
const sendBuffer = 4 << 20

// A port is a packet socket on one interface: frames come in through a ring,
// and go out by sendmmsg. One thread may receive while another sends.
type port struct {
	fd   int
	ring []byte
	next int // frame of the ring that the kernel fills next
}

// openPort opens the interface with that name.
func openPort(name string) (*port, error) {
	// Protocol 0 receives nothing until bind says from which interface.
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("packet socket: %w", err)
	}
	p := &port{fd: fd}
	if err := p.attach(name); err != nil {
		return nil, errors.Join(err, p.close())
	}
	return p, nil
}

// attach begins to receive the frames of an interface.
func (p *port) attach(name string) error {
	index, err := interfaceIndex(p.fd, name)
	if err != nil {
		return err
	}
	if err := p.mapRing(); err != nil {
		return err
	}
	// Kernels before 4.20 lack this; frame.outgoing stands in for it.
	unix.SetsockoptInt(p.fd, unix.SOL_PACKET, unix.PACKET_IGNORE_OUTGOING, 1)
	if unix.SetsockoptInt(p.fd, unix.SOL_SOCKET, unix.SO_SNDBUFFORCE, sendBuffer) != nil {
		unix.SetsockoptInt(p.fd, unix.SOL_SOCKET, unix.SO_SNDBUF, sendBuffer) // as far as allowed
	}
	all := unix.PacketMreq{Ifindex: int32(index), Type: unix.PACKET_MR_PROMISC}
	if err := unix.SetsockoptPacketMreq(p.fd, unix.SOL_PACKET, unix.PACKET_ADD_MEMBERSHIP, &all); err != nil {
		return fmt.Errorf("promiscuous mode: %w", err)
	}
	if err := unix.Bind(p.fd, &unix.SockaddrLinklayer{Protocol: allProtocols(), Ifindex: index}); err != nil {
		return fmt.Errorf("bind: %w", err)
	}
	return nil
}

// interfaceIndex asks the kernel for the index of an interface.
func interfaceIndex(fd int, name string) (int, error) {
	req, err := unix.NewIfreq(name)
	if err != nil {
		return 0, fmt.Errorf("interface name: %w", err)
	}
	if err := unix.IoctlIfreq(fd, unix.SIOCGIFINDEX, req); err != nil {
		return 0, fmt.Errorf("interface: %w", err)
	}
	return int(req.Uint32()), nil
}

// mapRing asks for the receive ring and maps it.
func (p *port) mapRing() error {
	if err := unix.SetsockoptInt(p.fd, unix.SOL_PACKET, unix.PACKET_VERSION, unix.TPACKET_V2); err != nil {
		return fmt.Errorf("receive ring: version 2: %w", err)
	}
	req := unix.TpacketReq{
		Block_size: ringBlockSize,
		Block_nr:   ringFrames * slot / ringBlockSize,
		Frame_size: slot,
		Frame_nr:   ringFrames,
	}
	if err := unix.SetsockoptTpacketReq(p.fd, unix.SOL_PACKET, unix.PACKET_RX_RING, &req); err != nil {
		return fmt.Errorf("receive ring: %w", err)
	}
	ring, err := unix.Mmap(p.fd, 0, ringFrames*slot, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return fmt.Errorf("map receive ring: %w", err)
	}
	p.ring = ring
	return nil
}

// header returns the kernel's header of frame i of the ring.
func (p *port) header(i int) *unix.Tpacket2Hdr {
	return (*unix.Tpacket2Hdr)(unsafe.Pointer(&p.ring[i*slot]))
}

// receive returns the oldest frame that the kernel has written; false if there
// is none. It is valid until release.
func (p *port) receive() (frame, bool) {
	h := p.header(p.next)
	status := atomic.LoadUint32(&h.Status)
	if status&unix.TP_STATUS_USER == 0 {
		return frame{}, false
	}
	start := p.next*slot + int(h.Mac)
	return frame{
		hdr:    h,
		status: status,
		from:   (*unix.RawSockaddrLinklayer)(unsafe.Pointer(&p.ring[p.next*slot+addressOffset])),
		data:   p.ring[start : start+int(h.Snaplen)],
	}, true
}

// release gives the frame of receive back to the kernel.
func (p *port) release() {
	atomic.StoreUint32(&p.header(p.next).Status, unix.TP_STATUS_KERNEL)
	p.next = (p.next + 1) % ringFrames
}

// takeDrops returns how many frames found the ring full since the last call.
func (p *port) takeDrops() int64 {
	s, err := unix.GetsockoptTpacketStats(p.fd, unix.SOL_PACKET, unix.PACKET_STATISTICS)
	if err != nil {
		return 0
	}
	return int64(s.Drops)
}

// close closes the socket and unmaps the ring. No thread may use p any more.
func (p *port) close() error {
	var err error
	if p.ring != nil {
		err = unix.Munmap(p.ring)
		p.ring = nil
	}
	return errors.Join(err, unix.Close(p.fd))
}

// allProtocols is ETH_P_ALL in network byte order.
func allProtocols() uint16 {
	return binary.NativeEndian.Uint16([]byte{unix.ETH_P_ALL >> 8, unix.ETH_P_ALL & 0xff})
}
