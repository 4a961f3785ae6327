//go:build linux

package relay

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// sendBuffer is what may be on its way out of an interface, as the kernel
// counts it.
const sendBuffer = 4 << 20

// A packetPort is a packet socket on one interface: frames come in through a
// ring, and go out by sendmmsg.
type packetPort struct {
	socket int
	ring   ring
	out    *sender
}

// openPacket opens the interface with that name.
func openPacket(name string, offload bool) (*packetPort, error) {
	// Protocol 0 receives nothing until bind says from which interface.
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("packet socket: %w", err)
	}
	p := &packetPort{socket: fd, out: newSender(fd, offload)}
	if err := p.attach(name, offload); err != nil {
		return nil, errors.Join(err, p.close())
	}
	return p, nil
}

// attach begins to receive the frames of an interface.
func (p *packetPort) attach(name string, offload bool) error {
	index, err := interfaceIndex(p.socket, name)
	if err != nil {
		return err
	}
	if offload { // before there is a ring
		if err := unix.SetsockoptInt(p.socket, unix.SOL_PACKET, unix.PACKET_VNET_HDR, 1); err != nil {
			return fmt.Errorf("offload: PACKET_VNET_HDR: %w", err)
		}
	}
	if p.ring, err = mapRing(p.socket, offload); err != nil {
		return err
	}
	// Kernels before 4.20 lack this; receive stands in for it.
	unix.SetsockoptInt(p.socket, unix.SOL_PACKET, unix.PACKET_IGNORE_OUTGOING, 1)
	if unix.SetsockoptInt(p.socket, unix.SOL_SOCKET, unix.SO_SNDBUFFORCE, sendBuffer) != nil {
		unix.SetsockoptInt(p.socket, unix.SOL_SOCKET, unix.SO_SNDBUF, sendBuffer) // as far as allowed
	}
	all := unix.PacketMreq{Ifindex: int32(index), Type: unix.PACKET_MR_PROMISC}
	if err := unix.SetsockoptPacketMreq(p.socket, unix.SOL_PACKET, unix.PACKET_ADD_MEMBERSHIP, &all); err != nil {
		return fmt.Errorf("promiscuous mode: %w", err)
	}
	if err := unix.Bind(p.socket, &unix.SockaddrLinklayer{Protocol: allProtocols(), Ifindex: index}); err != nil {
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

func (p *packetPort) fd() int { return p.socket }

func (p *packetPort) missing() int { return 0 }

func (p *packetPort) receive(f *frame, origin, read time.Time) bool {
	for {
		s, ok := p.ring.oldest()
		if !ok {
			return false
		}
		if s.outgoing() {
			p.ring.release()
			continue
		}
		*f = frame{data: s.data, length: int(s.header.Len), tag: s.tag(), at: arrival(s.stamp(), origin, read)}
		if p.ring.offload {
			f.offload = s.offload()
		} else {
			f.unfinished = s.unfinished()
		}
		return true
	}
}

// discard does nothing: frames say when they came in.
func (p *packetPort) discard() {}

func (p *packetPort) release() { p.ring.release() }

func (p *packetPort) send(packets [][]byte) (done, failed int) { return p.out.send(packets) }

// takeDrops returns how many frames found the ring full since the last call.
func (p *packetPort) takeDrops() int64 {
	s, err := unix.GetsockoptTpacketStats(p.socket, unix.SOL_PACKET, unix.PACKET_STATISTICS)
	if err != nil {
		return 0
	}
	return int64(s.Drops)
}

// clearError takes note that the interface went down; when it is up again,
// frames come as before.
func (p *packetPort) clearError() bool {
	unix.GetsockoptInt(p.socket, unix.SOL_SOCKET, unix.SO_ERROR)
	return true
}

func (p *packetPort) close() error {
	return errors.Join(p.ring.unmap(), unix.Close(p.socket))
}

// allProtocols is ETH_P_ALL in network byte order.
func allProtocols() uint16 {
	return binary.NativeEndian.Uint16([]byte{unix.ETH_P_ALL >> 8, unix.ETH_P_ALL & 0xff})
}
