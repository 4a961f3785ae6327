//go:build linux

package load

import (
	"errors"
	"fmt"
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/cgroup"
	"github.com/testbed/testbed/emulator/thread"
	"github.com/testbed/testbed/emulator/unit"
)

// A task is what one process is to load: the first line of its standard input.
// The lines after it are moments: the first begins the load, the others rewind
// it.
type task struct {
	Resource string
	Level    emulator.Level
	Bytes    unit.Bytes // of Resident
	CPUs     []int
	Whole    bool // of CPU
	Place    cgroup.Place
	Every    time.Duration
}

// A line is what a process says on its standard output: one when it is ready to
// begin, and then how it does.
type line struct {
	Ready  bool    `json:"ready,omitempty"`
	Status *Status `json:"status,omitempty"`
}

// tasks are the processes that o asks for, in the order in which they get ready:
// memory is filled before its bandwidth is measured.
func (o Options) tasks() ([]task, error) {
	if err := o.fill(); err != nil {
		return nil, err
	}
	t := task{CPUs: o.CPUs, Place: o.Place, Every: o.Every}
	var all []task
	for _, of := range []struct {
		resource string
		level    emulator.Level
		asked    bool
	}{
		{Resident, emulator.Level{}, o.Load.Resident > 0},
		{Memory, o.Load.Memory, !o.Load.Memory.IsZero()},
		{CPU, o.Load.CPU.Level, !o.Load.CPU.Level.IsZero()},
		{GPU, o.Load.GPU, !o.Load.GPU.IsZero()},
	} {
		if !of.asked {
			continue
		}
		t.Resource, t.Level = of.resource, of.level
		t.Bytes, t.Whole = o.Load.Resident, o.Load.CPU.Whole
		all = append(all, t)
	}
	return all, nil
}

// fill checks o and sets what is zero.
func (o *Options) fill() error {
	if err := o.Load.Check(); err != nil {
		return err
	}
	if o.Every == 0 {
		o.Every = defaultEvery
	}
	switch {
	case o.Since < 0:
		return fmt.Errorf("load since %v: want 0 or more", o.Since)
	case o.Every < 0:
		return errors.New("load reports: want a positive time between them")
	}
	if len(o.CPUs) > 0 {
		return nil
	}
	var err error
	o.CPUs, err = thread.CPUs()
	return err
}
