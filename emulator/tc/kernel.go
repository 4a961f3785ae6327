//go:build linux

package tc

import (
	"fmt"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netlink/nl"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"

	"github.com/testbed/testbed/emulator/tc/wire"
)

// A kernel is a socket to traffic control in the network namespace in which it
// was opened, for one interface.
type kernel struct {
	ifname  string
	index   int
	sockets map[int]*nl.SocketHandle
}

// openKernel finds the interface in the namespace of the calling thread. The
// caller must close the kernel.
func openKernel(ifname string) (*kernel, error) {
	link, err := netlink.LinkByName(ifname)
	if err != nil {
		return nil, err
	}
	s, err := nl.GetNetlinkSocketAt(netns.None(), netns.None(), unix.NETLINK_ROUTE)
	if err != nil {
		return nil, err
	}
	return &kernel{
		ifname:  ifname,
		index:   link.Attrs().Index,
		sockets: map[int]*nl.SocketHandle{unix.NETLINK_ROUTE: {Socket: s}},
	}, nil
}

func (k *kernel) close() { k.sockets[unix.NETLINK_ROUTE].Socket.Close() }

// send sends a message and waits for its acknowledgement.
func (k *kernel) send(kind, flags int, message []byte) error {
	req := nl.NewNetlinkRequest(kind, flags|unix.NLM_F_ACK)
	req.Sockets = k.sockets
	req.AddRawData(message)
	_, err := req.Execute(unix.NETLINK_ROUTE, 0)
	return err
}

// add makes an object; there must be none by its handle.
func (k *kernel) add(o wire.Object) error {
	return k.set(o, unix.NLM_F_CREATE|unix.NLM_F_EXCL)
}

// change gives an object that is there other settings.
func (k *kernel) change(o wire.Object) error { return k.set(o, 0) }

func (k *kernel) set(o wire.Object, flags int) error {
	kind := unix.RTM_NEWQDISC
	if o.Class {
		kind = unix.RTM_NEWTCLASS
	}
	if err := k.send(kind, flags, o.Message(k.index)); err != nil {
		return fmt.Errorf("%s %s: %w", o.Options.Kind(), o.Handle, err)
	}
	return nil
}

// clear removes a qdisc, the root or that of what arrives, with all in it. It
// is no error if there is none.
func (k *kernel) clear(handle, parent wire.Handle) error {
	err := k.send(unix.RTM_DELQDISC, 0, wire.Header(k.index, handle, parent, 0))
	if isNone(err) {
		return nil
	}
	return err
}

// objects returns the qdiscs and classes of the interface.
func (k *kernel) objects() ([]wire.Object, error) {
	var found []wire.Object
	for _, dump := range []struct {
		get, new int
		class    bool
	}{{unix.RTM_GETQDISC, unix.RTM_NEWQDISC, false}, {unix.RTM_GETTCLASS, unix.RTM_NEWTCLASS, true}} {
		req := nl.NewNetlinkRequest(dump.get, unix.NLM_F_DUMP)
		req.Sockets = k.sockets
		req.AddRawData(wire.Header(k.index, 0, 0, 0))
		messages, err := req.Execute(unix.NETLINK_ROUTE, uint16(dump.new))
		if err != nil {
			return nil, err
		}
		for _, m := range messages {
			o, index, err := wire.Read(m, dump.class)
			if err != nil {
				return nil, err
			}
			if index == k.index { // a dump of qdiscs has those of all
				found = append(found, o)
			}
		}
	}
	return found, nil
}
