//go:build linux

package netns

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// sysctl sets a value of the network namespace that this process is in.
func sysctl(name, value string) error {
	path := filepath.Join("/proc/sys", strings.ReplaceAll(name, ".", "/"))
	if err := os.WriteFile(path, []byte(value), 0); err != nil {
		return fmt.Errorf("sysctl %s=%s: %w", name, value, err)
	}
	return nil
}

// disableIPv6 keeps router discovery and the like off the links. A kernel
// without IPv6 has nothing to disable.
func disableIPv6() error {
	for _, scope := range []string{"all", "default"} {
		err := sysctl("net.ipv6.conf."+scope+".disable_ipv6", "1")
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}
