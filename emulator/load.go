package emulator

import (
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/testbed/testbed/emulator/trace"
	"github.com/testbed/testbed/emulator/unit"
)

// A Load is what others than the inference use of a node, and of its link. The
// zero Load is none.
type Load struct {
	CPU      CPULoad    `json:"cpu,omitzero"`
	Memory   Level      `json:"memory,omitzero"`         // bandwidth, as a share of what one thread on the node reaches alone
	Resident unit.Bytes `json:"resident_bytes,omitzero"` // memory that is held and kept in use
	GPU      Level      `json:"gpu,omitzero"`            // share of time in which a kernel runs
	Down     Traffic    `json:"down,omitzero"`           // cross traffic from the repository to the node
	Up       Traffic    `json:"up,omitzero"`             // from the node to the repository
}

// A Level is a share, 0 to 1, of what there is. The zero Level is nothing.
type Level struct {
	Share float64       `json:"share,omitempty"` // where it does not change
	Over  *trace.Series `json:"over,omitempty"`  // share over time, from the trial's begin; nil: Share
}

// A CPULoad is CPU time.
type CPULoad struct {
	Level
	// Whole says that Level is of all the node's CPUs together, wherever the
	// scheduler puts the threads; else it is of each, by a thread pinned to
	// it.
	Whole bool `json:"whole,omitempty"`
}

// A Traffic is cross traffic in one direction of a node's link.
type Traffic struct {
	Level
	// Of is the rate that Level is a share of. Zero is no traffic.
	Of   unit.BitRate `json:"of_bps,omitempty"`
	TCP  bool         `json:"tcp,omitempty"`  // by a TCP connection, which gives way to others; else paced UDP
	Bulk bool         `json:"bulk,omitempty"` // TCP as fast as it can, whatever Level says
}

// Step returns the share at t after the trial's begin, and until when it stays:
// trace.Forever if nothing ends it.
func (l Level) Step(t time.Duration) (share float64, until time.Duration) {
	if l.Over == nil {
		return l.Share, trace.Forever
	}
	return l.Over.Step(t)
}

// Integral returns the seconds at a share of 1 that are worth those from one
// time after the trial's begin, 0 or more, to another.
func (l Level) Integral(from, to time.Duration) float64 {
	if l.Over == nil {
		return l.Share * (to - from).Seconds()
	}
	return l.Over.Integral(from, to)
}

// Mean is the share over a period of Over; Share where it does not change.
func (l Level) Mean() float64 {
	if l.Over == nil {
		return l.Share
	}
	return l.Over.Mean()
}

// Most is the highest share that is ever asked for.
func (l Level) Most() float64 {
	if l.Over == nil {
		return l.Share
	}
	_, most := l.Over.Range()
	return most
}

// IsZero says that nothing is asked for, at any time.
func (l Level) IsZero() bool { return l.Most() == 0 }

// IsZero says that there is none.
func (t Traffic) IsZero() bool { return t.Of == 0 || (t.Level.IsZero() && !t.Bulk) }

// IsZero says that nothing is asked for.
func (l Load) IsZero() bool {
	return l.CPU.IsZero() && l.Memory.IsZero() && l.Resident == 0 && l.GPU.IsZero() && l.Down.IsZero() && l.Up.IsZero()
}

// Varies reports whether anything that l asks for changes over time.
func (l Load) Varies() bool {
	return l.CPU.Over != nil || l.Memory.Over != nil || l.GPU.Over != nil || l.Down.Over != nil || l.Up.Over != nil
}

// Check says what is wrong with l, if anything: shares outside 0 to 1, negative
// sizes and rates, and a Series that is none.
func (l Load) Check() error {
	for _, of := range []struct {
		name  string
		level Level
	}{{"cpu", l.CPU.Level}, {"memory", l.Memory}, {"gpu", l.GPU}, {"down", l.Down.Level}, {"up", l.Up.Level}} {
		if err := of.level.check(); err != nil {
			return fmt.Errorf("load: %s: %w", of.name, err)
		}
	}
	switch {
	case l.Resident < 0:
		return fmt.Errorf("load: resident: %d bytes: want 0 or more", l.Resident)
	case l.Down.Of < 0 || l.Up.Of < 0:
		return errors.New("load: traffic: want a share of a positive rate")
	}
	return nil
}

func (l Level) check() error {
	if l.Over == nil {
		if !(l.Share >= 0 && l.Share <= 1) {
			return fmt.Errorf("%v: want a share from 0 to 1", l.Share)
		}
		return nil
	}
	if err := l.Over.Check(); err != nil {
		return err
	}
	if _, most := l.Over.Range(); most > 1 || math.IsNaN(most) {
		return fmt.Errorf("%s: %v: want shares from 0 to 1", l.Over.Name, most)
	}
	return nil
}
