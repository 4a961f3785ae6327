package virtual

import (
	"context"

	"github.com/testbed/testbed/selector"
)

// Observe implements runner.World.
func (w *World) Observe(_ context.Context, names []string, arm string) ([]selector.Device, error) {
	devices := make([]selector.Device, len(names))
	for i, name := range names {
		n, err := w.node(name)
		if err != nil {
			return nil, err
		}
		devices[i] = n.observe(arm)
	}
	return devices, nil
}

// observe is what the node knows of itself, and control of the way to it. What
// it says of its CPUs is of the last second, and of what it computes itself as
// much of it as of the last whole second of telemetry.
func (n *node) observe(arm string) selector.Device {
	now, h, k := n.now(), n.of(arm), n.way.Of(arm)
	u := n.utilization(now)
	d := selector.Device{
		Name: n.Name, Up: k.Up, Back: k.Back, RTT: k.RTT,
		Utilization: u, Busy: min(1, u+n.own), Pressure: u * n.own, Cores: n.cores(),
		Held: h.held, Loaded: h.loaded,
	}
	down, at := n.rates.Of(arm)
	if d.Down = down; down > 0 {
		d.Ages.Down = now - at
	}
	d.FetchRTT, _ = n.trips.Of(arm)
	if k.Up > 0 {
		d.Ages.Up = now - k.UpAt
	}
	if k.RTT > 0 {
		d.Ages.RTT = now - k.RTTAt
	}
	free, known := n.free()
	if known {
		d.MemoryFree = max(0, free)
	}
	if n.gpu {
		d.GPU = &selector.GPU{Utilization: mean(n.load.GPU, now-n.zero-window, now-n.zero)}
	}
	return d
}
