package main

import "golang.org/x/sys/unix"

// totalMemory is that of this machine, in bytes; 0: unknown.
func totalMemory() int64 {
	n, err := unix.SysctlUint64("hw.memsize")
	if err != nil {
		return 0
	}
	return int64(n)
}
