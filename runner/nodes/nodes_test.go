package nodes_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/testbed/testbed/emulator/load"
	"github.com/testbed/testbed/emulator/unit"
	"github.com/testbed/testbed/inference/estimate"
	"github.com/testbed/testbed/inference/node"
	"github.com/testbed/testbed/runner/nodes"
	"github.com/testbed/testbed/runner/record"
	"github.com/testbed/testbed/selector"
)

func TestDevice(t *testing.T) {
	k := estimate.Known{Up: 4 * unit.Mbps, Back: 3 * unit.Mbps, RTT: 40, UpAt: 60, BackAt: 70, RTTAt: 80}
	got := nodes.Device("edge", node.Status{Others: 0.5, UsageAge: 7}, 2, k, 100)
	want := selector.Device{Name: "edge", Up: 4 * unit.Mbps, Back: 3 * unit.Mbps, RTT: 40, Utilization: 0.5,
		Ages: selector.Ages{Up: 40, RTT: 20, Utilization: 9, Machine: 2, Residency: 2}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("device (-want +got):\n%s", diff)
	}
	if got := nodes.Device("edge", node.Status{}, 0, estimate.Known{}, 100); got.Ages != (selector.Ages{}) {
		t.Errorf("what is not known is %+v old", got.Ages)
	}
}

func TestTelemetry(t *testing.T) {
	s := node.Status{
		Others: 0.5, Busy: 0.75, Pressure: 0.25, Throttled: 0.125, MemoryFree: 1 << 30, RSSBytes: 1 << 20, FrequencyMHz: 1800, TemperatureC: 55,
		GPU: &node.GPU{Utilization: 0.1, MemoryFree: 1 << 10},
		Loads: []load.Status{{Resource: load.CPU, Asked: 0.4, Achieved: 0.3, Total: 9},
			{Resource: load.Memory, Asked: 0.2, Achieved: 0.1, Bps: 1e9}, {Resource: load.Resident, Asked: 1 << 20, Achieved: 1 << 19}},
	}
	want := record.Telemetry{
		CPUAsked: 0.4, CPUAchieved: 0.3, CPUBusy: 0.75, CPUOthers: 0.5, CPUPressure: 0.25, CPUThrottled: 0.125,
		Loads:      []record.LoadSample{{Resource: record.Memory, Asked: 0.2, Achieved: 0.1, Bps: 1e9}, {Resource: record.Resident, Asked: 1 << 20, Achieved: 1 << 19}},
		MemoryFree: unit.GiB, RSS: unit.MiB, GPU: 0.1, GPUMemoryFree: unit.KiB, FrequencyMHz: 1800, TemperatureC: 55,
	}
	if diff := cmp.Diff(want, nodes.Telemetry(s)); diff != "" {
		t.Errorf("telemetry (-want +got):\n%s", diff)
	}
	if got := nodes.Telemetry(node.Status{}); got.GPU != 0 || got.Loads != nil || got.At != time.Duration(0) {
		t.Errorf("of nothing: %+v", got)
	}
}
