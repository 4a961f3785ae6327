package node

import (
	"context"
	"sync"
	"time"

	"github.com/testbed/testbed/inference/host"
)

// A surroundings is the machine as the node's process last saw it.
type surroundings struct {
	meter *host.Meter
	gpu   *gpuMeter

	mu   sync.Mutex
	last machineSample
}

// A machineSample is one reading. What the machine does not tell is 0.
type machineSample struct {
	at           time.Time
	memory       int64 // bytes that can be had
	rss          int64 // bytes of this process in RAM
	mhz, celsius float64
}

// newSurroundings watches the machine until ctx ends.
func newSurroundings(ctx context.Context, m *host.Meter) *surroundings {
	s := &surroundings{meter: m, gpu: watchGPU(ctx)}
	s.sample()
	go watch(ctx, s.sample)
	return s
}

func (s *surroundings) sample() {
	var now machineSample
	now.memory, _ = s.meter.Memory()
	now.rss, _ = residentBytes()
	now.mhz, now.celsius = s.meter.Frequency(), s.meter.Temperature()
	now.at = time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last = now
}

// tell fills in what of a Status is of the machine.
func (s *surroundings) tell(st *Status) {
	s.mu.Lock()
	m := s.last
	s.mu.Unlock()
	st.Cores, st.MemoryFree, st.RSSBytes = s.meter.Cores(), m.memory, m.rss
	st.FrequencyMHz, st.TemperatureC = m.mhz, m.celsius
	st.MachineAge = time.Since(m.at)
	st.GPU = s.gpu.last()
}
