package node

import (
	"context"
	"sync"

	"github.com/testbed/testbed/emulator/gpu"
)

// A gpuMeter asks the driver how the first GPU is, time and again: it can take a
// while to answer. Of a machine without one it knows why there is none.
type gpuMeter struct {
	names []string
	none  string // empty: there is one

	mu    sync.Mutex
	state *GPU // nil: not known
}

// watchGPU looks for GPUs, and asks until ctx ends. Where there is only the half
// of the driver that runs kernels, as on some small devices, nobody tells how
// they are.
func watchGPU(ctx context.Context) *gpuMeter {
	m, states, err := firstStates()
	if err != nil {
		names, err := gpu.Names(gpu.Libraries{})
		if err != nil {
			return &gpuMeter{none: err.Error()}
		}
		return &gpuMeter{names: names}
	}
	g := &gpuMeter{}
	for _, s := range states {
		g.names = append(g.names, s.Name)
	}
	g.take(states)
	go func() {
		defer m.Close()
		watch(ctx, func() {
			states, _ := m.States() // none: not known until the next time
			g.take(states)
		})
	}()
	return g
}

func firstStates() (*gpu.Meter, []gpu.State, error) {
	m, err := gpu.OpenMeter(gpu.Libraries{})
	if err != nil {
		return nil, nil, err
	}
	states, err := m.States()
	if err != nil {
		m.Close()
	}
	return m, states, err
}

func (g *gpuMeter) take(states []gpu.State) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.state = nil; len(states) > 0 {
		g.state = &GPU{Utilization: states[0].Utilization, MemoryFree: int64(states[0].MemoryFree)}
	}
}

// last is what it said last; nil where it is not known.
func (g *gpuMeter) last() *GPU {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.state
}
