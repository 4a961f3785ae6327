package tc

import (
	"fmt"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// Redirect sends every frame that arrives at the interface from out of the
// interface to, unchanged, past what Apply made there.
func Redirect(from, to string) error {
	in, err := netlink.LinkByName(from)
	if err != nil {
		return fmt.Errorf("redirect from %s: %w", from, err)
	}
	out, err := netlink.LinkByName(to)
	if err != nil {
		return fmt.Errorf("redirect to %s: %w", to, err)
	}
	if err := netlink.QdiscAdd(ingress(in.Attrs().Index)); err != nil {
		return fmt.Errorf("redirect %s to %s: %w", from, to, missing("ingress", err))
	}
	err = netlink.FilterAdd(&netlink.U32{ // without a selector: everything
		FilterAttrs: netlink.FilterAttrs{
			LinkIndex: in.Attrs().Index,
			Parent:    netlink.MakeHandle(0xffff, 0),
			Priority:  1,
			Protocol:  unix.ETH_P_ALL,
		},
		Actions: []netlink.Action{netlink.NewMirredAction(out.Attrs().Index)},
	})
	if err != nil {
		_ = ClearRedirect(from)
		return fmt.Errorf("redirect %s to %s: %w", from, to, missing("cls_u32 or act_mirred", err))
	}
	return nil
}

// ClearRedirect ends a redirection from an interface, if there is one.
func ClearRedirect(from string) error {
	in, err := netlink.LinkByName(from)
	if err != nil {
		return fmt.Errorf("end redirection from %s: %w", from, err)
	}
	if err := netlink.QdiscDel(ingress(in.Attrs().Index)); err != nil && !isNone(err) {
		return fmt.Errorf("end redirection from %s: %w", from, err)
	}
	return nil
}

func ingress(index int) *netlink.Ingress {
	return &netlink.Ingress{QdiscAttrs: netlink.QdiscAttrs{
		LinkIndex: index,
		Handle:    netlink.MakeHandle(0xffff, 0),
		Parent:    netlink.HANDLE_INGRESS,
	}}
}
