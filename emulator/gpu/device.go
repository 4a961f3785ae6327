//go:build linux && (amd64 || arm64)

package gpu

import (
	"errors"
	"runtime"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A Device is a GPU that can be kept busy. Its methods, but Busy, are for the
// thread on which it was opened.
type Device struct {
	c          *cuda
	ordinal    int32
	module     uintptr
	function   uintptr
	begin, end uintptr // events
	grid       uint32  // blocks
	out        uint64  // memory of the device
	round      float64 // nanoseconds that a round of the kernel takes, by the last ones

	nvml   *nvml // nil: it does not know the device
	handle uintptr
}

// Open gets a GPU ready, by the number that the driver gives it, and measures how
// fast it is, which takes some tenths of a second. The calling goroutine must be
// locked to its thread (runtime.LockOSThread), whose context becomes the
// device's. The error wraps ErrNone where there is no such GPU, and then says
// what was looked for.
func Open(l Libraries, ordinal int) (*Device, error) {
	c, err := openCUDA(l.CUDA)
	if err != nil {
		return nil, err
	}
	d := &Device{c: c}
	var bus string
	if d.ordinal, bus, err = c.find(ordinal); err != nil {
		return nil, err
	}
	// Where another user of the context is in this process its flags may stay
	// as they are; then who waits spins, which is no error.
	c.setFlags(d.ordinal, schedBlockingSync)
	var context uintptr
	if err := c.err("cuDevicePrimaryCtxRetain", c.retain(&context, d.ordinal)); err != nil {
		return nil, err
	}
	if err = d.prepare(context); err == nil {
		err = d.calibrate()
	}
	if err != nil {
		return nil, errors.Join(err, d.Close())
	}
	d.find(l.NVML, bus)
	return d, nil
}

// prepare puts what is needed into the context.
func (d *Device) prepare(context uintptr) error {
	text, err := unix.BytePtrFromString(kernelText)
	if err != nil {
		return err
	}
	name, err := unix.BytePtrFromString(kernelName)
	if err != nil {
		return err
	}
	c, s := d.c, steps{c: d.c}
	var processors int32
	s.do("cuCtxSetCurrent", func() status { return c.setCurrent(context) })
	s.do("cuModuleLoadData", func() status { return c.loadData(&d.module, text) })
	s.do("cuModuleGetFunction", func() status { return c.function(&d.function, d.module, name) })
	s.do("cuDeviceGetAttribute", func() status { return c.attribute(&processors, multiprocessorCount, d.ordinal) })
	d.grid = uint32(max(1, processors)) * blocks
	s.do("cuMemAlloc", func() status { return c.alloc(&d.out, uintptr(d.grid)*threads*4) })
	s.do("cuEventCreate", func() status { return c.newEvent(&d.begin, eventBlockingSync) })
	s.do("cuEventCreate", func() status { return c.newEvent(&d.end, eventBlockingSync) })
	return s.err
}

// kernelTime is about how long a kernel takes, so that others who use the GPU
// get in between. leastRun is the least that is run, so that launching is little
// of it. maxRounds is more than a kernel of any device has.
const (
	kernelTime = time.Millisecond
	leastRun   = 100 * time.Microsecond
	maxRounds  = 1 << 30
)

// calibrate finds how long a round takes. A device that was idle is slow at
// first, so it goes on for a while, and until what was asked for is what it
// takes, as far as others who use the device let it.
func (d *Device) calibrate() error {
	const least, most = 20, 100
	d.round = 1000 // a guess, long for any device: the first kernel is short
	for i := range most {
		took, err := d.Run(kernelTime)
		if err != nil {
			return err
		}
		if i >= least && took > kernelTime*9/10 && took < kernelTime*11/10 {
			break
		}
	}
	return nil
}

// Run keeps the device busy for about t, at least 0.1 ms, by kernels one after
// the other, and waits for the last. It returns how long the device took for
// them, of which others who use it may have had a part.
func (d *Device) Run(t time.Duration) (time.Duration, error) {
	rounds := d.rounds(max(t, leastRun))
	piece := d.rounds(kernelTime)
	s := steps{c: d.c}
	s.do("cuEventRecord", func() status { return d.c.record(d.begin, 0) })
	for left := rounds; left > 0 && s.err == nil; left -= min(left, piece) {
		s.do("cuLaunchKernel", func() status { return d.launch(min(left, piece)) })
	}
	s.do("cuEventRecord", func() status { return d.c.record(d.end, 0) })
	s.do("cuEventSynchronize", func() status { return d.c.wait(d.end) })
	var milliseconds float32
	s.do("cuEventElapsedTime", func() status { return d.c.between(&milliseconds, d.begin, d.end) })
	if s.err != nil {
		return 0, s.err
	}
	took := time.Duration(float64(milliseconds) * float64(time.Millisecond))
	// Clocks and temperature change how long a round takes.
	d.round = (d.round + max(float64(took)/float64(rounds), 1e-3)) / 2
	return took, nil
}

// rounds is how many take about t.
func (d *Device) rounds(t time.Duration) uint32 {
	return uint32(min(max(float64(t)/d.round, 1), maxRounds))
}

// launch puts one kernel into the queue of the device.
func (d *Device) launch(rounds uint32) status {
	p := &struct {
		out    uint64
		rounds uint32
	}{d.out, rounds}
	// The driver is given the addresses of the parameters, in Go's memory.
	var pin runtime.Pinner
	defer pin.Unpin()
	pin.Pin(p)
	at := [2]unsafe.Pointer{unsafe.Pointer(&p.out), unsafe.Pointer(&p.rounds)}
	return d.c.launch(d.function, d.grid, 1, 1, threads, 1, 1, 0, 0, &at[0], nil)
}

// Close gives everything back, also what is there only in part.
func (d *Device) Close() error {
	if d.nvml != nil {
		d.nvml.shutdown()
	}
	var all []error
	give := func(function string, s status) { all = append(all, d.c.err(function, s)) }
	for _, event := range []uintptr{d.begin, d.end} {
		if event != 0 {
			give("cuEventDestroy", d.c.destroyEvent(event))
		}
	}
	if d.out != 0 {
		give("cuMemFree", d.c.free(d.out))
	}
	if d.module != 0 {
		give("cuModuleUnload", d.c.unload(d.module))
	}
	give("cuCtxSetCurrent", d.c.setCurrent(0))
	give("cuDevicePrimaryCtxRelease", d.c.release(d.ordinal))
	return errors.Join(all...)
}

// find asks NVML for the device on that bus. It is no error if it does not know
// it: then Busy does not tell.
func (d *Device) find(library, bus string) {
	id, err := unix.BytePtrFromString(bus)
	if err != nil {
		return
	}
	n, err := openNVML(library)
	if err != nil {
		return
	}
	if n.byBus(id, &d.handle) != 0 {
		n.shutdown()
		return
	}
	d.nvml = n
}

// Busy is the share of time, 0 to 1, in which any kernel ran on the device, by
// anybody, over the driver's last sample; 0 where NVML does not tell. Any
// goroutine may ask, until Close.
func (d *Device) Busy() float64 {
	if d.nvml == nil {
		return 0
	}
	busy, _ := d.nvml.busy(d.handle) // 0 with an error
	return busy
}
