//go:build linux

package load

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"time"

	"github.com/prometheus/procfs"
	"golang.org/x/sys/unix"

	"github.com/testbed/testbed/emulator/cgroup"
	"github.com/testbed/testbed/emulator/unit"
)

// A holding is memory that is held and kept in use.
type holding struct {
	all    []byte
	at     int        // that is touched next
	before unit.Bytes // in RAM of this process before it was taken
}

// touchEvery is in how long all of it is touched once: often enough that the
// kernel has older things to put on disk, and some 0.3 % of a CPU for a GiB.
const touchEvery = 10 * time.Second

// spare is what must stay free beside it.
const spare = 64 << 20

// hold takes memory, and fills it with what can be neither compressed nor
// shared. It is the first thing to go if the machine runs out.
func hold(size unit.Bytes) (*holding, error) {
	if err := available(size + spare); err != nil {
		return nil, fmt.Errorf("%v, and %v to spare, of which %w", size, unit.Bytes(spare), err)
	}
	// Worth a try: without it the kernel picks who it likes.
	_ = os.WriteFile("/proc/self/oom_score_adj", []byte("1000"), 0)
	before, err := inRAM()
	if err != nil {
		return nil, err
	}
	all, err := unix.Mmap(-1, 0, int(size), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
	if err != nil {
		return nil, fmt.Errorf("%v: %w", size, err)
	}
	noise := rand.NewPCG(1, uint64(os.Getpid()))
	i := 0
	for ; i+8 <= len(all); i += 8 {
		binary.NativeEndian.PutUint64(all[i:], noise.Uint64())
	}
	for ; i < len(all); i++ {
		all[i] = byte(noise.Uint64())
	}
	return &holding{all: all, before: before}, nil
}

// touch uses what is to be touched in d, and goes on from there the next time.
func (h *holding) touch(d time.Duration) {
	n := int(float64(len(h.all)) * min(1, d.Seconds()/touchEvery.Seconds()))
	page := os.Getpagesize()
	for range n/page + 1 {
		h.all[h.at]++ // written, so that a copy on disk is of no use
		if h.at += page; h.at >= len(h.all) {
			h.at = 0
		}
	}
}

// held is how much of it is in RAM, or could be: to within what else this
// process has taken since.
func (h *holding) held() (unit.Bytes, error) {
	now, err := inRAM()
	return min(max(0, now-h.before), unit.Bytes(len(h.all))), err
}

// inRAM is how much memory of this process is in RAM, files left out.
func inRAM() (unit.Bytes, error) {
	self, err := procfs.Self()
	if err != nil {
		return 0, err
	}
	status, err := self.NewStatus()
	if err != nil {
		return 0, err
	}
	return unit.Bytes(status.RssAnon), nil
}

// available says what keeps this process from taking memory, if anything does:
// what the kernel could give without moving other things to disk, and what the
// control groups leave.
func available(size unit.Bytes) error {
	proc, err := procfs.NewDefaultFS()
	if err != nil {
		return err
	}
	info, err := proc.Meminfo()
	if err != nil {
		return err
	}
	if info.MemAvailableBytes == nil {
		return errors.New("the kernel does not tell how much is available")
	}
	if free := unit.Bytes(*info.MemAvailableBytes); size > free {
		return fmt.Errorf("%v are available", whole(free))
	}
	groups, err := cgroup.Bearing("/proc", "", "memory")
	if err != nil {
		return err
	}
	if left, limited := cgroup.MemoryLeft(groups); limited && size > left {
		return fmt.Errorf("the control group leaves %v", whole(left))
	}
	return nil
}

// whole is a number for people.
func whole(n unit.Bytes) unit.Bytes { return n >> 20 << 20 }
