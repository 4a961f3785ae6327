//go:build !linux

package host

import "time"

// A Meter reads what the kernel counts for this process, which is nothing on
// this system.
type Meter struct{ cores float64 }

// NewMeter returns one for a process that may run on cpus.
func NewMeter(cpus []int) *Meter { return &Meter{cores: float64(len(cpus))} }

// Cores is how many CPUs this process may run on; 0 where that is not known.
func (m *Meter) Cores() float64 { return m.cores }

// Waited, Throttled, Memory, Frequency and Temperature are not known.
func (*Meter) Waited() (time.Duration, bool)    { return 0, false }
func (*Meter) Throttled() (time.Duration, bool) { return 0, false }
func (*Meter) Memory() (int64, bool)            { return 0, false }
func (*Meter) Frequency() float64               { return 0 }
func (*Meter) Temperature() float64             { return 0 }
