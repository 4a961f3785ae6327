//go:build linux

package netns

import (
	"fmt"

	"github.com/safchain/ethtool"
)

// offloads are what makes the kernel hand an interface packets that are not
// yet cut to size or have no checksum yet. Where a link is shaped, each would
// count as one packet, or be dropped for its checksum.
var offloads = []string{
	"tx-checksum-ip-generic",
	"tx-scatter-gather",
	"tx-tcp-segmentation",
	"tx-tcp-ecn-segmentation",
	"tx-tcp-mangleid-segmentation",
	"tx-tcp6-segmentation",
	"tx-udp-segmentation",
	"tx-generic-segmentation",
}

// offloadsOff turns offloads off where the interface has them.
func offloadsOff(ifname string) error {
	tool, err := ethtool.NewEthtool()
	if err != nil {
		return fmt.Errorf("offloads of %s: %w", ifname, err)
	}
	defer tool.Close()
	has, err := tool.Features(ifname)
	if err != nil {
		return fmt.Errorf("offloads of %s: %w", ifname, err)
	}
	off := map[string]bool{}
	for _, name := range offloads {
		if has[name] {
			off[name] = false
		}
	}
	if len(off) == 0 {
		return nil
	}
	if err := tool.Change(ifname, off); err != nil {
		return fmt.Errorf("turn off offloads of %s: %w", ifname, err)
	}
	return nil
}
