//go:build !linux || !(amd64 || arm64)

package gpu

import (
	"fmt"
	"runtime"
	"time"
)

var errSystem = fmt.Errorf("%w: their load and state are for Linux on amd64 and arm64, not %s on %s", ErrNone, runtime.GOOS, runtime.GOARCH)

// A Device cannot be had on this system.
type Device struct{}

// Open returns an error that wraps ErrNone.
func Open(Libraries, int) (*Device, error) { return nil, errSystem }

// Run returns an error that wraps ErrNone.
func (*Device) Run(time.Duration) (time.Duration, error) { return 0, errSystem }

// Busy is 0.
func (*Device) Busy() float64 { return 0 }

// Close does nothing.
func (*Device) Close() error { return nil }

// A Meter cannot be had on this system.
type Meter struct{}

// OpenMeter returns an error that wraps ErrNone.
func OpenMeter(Libraries) (*Meter, error) { return nil, errSystem }

// States returns an error that wraps ErrNone.
func (*Meter) States() ([]State, error) { return nil, errSystem }

// Close does nothing.
func (*Meter) Close() {}

// Probe returns an error that wraps ErrNone.
func Probe(Libraries, int) error { return errSystem }

// Names returns an error that wraps ErrNone.
func Names(Libraries) ([]string, error) { return nil, errSystem }
