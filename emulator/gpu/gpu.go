// Package gpu keeps an NVIDIA GPU busy, and asks how it is.
//
// It speaks to the driver by the libraries that come with it, libcuda.so.1 (the
// CUDA driver API) and libnvidia-ml.so.1 (NVML), which are looked for when the
// program runs: nothing of CUDA is needed to build it, and a machine without
// them is told what was looked for.
package gpu

import (
	"errors"

	"github.com/testbed/testbed/emulator/unit"
)

// ErrNone is wrapped where there is no GPU that can be used.
var ErrNone = errors.New("no NVIDIA GPU can be used")

// The environment variables that say where the driver's libraries are, where
// the system's loader does not find them.
const (
	CUDALibrary = "TESTBED_CUDA_LIBRARY"
	NVMLLibrary = "TESTBED_NVML_LIBRARY"
)

// Libraries are the files of the driver. Those that are empty are what the
// environment variables CUDALibrary and NVMLLibrary say, or else what the
// system's loader finds.
type Libraries struct {
	CUDA string // libcuda.so.1
	NVML string // libnvidia-ml.so.1
}

// A State is what NVML says of a GPU.
type State struct {
	Name        string
	Utilization float64    // share of time, 0 to 1, in which any kernel ran, over the driver's last sample (1/6 to 1 s)
	Memory      unit.Bytes // in all; 0 where it has none of its own
	MemoryFree  unit.Bytes // likewise
	Temperature float64    // °C; 0 where it is not told
	Clock       float64    // of its multiprocessors, in MHz; 0 where it is not told
}
