//go:build linux && (amd64 || arm64)

package gpu

import (
	"fmt"
	"runtime"
)

// onThread runs f on a thread that ends with it, so that a context is nobody
// else's.
func onThread(f func() error) error {
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // not unlocked: so the thread ends
		done <- f()
	}()
	return <-done
}

// Probe says whether a GPU can be kept busy on this machine: nil if the kernel
// ran on it. The error is as Open's.
func Probe(l Libraries, ordinal int) error {
	return onThread(func() error {
		d, err := Open(l, ordinal)
		if err != nil {
			return err
		}
		return d.Close()
	})
}

// Names are those of the GPUs that Open finds. It asks no GPU to do anything.
func Names(l Libraries) (names []string, err error) {
	c, err := openCUDA(l.CUDA)
	if err != nil {
		return nil, err
	}
	var n int32
	if err := c.err("cuDeviceGetCount", c.count(&n)); err != nil {
		return nil, err
	}
	for i := range int(n) {
		name, err := c.name(i)
		if err != nil {
			return nil, fmt.Errorf("GPU %d: %w", i, err)
		}
		names = append(names, name)
	}
	return names, nil
}
