package tc

import (
	"errors"
	"fmt"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/unit"
)

// Apply makes packets that leave the interface ifname pass through l, in
// place of what an earlier Apply made. Packets that waited there are lost: a
// link that is set again begins empty. If it fails the interface is perfect.
func Apply(ifname string, l emulator.Link) error {
	k, err := kindOf(l)
	if err != nil {
		return fmt.Errorf("shape %s: %w", ifname, err)
	}
	if err := Clear(ifname); err != nil {
		return err
	}
	link, err := netlink.LinkByName(ifname)
	if err != nil {
		return fmt.Errorf("shape %s: %w", ifname, err)
	}
	index := link.Attrs().Index
	switch k {
	case htb:
		err = applyHTB(index, l)
	case netem:
		err = netlink.QdiscAdd(netemQdisc(index, l))
	}
	if err != nil {
		return errors.Join(fmt.Errorf("shape %s: %w", ifname, err), Clear(ifname))
	}
	return nil
}

// Clear makes the way out of ifname perfect again.
func Clear(ifname string) error {
	link, err := netlink.LinkByName(ifname)
	if err != nil {
		return fmt.Errorf("clear %s: %w", ifname, err)
	}
	err = netlink.QdiscDel(&netlink.GenericQdisc{QdiscAttrs: netlink.QdiscAttrs{
		LinkIndex: link.Attrs().Index,
		Parent:    netlink.HANDLE_ROOT,
	}})
	if err != nil && !isNone(err) {
		return fmt.Errorf("clear %s: %w", ifname, err)
	}
	return nil
}

// Stats are totals of an interface since it was made: what left it, and what
// its queueing dropped.
type Stats struct {
	Packets, Dropped int64
	Bytes            unit.Bytes // with Ethernet headers
}

// Read returns the totals of ifname. Dropped counts from the last Apply.
func Read(ifname string) (Stats, error) {
	link, err := netlink.LinkByName(ifname)
	if err != nil {
		return Stats{}, fmt.Errorf("statistics of %s: %w", ifname, err)
	}
	sent := link.Attrs().Statistics
	if sent == nil {
		return Stats{}, fmt.Errorf("statistics of %s: the kernel gave none", ifname)
	}
	s := Stats{Packets: int64(sent.TxPackets), Bytes: unit.Bytes(sent.TxBytes)}
	qdiscs, err := netlink.QdiscList(link)
	if err != nil {
		return Stats{}, fmt.Errorf("statistics of %s: %w", ifname, err)
	}
	for _, q := range qdiscs {
		a := q.Attrs()
		if a.Handle == rootHandle && a.Statistics != nil && a.Statistics.Queue != nil {
			s.Dropped += int64(a.Statistics.Queue.Drops)
		}
	}
	return s, nil
}

// isNone reports whether a deletion failed because there was nothing.
func isNone(err error) bool {
	return errors.Is(err, unix.ENOENT) || errors.Is(err, unix.EINVAL)
}
