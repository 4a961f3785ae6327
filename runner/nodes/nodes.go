// Package nodes turns what inference nodes and control say into what runs record
// and selectors see, for the worlds that have such nodes.
package nodes

import (
	"time"

	"github.com/testbed/testbed/emulator/load"
	"github.com/testbed/testbed/emulator/unit"
	"github.com/testbed/testbed/inference/estimate"
	"github.com/testbed/testbed/inference/node"
	"github.com/testbed/testbed/runner/record"
	"github.com/testbed/testbed/selector"
)

// Device is a node as a selector sees it: what the node says of itself, having
// been asked since ago, and what control knows of the way to it at now.
func Device(name string, s node.Status, since time.Duration, k estimate.Known, now time.Duration) selector.Device {
	d := s.Device(name, since)
	d.Up, d.Back, d.RTT = k.Up, k.Back, k.RTT
	if k.Up > 0 {
		d.Ages.Up = now - k.UpAt
	}
	if k.RTT > 0 {
		d.Ages.RTT = now - k.RTTAt
	}
	return d
}

// Telemetry is what a node says of its CPUs and its machine, and of the load
// that it was told to make. When, and of which node, is left to the caller.
func Telemetry(s node.Status) record.Telemetry {
	t := record.Telemetry{
		CPUBusy: s.Busy, CPUOthers: s.Others, CPUPressure: s.Pressure, CPUThrottled: s.Throttled,
		MemoryFree: unit.Bytes(s.MemoryFree), RSS: unit.Bytes(s.RSSBytes),
		FrequencyMHz: s.FrequencyMHz, TemperatureC: s.TemperatureC,
	}
	if s.GPU != nil {
		t.GPU, t.GPUMemoryFree = s.GPU.Utilization, unit.Bytes(s.GPU.MemoryFree)
	}
	for _, l := range s.Loads {
		AddLoad(&t, l.Resource, l.Asked, l.Achieved, l.Bps)
	}
	return t
}

// AddLoad adds what the background load of one resource does.
func AddLoad(t *record.Telemetry, resource string, asked, achieved, bps float64) {
	if resource == load.CPU {
		t.CPUAsked, t.CPUAchieved = asked, achieved
		return
	}
	t.Loads = append(t.Loads, record.LoadSample{Resource: resource, Asked: asked, Achieved: achieved, Bps: bps})
}
