//go:build linux

package load

import (
	"time"

	"github.com/testbed/testbed/emulator/gpu"
)

// A kernels is a worker on a GPU. What it uses is the time that the GPU took for
// its kernels.
type kernels struct {
	device interface {
		Run(time.Duration) (time.Duration, error)
	}
	fail func(error) // is told why the device does not work, and does not return
	took time.Duration
}

// longestRun is for how long kernels are run before the clock is looked at: a
// GPU that others use, too, takes longer.
const longestRun = 10 * time.Millisecond

// work launches kernels for what is left of the period and waits for them all:
// to wait for each would leave the GPU idle in between.
func (k *kernels) work(left time.Duration) {
	took, err := k.device.Run(min(left, longestRun))
	if err != nil {
		k.fail(err)
	}
	k.took += took
}

func (k *kernels) used() time.Duration { return k.took }

// newGPULoading gets the first GPU ready. Its thread may be anywhere on the CPUs.
func newGPULoading(t task, c *clock, begin <-chan struct{}) (loading, error) {
	var d *gpu.Device
	b := []*burner{t.burner(c)}
	err := launch(b, begin, func() (_ worker, err error) {
		d, err = gpu.Open(gpu.Libraries{}, 0)
		return &kernels{device: d, fail: exit}, err
	})
	return progress(b, func(s *Status) { s.Busy = d.Busy() }), err
}
