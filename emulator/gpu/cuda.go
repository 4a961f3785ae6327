//go:build linux && (amd64 || arm64)

package gpu

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A status is what the functions of the driver return: CUresult, nvmlReturn_t.
type status int32

// Numbers of the driver API (cuda.h).
const (
	schedBlockingSync   = 0x04 // CU_CTX_SCHED_BLOCKING_SYNC: who waits sleeps
	eventBlockingSync   = 0x01 // CU_EVENT_BLOCKING_SYNC
	multiprocessorCount = 16   // CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT
	errNoDevice         = 100  // CUDA_ERROR_NO_DEVICE
)

// A cuda is the driver API, as far as it is needed. Handles are pointers, kept
// as numbers since the driver owns what they point to. What Go pointers point to
// is written or read before a function returns; purego keeps it until then.
type cuda struct {
	init         func(flags uint32) status
	count        func(n *int32) status
	device       func(device *int32, ordinal int32) status
	deviceName   func(name *byte, n int32, device int32) status
	attribute    func(value *int32, attribute, device int32) status
	busID        func(id *byte, n int32, device int32) status
	setFlags     func(device int32, flags uint32) status
	retain       func(context *uintptr, device int32) status
	release      func(device int32) status
	setCurrent   func(context uintptr) status
	loadData     func(module *uintptr, image *byte) status
	unload       func(module uintptr) status
	function     func(function *uintptr, module uintptr, name *byte) status
	alloc        func(at *uint64, bytes uintptr) status
	free         func(at uint64) status
	newEvent     func(event *uintptr, flags uint32) status
	record       func(event, stream uintptr) status
	wait         func(event uintptr) status
	between      func(milliseconds *float32, begin, end uintptr) status
	destroyEvent func(event uintptr) status
	launch       func(function uintptr, gridX, gridY, gridZ, blockX, blockY, blockZ, shared uint32, stream uintptr, params, extra *unsafe.Pointer) status
	errorName    func(s status, name **byte) status
}

// openCUDA finds the driver API and gets it ready.
func openCUDA(name string) (*cuda, error) {
	lib, err := find(name, CUDALibrary, "libcuda.so.1")
	if err != nil {
		return nil, err
	}
	c := &cuda{}
	err = lib.bind([]binding{
		{"cuInit", &c.init}, {"cuDeviceGetCount", &c.count}, {"cuDeviceGet", &c.device},
		{"cuDeviceGetName", &c.deviceName}, {"cuDeviceGetAttribute", &c.attribute}, {"cuDeviceGetPCIBusId", &c.busID},
		{"cuDevicePrimaryCtxSetFlags_v2", &c.setFlags}, {"cuDevicePrimaryCtxRetain", &c.retain},
		{"cuDevicePrimaryCtxRelease_v2", &c.release}, {"cuCtxSetCurrent", &c.setCurrent},
		{"cuModuleLoadData", &c.loadData}, {"cuModuleUnload", &c.unload}, {"cuModuleGetFunction", &c.function},
		{"cuMemAlloc_v2", &c.alloc}, {"cuMemFree_v2", &c.free},
		{"cuEventCreate", &c.newEvent}, {"cuEventRecord", &c.record}, {"cuEventSynchronize", &c.wait},
		{"cuEventElapsedTime", &c.between}, {"cuEventDestroy_v2", &c.destroyEvent},
		{"cuLaunchKernel", &c.launch}, {"cuGetErrorName", &c.errorName},
	})
	if err != nil {
		return nil, err
	}
	if s := c.init(0); s == errNoDevice {
		return nil, fmt.Errorf("%w: the driver (%s) finds none", ErrNone, lib.name)
	} else if err := c.err("cuInit", s); err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrNone, lib.name, err)
	}
	return c, nil
}

// err names what a function returned; nil if it did well.
func (c *cuda) err(function string, s status) error {
	if s == 0 {
		return nil
	}
	var name *byte
	if c.errorName(s, &name) != 0 || name == nil {
		return fmt.Errorf("%s: error %d", function, s)
	}
	return fmt.Errorf("%s: %s", function, unix.BytePtrToString(name))
}

// A steps runs one thing after the other until one goes wrong.
type steps struct {
	c   *cuda
	err error
}

func (s *steps) do(function string, call func() status) {
	if s.err == nil {
		s.err = s.c.err(function, call())
	}
}

// find returns the device of that number, and the address of its bus, by which
// NVML knows it.
func (c *cuda) find(ordinal int) (device int32, bus string, err error) {
	var n int32
	if err := c.err("cuDeviceGetCount", c.count(&n)); err != nil {
		return 0, "", err
	}
	if ordinal < 0 || ordinal >= int(n) {
		return 0, "", fmt.Errorf("%w: GPU %d: the driver knows %d, numbered from 0", ErrNone, ordinal, n)
	}
	id := make([]byte, 64)
	s := steps{c: c}
	s.do("cuDeviceGet", func() status { return c.device(&device, int32(ordinal)) })
	s.do("cuDeviceGetPCIBusId", func() status { return c.busID(&id[0], int32(len(id)), device) })
	return device, unix.ByteSliceToString(id), s.err
}

// name is what a device is called.
func (c *cuda) name(ordinal int) (string, error) {
	device, _, err := c.find(ordinal)
	if err != nil {
		return "", err
	}
	name := make([]byte, 96)
	err = c.err("cuDeviceGetName", c.deviceName(&name[0], int32(len(name)), device))
	return unix.ByteSliceToString(name), err
}
