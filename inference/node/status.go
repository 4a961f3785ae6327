package node

import (
	"fmt"
	"time"

	"github.com/testbed/testbed/emulator/load"
	"github.com/testbed/testbed/emulator/unit"
	"github.com/testbed/testbed/inference/clock"
	"github.com/testbed/testbed/selector"
)

// A Status is what an inference node knows of itself. A quantity that it does
// not know, or that this machine does not tell, is 0. Ages are how long ago, when
// it was asked, a quantity was measured.
type Status struct {
	Held, Loaded []string // for the arm asked for

	// Of the way from the repository, by the last fetches of the arm, or
	// before the first of them by a probe.
	DownBps  int64         // goodput: the harmonic mean
	FetchRTT time.Duration // the smallest
	DownAge  time.Duration

	// Shares, 0 to 1, over the last second or so.
	Others, Busy float64 // of the node's CPUs, used by anybody but this process, and by anybody
	Pressure     float64 // of the time, in which something that could run waited for a CPU
	Throttled    float64 // of the node's CPU time, in which its quota held it back
	UsageAge     time.Duration

	Cores        float64 // CPU time that the node can take at once, in CPUs
	MemoryFree   int64   // bytes that it can still take without swapping
	RSSBytes     int64   // of its process, in RAM
	FrequencyMHz float64 // mean of its CPUs
	TemperatureC float64 // highest of the machine's sensors
	GPU          *GPU    // nil: none that can be asked
	MachineAge   time.Duration

	Opened int64         // sessions for requests, Prepare and the repository extension since the start
	Loads  []load.Status // background that SetLoad asked for
}

// A GPU is what its driver says of it.
type GPU struct {
	Utilization float64 // share of time, 0 to 1, in which any kernel ran
	MemoryFree  int64   // bytes
}

// Device is the node as a selector sees it, as far as the node knows itself:
// what control knows of the way to it is not in it. since is how long ago the
// node was asked.
func (s Status) Device(name string, since time.Duration) selector.Device {
	d := selector.Device{
		Name: name, Down: unit.BitRate(s.DownBps), FetchRTT: s.FetchRTT,
		Utilization: s.Others, Busy: s.Busy, Pressure: s.Pressure,
		Cores: s.Cores, MemoryFree: unit.Bytes(s.MemoryFree), FrequencyMHz: s.FrequencyMHz, TemperatureC: s.TemperatureC,
		Held: s.Held, Loaded: s.Loaded,
		Ages: selector.Ages{Utilization: s.UsageAge + since, Machine: s.MachineAge + since, Residency: since},
	}
	if s.DownBps > 0 {
		d.Ages.Down = s.DownAge + since
	}
	if s.GPU != nil {
		d.GPU = &selector.GPU{Utilization: s.GPU.Utilization, MemoryFree: unit.Bytes(s.GPU.MemoryFree)}
	}
	return d
}

// status says what the node knows; arm is whose files and sessions. It reads
// nothing but what was read last (see watch).
func (n *inference) status(arm string) (Status, error) {
	var s Status
	n.mu.Lock()
	s.Held, s.Loaded = n.arms[arm].names()
	down, at := n.rates.Of(arm)
	s.FetchRTT, _ = n.trips.Of(arm)
	n.mu.Unlock()
	if s.DownBps = int64(down); down > 0 {
		s.DownAge = clock.Now() - at
	}
	s.Opened = n.opened.Load()
	n.machine.tell(&s)
	if n.usage == nil {
		return s, nil // the Description said so
	}
	u, err := n.usage.shares()
	if err != nil {
		return s, fmt.Errorf("status: %w", err)
	}
	s.Others, s.Busy, s.Pressure, s.Throttled, s.UsageAge = u.others, u.busy, u.pressure, u.throttled, time.Since(u.at)
	return s, nil
}
