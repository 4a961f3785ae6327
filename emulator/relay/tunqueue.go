//go:build linux

package relay

import (
	"encoding/binary"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// setQueueLength sets how many packets wait in front of an interface, in the
// namespace of the calling thread.

// Note: the ioctl for it is refused in a user namespace, rtnetlink is not. For
// one message of 40 bytes this package does without a library of netlink,
// which all but netns and tc do without.
func setQueueLength(index, packets int) error {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_ROUTE)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	kernel := &unix.SockaddrNetlink{Family: unix.AF_NETLINK}
	if err := unix.Sendto(fd, queueMessage(index, packets), 0, kernel); err != nil {
		return err
	}
	answer := make([]byte, os.Getpagesize())
	n, _, err := unix.Recvfrom(fd, answer, 0)
	if err != nil {
		return err
	}
	// An acknowledgement is an error whose number is 0, after the header.
	if n < unix.NLMSG_HDRLEN+4 || binary.NativeEndian.Uint16(answer[4:]) != unix.NLMSG_ERROR {
		return fmt.Errorf("netlink: %d bytes that are no acknowledgement", n)
	}
	if number := int32(binary.NativeEndian.Uint32(answer[unix.NLMSG_HDRLEN:])); number != 0 {
		return unix.Errno(-number)
	}
	return nil
}

// queueMessage is struct nlmsghdr, struct ifinfomsg and one attribute.
func queueMessage(index, packets int) []byte {
	order := binary.NativeEndian
	const attribute = unix.SizeofRtAttr + 4
	b := make([]byte, 0, unix.NLMSG_HDRLEN+unix.SizeofIfInfomsg+attribute)
	b = order.AppendUint32(b, uint32(cap(b)))
	b = order.AppendUint16(b, unix.RTM_SETLINK)
	b = order.AppendUint16(b, unix.NLM_F_REQUEST|unix.NLM_F_ACK)
	b = append(b, make([]byte, 8)...)      // sequence, port
	b = append(b, unix.AF_UNSPEC, 0, 0, 0) // family, padding, type
	b = order.AppendUint32(b, uint32(index))
	b = append(b, make([]byte, 8)...) // flags to set, and which
	b = order.AppendUint16(b, attribute)
	b = order.AppendUint16(b, unix.IFLA_TXQLEN)
	return order.AppendUint32(b, uint32(packets))
}
