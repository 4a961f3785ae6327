//go:build linux

package relay_test

import (
	"testing"

	"github.com/vishvananda/netlink"
)

func setMTU(t *testing.T, mtu int, names ...string) {
	t.Helper()
	for _, name := range names {
		l, err := netlink.LinkByName(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := netlink.LinkSetMTU(l, mtu); err != nil {
			t.Fatal(err)
		}
	}
}

func setUp(t *testing.T, name string, up bool) {
	t.Helper()
	l, err := netlink.LinkByName(name)
	if err != nil {
		t.Fatal(err)
	}
	set := netlink.LinkSetDown
	if up {
		set = netlink.LinkSetUp
	}
	if err := set(l); err != nil {
		t.Fatal(err)
	}
}
