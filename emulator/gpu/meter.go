//go:build linux && (amd64 || arm64)

package gpu

import "fmt"

// A Meter asks NVML how the GPUs of this machine are. Its methods may be called
// at the same time.
type Meter struct {
	nvml    *nvml
	devices []uintptr
}

// OpenMeter finds the GPUs of this machine. Where there are none the error wraps
// ErrNone and says what was looked for.
func OpenMeter(l Libraries) (*Meter, error) {
	n, err := openNVML(l.NVML)
	if err != nil {
		return nil, err
	}
	m := &Meter{nvml: n}
	var count uint32
	err = n.err("nvmlDeviceGetCount", n.count(&count))
	for i := uint32(0); err == nil && i < count; i++ {
		var device uintptr
		err = n.err("nvmlDeviceGetHandleByIndex", n.byIndex(i, &device))
		m.devices = append(m.devices, device)
	}
	if err == nil && count == 0 {
		err = fmt.Errorf("%w: NVML knows none", ErrNone)
	}
	if err != nil {
		m.Close()
		return nil, err
	}
	return m, nil
}

// States asks each GPU, in the order of NVML.
func (m *Meter) States() ([]State, error) {
	all := make([]State, len(m.devices))
	for i, d := range m.devices {
		var err error
		if all[i], err = m.nvml.state(d); err != nil {
			return nil, fmt.Errorf("GPU %d: %w", i, err)
		}
	}
	return all, nil
}

// Close lets go of the library.
func (m *Meter) Close() { m.nvml.shutdown() }
