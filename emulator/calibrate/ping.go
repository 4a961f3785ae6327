//go:build linux

package calibrate

import (
	"encoding/binary"
	"time"

	"golang.org/x/sys/unix"
)

// PingArgs ask for echo requests at a pace, so that many are on their way at
// once.
type PingArgs struct {
	To    string
	Count int
	Every time.Duration
	Wait  time.Duration // for the last answer
}

const (
	echoRequest = 8
	echoID      = 7009
	echoSize    = 64 // bytes of ICMP
)

// Ping answers the round trip of each request that was answered, from when it
// was given to the kernel until the kernel had the answer. The answers are
// those of the kernel at the far end (ICMP), so that no process of ours is in
// the way.
func (s *service) Ping(a PingArgs, trips *[]time.Duration) error {
	to, err := ipv4(a.To)
	if err != nil {
		return err
	}
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.IPPROTO_ICMP)
	if err != nil {
		return wrong("ICMP socket", err)
	}
	defer unix.Close(fd)
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1); err != nil {
		return wrong("time stamps", err)
	}
	_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, 4<<20)
	sent := make([]time.Duration, a.Count)
	start := now() + time.Millisecond
	end := start + time.Duration(a.Count)*a.Every + a.Wait
	answered := make(chan []time.Duration, 1)
	go func() { answered <- pongs(fd, a.Count, end) }()
	err = on(func() error {
		for i := range sent {
			sleepUntil(start + time.Duration(i)*a.Every)
			p := echo(i)
			sent[i] = now()
			_, err := uninterrupted(patience, func() (int, error) {
				return len(p), unix.Sendto(fd, p, 0, &unix.SockaddrInet4{Addr: to})
			})
			if err != nil {
				return wrong("send", err)
			}
		}
		return nil
	})
	came := <-answered
	for i, at := range came {
		if at > 0 {
			*trips = append(*trips, at-sent[i])
		}
	}
	return err
}

// echo is request number i.
func echo(i int) []byte {
	p := make([]byte, echoSize)
	p[0] = echoRequest
	binary.BigEndian.PutUint16(p[4:], echoID)
	binary.BigEndian.PutUint16(p[6:], uint16(i))
	binary.BigEndian.PutUint16(p[2:], ^sum(p))
	return p
}

// pongs returns when each request was answered, by CLOCK_MONOTONIC, 0 for
// never. It ends with the last answer, or at the time end.
func pongs(fd, n int, end time.Duration) []time.Duration {
	came := make([]time.Duration, n)
	buf, oob := make([]byte, 256), make([]byte, 64)
	for left := n; left > 0 && now() < end; {
		fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
		if ready, err := unix.Poll(fds, 50); err != nil || ready == 0 {
			continue
		}
		size, got, _, _, err := unix.Recvmsg(fd, buf, oob, unix.MSG_DONTWAIT)
		if err != nil || size < ipHeader+8 {
			continue
		}
		icmp := buf[ipHeader:size]
		i := int(binary.BigEndian.Uint16(icmp[6:]))
		if icmp[0] != 0 || binary.BigEndian.Uint16(icmp[4:]) != echoID || i >= n || came[i] != 0 {
			continue
		}
		if at, ok := stamp(oob[:got]); ok {
			came[i] = at - realtime()
			left--
		}
	}
	return came
}

// stamp reads SCM_TIMESTAMPNS.
func stamp(oob []byte) (time.Duration, bool) {
	all, err := unix.ParseSocketControlMessage(oob)
	if err != nil {
		return 0, false
	}
	for _, m := range all {
		if m.Header.Level == unix.SOL_SOCKET && m.Header.Type == unix.SCM_TIMESTAMPNS && len(m.Data) >= 16 {
			sec, nsec := binary.NativeEndian.Uint64(m.Data), binary.NativeEndian.Uint64(m.Data[8:])
			return time.Duration(sec)*time.Second + time.Duration(nsec), true
		}
	}
	return 0, false
}
