//go:build linux

package relay

import (
	"fmt"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The ring that the kernel writes into: 4096 frames, 50 ms of full frames at
// 1 Gbit/s. Blocks are what the kernel allocates in one piece.
const (
	ringFrames    = 4096
	ringBlockSize = 128 << 10
)

// The same for large frames of at most 65535 bytes of IP: a slot is 17 pages,
// as it must hold a little more, and fifteen of them nearly fill a mebibyte,
// which the kernel rounds a block up to.
const (
	largeSlot      = 17 * 4096
	largeFrames    = 480
	largeBlockSize = 15 * largeSlot
)

// addressOffset is where in a slot the kernel writes a frame's address
// (TPACKET_ALIGN).
const addressOffset = (unix.SizeofTpacket2Hdr + 15) &^ 15

// A ring is the memory that a packet socket shares with the kernel.
type ring struct {
	memory  []byte
	offload bool // each frame has one before it
	slot    int  // size of one
	frames  int
	next    int // frame that the kernel fills next
}

// mapRing asks for the receive ring of a socket and maps it.
func mapRing(fd int, offload bool) (ring, error) {
	r := ring{offload: offload, slot: slot, frames: ringFrames}
	block := ringBlockSize
	if offload {
		r.slot, r.frames, block = largeSlot, largeFrames, largeBlockSize
	}
	if err := unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_VERSION, unix.TPACKET_V2); err != nil {
		return ring{}, fmt.Errorf("receive ring: version 2: %w", err)
	}
	size := r.frames * r.slot
	req := unix.TpacketReq{
		Block_size: uint32(block),
		Block_nr:   uint32(size / block),
		Frame_size: uint32(r.slot),
		Frame_nr:   uint32(r.frames),
	}
	if err := unix.SetsockoptTpacketReq(fd, unix.SOL_PACKET, unix.PACKET_RX_RING, &req); err != nil {
		return ring{}, fmt.Errorf("receive ring: %w", err)
	}
	var err error
	r.memory, err = unix.Mmap(fd, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return ring{}, fmt.Errorf("map receive ring: %w", err)
	}
	return r, nil
}

// unmap undoes mapRing; of the zero ring it does nothing.
func (r *ring) unmap() error {
	if r.memory == nil {
		return nil
	}
	memory := r.memory
	r.memory = nil
	return unix.Munmap(memory)
}

// oldest returns the oldest frame that the kernel has written; false if there
// is none. It is valid until release.
func (r *ring) oldest() (shown, bool) {
	memory := r.memory[r.next*r.slot : (r.next+1)*r.slot]
	h := (*unix.Tpacket2Hdr)(unsafe.Pointer(&memory[0]))
	status := atomic.LoadUint32(&h.Status)
	if status&unix.TP_STATUS_USER == 0 {
		return shown{}, false
	}
	return shown{
		header: h,
		status: status,
		memory: memory,
		data:   memory[h.Mac:][:h.Snaplen],
	}, true
}

// release gives the frame of oldest back to the kernel.
func (r *ring) release() {
	h := (*unix.Tpacket2Hdr)(unsafe.Pointer(&r.memory[r.next*r.slot]))
	atomic.StoreUint32(&h.Status, unix.TP_STATUS_KERNEL)
	r.next = (r.next + 1) % r.frames
}

// A shown frame is one as the kernel shows it in the ring.
type shown struct {
	header *unix.Tpacket2Hdr
	status uint32
	memory []byte // the slot
	data   []byte // what there is of the frame
}

// outgoing reports whether our side sent the frame.
func (s shown) outgoing() bool {
	from := (*unix.RawSockaddrLinklayer)(unsafe.Pointer(&s.memory[addressOffset]))
	return from.Pkttype == unix.PACKET_OUTGOING
}

// unfinished reports whether its checksum was left to hardware.
func (s shown) unfinished() bool { return s.status&unix.TP_STATUS_CSUMNOTREADY != 0 }

// offload returns what is before the frame in a ring of such.
func (s shown) offload() offload { return parseOffload(s.memory[int(s.header.Mac)-offloadSize:]) }

// tag returns the VLAN tag that the kernel took out.
func (s shown) tag() tag {
	switch {
	case s.status&unix.TP_STATUS_VLAN_VALID == 0:
		return tag{}
	case s.status&unix.TP_STATUS_VLAN_TPID_VALID == 0:
		return tag{unix.ETH_P_8021Q, s.header.Vlan_tci}
	}
	return tag{s.header.Vlan_tpid, s.header.Vlan_tci}
}

// stamp is when the kernel received the frame, by the wall clock.
func (s shown) stamp() time.Duration {
	return time.Duration(s.header.Sec)*time.Second + time.Duration(s.header.Nsec)
}
