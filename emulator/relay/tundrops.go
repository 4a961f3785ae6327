//go:build linux

package relay

import (
	"fmt"

	"github.com/prometheus/procfs"
	"golang.org/x/sys/unix"

	"github.com/testbed/testbed/emulator/thread"
)

// tunDrops returns how many packets the TUN device of a file has dropped on
// their way to the reader, wherever it was moved to.
//
// Namespaces belong to threads: that which looks ends then.
func tunDrops(fd int) (drops int64, err error) {
	thread.ThrowAway(func() { drops, err = lookAtTUN(fd) })
	return drops, err
}

// lookAtTUN leaves the thread in the namespace of the device.
func lookAtTUN(fd int) (int64, error) {
	var req unix.Ifreq
	if err := unix.IoctlIfreq(fd, unix.TUNGETIFF, &req); err != nil {
		return 0, err
	}
	ns, err := unix.IoctlRetInt(fd, unix.TUNGETDEVNETNS)
	if err != nil {
		return 0, fmt.Errorf("its namespace: %w", err)
	}
	defer unix.Close(ns)
	if err := unix.Setns(ns, unix.CLONE_NEWNET); err != nil {
		return 0, fmt.Errorf("its namespace: %w", err)
	}
	proc, err := procfs.NewFS("/proc/thread-self")
	if err != nil {
		return 0, err
	}
	devices, err := proc.NetDev()
	if err != nil {
		return 0, err
	}
	device, ok := devices[req.Name()]
	if !ok {
		return 0, fmt.Errorf("no interface %s", req.Name())
	}
	return int64(device.TxDropped), nil
}
