//go:build linux && (amd64 || arm64)

package gpu

import (
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/testbed/testbed/emulator/unit"
)

// Numbers of NVML (nvml.h).
const (
	temperatureGPU  = 0 // NVML_TEMPERATURE_GPU
	clockSM         = 1 // NVML_CLOCK_SM
	errNotSupported = 3 // NVML_ERROR_NOT_SUPPORTED
)

// An nvml is NVIDIA's management library, as far as it is needed. Its functions
// may be called by several threads at the same time.
type nvml struct {
	init        func() status
	shutdown    func() status
	count       func(n *uint32) status
	byIndex     func(index uint32, device *uintptr) status
	byBus       func(id *byte, device *uintptr) status
	name        func(device uintptr, name *byte, n uint32) status
	utilization func(device uintptr, u *nvmlUtilization) status
	memory      func(device uintptr, m *nvmlMemory) status
	temperature func(device uintptr, sensor uint32, celsius *uint32) status
	clock       func(device uintptr, kind uint32, megahertz *uint32) status
	errorText   func(s status) *byte
}

// nvmlUtilization is nvmlUtilization_t, in percent.
type nvmlUtilization struct{ gpu, memory uint32 }

// nvmlMemory is nvmlMemory_t, in bytes.
type nvmlMemory struct{ total, free, used uint64 }

// openNVML finds the library and gets it ready; as often as that is done it is
// to be shut down.
func openNVML(name string) (*nvml, error) {
	lib, err := find(name, NVMLLibrary, "libnvidia-ml.so.1")
	if err != nil {
		return nil, err
	}
	n := &nvml{}
	err = lib.bind([]binding{
		{"nvmlInit_v2", &n.init}, {"nvmlShutdown", &n.shutdown}, {"nvmlDeviceGetCount_v2", &n.count},
		{"nvmlDeviceGetHandleByIndex_v2", &n.byIndex}, {"nvmlDeviceGetHandleByPciBusId_v2", &n.byBus},
		{"nvmlDeviceGetName", &n.name}, {"nvmlDeviceGetUtilizationRates", &n.utilization},
		{"nvmlDeviceGetMemoryInfo", &n.memory}, {"nvmlDeviceGetTemperature", &n.temperature},
		{"nvmlDeviceGetClockInfo", &n.clock}, {"nvmlErrorString", &n.errorText},
	})
	if err != nil {
		return nil, err
	}
	if err := n.err("nvmlInit", n.init()); err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrNone, lib.name, err)
	}
	return n, nil
}

// err says what a function returned; nil if it did well.
func (n *nvml) err(function string, s status) error {
	if s == 0 {
		return nil
	}
	if why := n.errorText(s); why != nil {
		return fmt.Errorf("%s: %s", function, unix.BytePtrToString(why))
	}
	return fmt.Errorf("%s: error %d", function, s)
}

// busy is the share of time in which the device ran any kernel.
func (n *nvml) busy(device uintptr) (float64, error) {
	var u nvmlUtilization
	err := n.err("nvmlDeviceGetUtilizationRates", n.utilization(device, &u))
	return float64(u.gpu) / 100, err
}

// state asks how a device is. Some have no memory of their own, no sensor or no
// clock that is told.
func (n *nvml) state(device uintptr) (s State, err error) {
	if s.Utilization, err = n.busy(device); err != nil {
		return State{}, err
	}
	var m nvmlMemory
	if told := n.memory(device, &m); told != errNotSupported {
		if err := n.err("nvmlDeviceGetMemoryInfo", told); err != nil {
			return State{}, err
		}
		s.Memory, s.MemoryFree = unit.Bytes(m.total), unit.Bytes(m.free)
	}
	name := make([]byte, 96)
	if n.name(device, &name[0], uint32(len(name))) == 0 {
		s.Name = unix.ByteSliceToString(name)
	}
	var celsius, megahertz uint32
	if n.temperature(device, temperatureGPU, &celsius) == 0 {
		s.Temperature = float64(celsius)
	}
	if n.clock(device, clockSM, &megahertz) == 0 {
		s.Clock = float64(megahertz)
	}
	return s, nil
}
