// Package host records what this host's network and CPUs do, as a trace that
// can be replayed: the rate of one interface in each direction, and the
// utilization of all CPUs together.
package host

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/prometheus/procfs"

	"github.com/testbed/testbed/emulator/unit"
)

// Options say what to record. The zero Options record the interface of the
// default route once a second.
type Options struct {
	// Interface is the name of the interface. Empty is that of the default
	// route, or else the only one that is not the loopback, which is never
	// chosen but may be named.
	Interface string

	// Interval is how long a Sample is. Zero is 1 s; at least MinInterval.
	// The kernel counts CPU time in ticks, mostly of 10 ms, so that an
	// interval of 100 ms knows the utilization of one CPU to a tenth.
	Interval time.Duration

	// Proc is where procfs is mounted. Empty is /proc.
	Proc string
}

// MinInterval is the shortest Interval.
const MinInterval = 100 * time.Millisecond

// A Sample is what the host did from one time to another, both counted from
// the beginning of the recording. A Sample begins where the one before ended.
type Sample struct {
	From, To time.Duration // From < To

	// Down and Up are the received and sent bytes of the interface by
	// To - From. They count what the driver counts: whole Ethernet frames
	// without checksum, as a rule.
	Down, Up unit.BitRate

	// CPU is the share of all CPUs that was not free, 0 to 1: all but idle
	// and iowait, for a CPU that waits for a disk is free. What a hypervisor
	// took (steal) counts as used.
	CPU float64

	// Reset says that a counter began anew, as when an interface was made
	// again. The rate is then of the bytes counted since, and too low.
	Reset bool
}

// A Recorder samples this host. Use Open to make one.
type Recorder struct {
	Interface string        // that is recorded
	Interval  time.Duration // of a Sample

	proc procfs.FS
}

// Open looks at the host, and says what is wrong with o, if anything. Nothing
// is recorded yet, and nothing has to be closed.
func Open(o Options) (*Recorder, error) {
	if o.Interval == 0 {
		o.Interval = time.Second
	}
	if o.Interval < MinInterval {
		return nil, fmt.Errorf("interval %v: want at least %v: the kernel counts CPU time in ticks of 10ms", o.Interval, MinInterval)
	}
	if o.Proc == "" {
		o.Proc = procfs.DefaultMountPoint
	}
	proc, err := procfs.NewFS(o.Proc)
	if err != nil {
		return nil, fmt.Errorf("record this host: %w", err)
	}
	r := &Recorder{Interval: o.Interval, proc: proc}
	if r.Interface, err = choose(proc, o.Interface); err != nil {
		return nil, err
	}
	if _, err := r.count(); err != nil {
		return nil, err
	}
	return r, nil
}

// Run calls write with one Sample after the other until ctx is done, and then
// returns nil; an interval that is not over by then is left out. An error of
// write, and an interface that vanishes, end it too.
//
// Samples are taken at multiples of Interval after the first reading. One that
// comes late, since the host slept or write took its time, is as long as it
// really was, and the deadlines that it missed are left out.
func (r *Recorder) Run(ctx context.Context, write func(Sample) error) error {
	before, err := r.count()
	if err != nil {
		return err
	}
	begin := before.at
	timer := time.NewTimer(r.Interval)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		}
		if ctx.Err() != nil { // both were ready
			return nil
		}
		now, err := r.count()
		if err != nil {
			return err
		}
		if err := write(sample(begin, before, now)); err != nil {
			return err
		}
		before = now
		timer.Reset(r.Interval - time.Since(begin)%r.Interval)
	}
}

// Record records this host into w as CSV, until ctx is done: Open, NewWriter
// and Run in one. Lines are written whole, one at a time.
func Record(ctx context.Context, o Options, w io.Writer) error {
	r, err := Open(o)
	if err != nil {
		return err
	}
	out, err := NewWriter(w, r, time.Now())
	if err != nil {
		return err
	}
	return r.Run(ctx, out.Write)
}
