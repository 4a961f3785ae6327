//go:build linux

package tc

import (
	"errors"
	"fmt"
	"net/netip"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/testbed/testbed/emulator"
)

// Ingress makes what arrives at ifname pass through l: it is taken to an
// interface of its own (an ifb), leaves that through l, and goes on as if it
// arrived then. l may vary. undo ends that; it must be called once.
//
// It refuses an interface that has filters of what arrives already, be they
// left by a process that died (see ClearIngress). Packets are seen before
// iptables sees them.
func Ingress(ifname string, l emulator.Link) (undo func() error, err error) {
	return IngressFrom(ifname, netip.Addr{}, l, Options{})
}

// IngressFrom is Ingress for IP packets from the address peer alone: all else
// arrives untouched. The zero Addr means all that arrives.
func IngressFrom(ifname string, peer netip.Addr, l emulator.Link, o Options) (undo func() error, err error) {
	link, err := netlink.LinkByName(ifname)
	if err != nil {
		return nil, fmt.Errorf("shape what arrives at %s: %w", ifname, err)
	}
	name := ifbName(link.Attrs().Index)
	err = netlink.LinkAdd(ifb(name))
	if errors.Is(err, unix.EEXIST) {
		return nil, fmt.Errorf("shape what arrives at %s: %s is there already: another testbed shapes it, or one died: want `ip link del %s; tc qdisc del dev %s ingress`", ifname, name, name, ifname)
	}
	if err != nil {
		return nil, fmt.Errorf("shape what arrives at %s: %w", ifname, unless("ifb", err))
	}
	var player *Player
	undo = func() error {
		var err error
		if player != nil {
			err = player.Close()
		}
		return errors.Join(err, ClearIngress(ifname))
	}
	if player, err = PlayWith(name, l, o); err == nil {
		if err = upAs(name, link.Attrs()); err == nil {
			err = redirect(ifname, name, peer)
		}
	}
	if err != nil {
		// What is not ours stays: a redirection that failed has left nothing.
		if player != nil {
			err = errors.Join(err, player.Close())
		}
		return nil, errors.Join(fmt.Errorf("shape what arrives at %s: %w", ifname, err), remove(name))
	}
	return undo, nil
}

// ClearIngress ends what Ingress made at ifname, also if the process that made
// it is gone. It does nothing if there is none.
func ClearIngress(ifname string) error {
	link, err := netlink.LinkByName(ifname)
	if err != nil {
		return fmt.Errorf("end shaping of what arrives at %s: %w", ifname, err)
	}
	name := ifbName(link.Attrs().Index)
	if _, err := netlink.LinkByName(name); err != nil {
		var none netlink.LinkNotFoundError
		if errors.As(err, &none) {
			return nil
		}
		return fmt.Errorf("end shaping of what arrives at %s: %w", ifname, err)
	}
	return errors.Join(ClearRedirect(ifname), remove(name))
}

// ifbName is the interface of Ingress for the interface of that index. It
// tells leftovers from what others made.
func ifbName(index int) string { return fmt.Sprintf("testbed%d", index) }

func ifb(name string) netlink.Link {
	attrs := netlink.NewLinkAttrs()
	attrs.Name = name
	return &netlink.Ifb{LinkAttrs: attrs}
}

// upAs brings an interface up, with the MTU of another.
func upAs(name string, like *netlink.LinkAttrs) error {
	link, err := netlink.LinkByName(name)
	if err != nil {
		return err
	}
	return errors.Join(netlink.LinkSetMTU(link, like.MTU), netlink.LinkSetUp(link))
}

func remove(name string) error {
	link, err := netlink.LinkByName(name)
	if err != nil {
		return err
	}
	return netlink.LinkDel(link)
}
