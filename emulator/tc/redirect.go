//go:build linux

package tc

import (
	"errors"
	"fmt"
	"net/netip"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/testbed/testbed/emulator/tc/wire"
)

// ingressHandle is the handle of the qdisc of what arrives.
var ingressHandle = wire.MakeHandle(0xffff, 0)

// Redirect sends every frame that arrives at the interface from out of the
// interface to, unchanged, past what Apply made there.
func Redirect(from, to string) error {
	if err := redirect(from, to, netip.Addr{}); err != nil {
		return fmt.Errorf("redirect %s to %s: %w", from, to, err)
	}
	return nil
}

// redirect sends what arrives from the address peer (the zero Addr: all).
func redirect(from, to string, peer netip.Addr) error {
	k, err := openKernel(from)
	if err != nil {
		return fmt.Errorf("%s: %w", from, err)
	}
	defer k.close()
	out, err := netlink.LinkByName(to)
	if err != nil {
		return fmt.Errorf("%s: %w", to, err)
	}
	qdisc := wire.Object{Handle: ingressHandle, Parent: wire.Ingress, Options: &wire.IngressQdisc{}}
	if err := k.add(qdisc); err != nil {
		return unless("ingress", err)
	}
	filter := wire.Redirect{To: out.Attrs().Index, From: peer}
	err = k.send(unix.RTM_NEWTFILTER, unix.NLM_F_CREATE|unix.NLM_F_EXCL, filter.Message(k.index))
	if err != nil {
		return errors.Join(unless("cls_u32 or act_mirred", err), k.clear(ingressHandle, wire.Ingress))
	}
	return nil
}

// ClearRedirect ends a redirection from an interface, if there is one.
func ClearRedirect(from string) error {
	k, err := openKernel(from)
	if err != nil {
		return fmt.Errorf("end redirection from %s: %w", from, err)
	}
	defer k.close()
	if err := k.clear(ingressHandle, wire.Ingress); err != nil {
		return fmt.Errorf("end redirection from %s: %w", from, err)
	}
	return nil
}
