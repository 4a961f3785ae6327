package tc

import (
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// addFIFO adds a drop-tail queue of limit bytes, which the library has no type
// for: its only option is struct tc_fifo_qopt, one 32-bit number.
func addFIFO(index int, handle, parent uint32, limit uint32) error {
	req := nl.NewNetlinkRequest(unix.RTM_NEWQDISC, unix.NLM_F_CREATE|unix.NLM_F_EXCL|unix.NLM_F_ACK)
	req.AddData(&nl.TcMsg{
		Family:  nl.FAMILY_ALL,
		Ifindex: int32(index),
		Handle:  handle,
		Parent:  parent,
	})
	req.AddData(nl.NewRtAttr(nl.TCA_KIND, nl.ZeroTerminated("bfifo")))
	req.AddData(nl.NewRtAttr(nl.TCA_OPTIONS, nl.Uint32Attr(limit)))
	_, err := req.Execute(unix.NETLINK_ROUTE, 0)
	return err
}
