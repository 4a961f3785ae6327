package onnx

import (
	"errors"
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// lastSignal is the highest signal of Linux.
const lastSignal = 64

// A disposition is what the process does with a signal: the kernel's struct
// sigaction, of which nothing is read here.
type disposition [64]byte

// keepSignals calls f and then puts all signals back as they were.
// CUDA's libraries put handlers of their own in place of Go's, and an interrupt
// then crashes the program instead of ending it in order.
func keepSignals(f func() error) error {
	var before [lastSignal + 1]disposition
	for sig := 1; sig <= lastSignal; sig++ {
		if err := sigaction(sig, nil, &before[sig]); err != nil {
			return err
		}
	}
	errs := []error{f()}
	for sig := 1; sig <= lastSignal; sig++ {
		var now disposition
		if err := sigaction(sig, nil, &now); err != nil {
			errs = append(errs, err)
		} else if now != before[sig] {
			errs = append(errs, sigaction(sig, &before[sig], nil))
		}
	}
	return errors.Join(errs...)
}

func sigaction(sig int, to, old *disposition) error {
	const maskBytes = lastSignal / 8
	_, _, e := unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(sig),
		uintptr(unsafe.Pointer(to)), uintptr(unsafe.Pointer(old)), maskBytes, 0, 0)
	if e != 0 {
		return fmt.Errorf("sigaction of signal %d: %w", sig, e)
	}
	return nil
}
