//go:build linux

package calibrate

import (
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A ring is a packet socket that shares its memory with the kernel, so that a
// frame is stamped and kept when it comes, however late its reader is.
type ring struct {
	fd   int
	mem  []byte
	next int
}

const (
	ringSlot   = 2048
	ringBlock  = 64 << 10
	ringBlocks = 256 // 16 MiB, 8192 frames
)

// openRing receives all frames that arrive at an interface.
func openRing(index int) (*ring, error) {
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, wrong("packet socket", err)
	}
	r := &ring{fd: fd}
	if err := r.open(index); err != nil {
		_ = r.close()
		return nil, err
	}
	return r, nil
}

func (r *ring) open(index int) error {
	if err := unix.SetsockoptInt(r.fd, unix.SOL_PACKET, unix.PACKET_VERSION, unix.TPACKET_V2); err != nil {
		return wrong("packet version", err)
	}
	_ = unix.SetsockoptInt(r.fd, unix.SOL_PACKET, unix.PACKET_IGNORE_OUTGOING, 1)
	err := unix.SetsockoptTpacketReq(r.fd, unix.SOL_PACKET, unix.PACKET_RX_RING, &unix.TpacketReq{
		Block_size: ringBlock,
		Block_nr:   ringBlocks,
		Frame_size: ringSlot,
		Frame_nr:   ringBlock / ringSlot * ringBlocks,
	})
	if err != nil {
		return wrong("packet ring", err)
	}
	r.mem, err = unix.Mmap(r.fd, 0, ringBlock*ringBlocks, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return wrong("map packet ring", err)
	}
	const ip = unix.ETH_P_IP<<8&0xff00 | unix.ETH_P_IP>>8 // in network order, as little-endian machines write it
	return wrong("bind", unix.Bind(r.fd, &unix.SockaddrLinklayer{Protocol: ip, Ifindex: index}))
}

func (r *ring) close() error {
	if r.mem != nil {
		_ = unix.Munmap(r.mem)
	}
	return unix.Close(r.fd)
}

// wait returns when there may be a frame, or after the timeout.
func (r *ring) wait(timeout time.Duration) {
	fds := []unix.PollFd{{Fd: int32(r.fd), Events: unix.POLLIN}}
	ts := unix.NsecToTimespec(int64(timeout))
	_, _ = unix.Ppoll(fds, &ts, nil)
}

// take calls f with the next frame and its time by CLOCK_REALTIME. It is false
// if there is none.
func (r *ring) take(f func(frame []byte, at time.Duration)) bool {
	slot := r.mem[r.next*ringSlot : (r.next+1)*ringSlot]
	hdr := (*unix.Tpacket2Hdr)(unsafe.Pointer(&slot[0]))
	if atomic.LoadUint32(&hdr.Status)&unix.TP_STATUS_USER == 0 {
		return false
	}
	f(slot[hdr.Mac:uint32(hdr.Mac)+hdr.Snaplen], time.Duration(hdr.Sec)*time.Second+time.Duration(hdr.Nsec))
	atomic.StoreUint32(&hdr.Status, unix.TP_STATUS_KERNEL)
	r.next = (r.next + 1) % (len(r.mem) / ringSlot)
	return true
}

// missed returns how many frames there was no room for since it was last
// asked.
func (r *ring) missed() int {
	stats, err := unix.GetsockoptTpacketStats(r.fd, unix.SOL_PACKET, unix.PACKET_STATISTICS)
	if err != nil {
		return 0
	}
	return int(stats.Drops)
}
