//go:build linux

package load

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/testbed/testbed/emulator/unit"
)

// A streaming is a worker on the memory's bandwidth: it copies one half of a
// buffer to the other, which is larger than the caches, over and over. It takes
// CPU time too: its share of the CPU it is on, and more where the memory is
// contended. What it uses is counted in bytes, read and written, and told as the
// time that they would take alone.
type streaming struct {
	from, to []byte
	at       int     // of the next piece
	bytes    float64 // so far, read and written
	alone    float64 // bytes/s that it reaches alone
}

// piece is what is copied at a time: some tens of microseconds.
const piece = 128 << 10

// leastBuffer is the least that is streamed over, and what is where the size of
// the caches is not known.
const leastBuffer = 64 << 20

// newStreaming takes the memory and measures what this thread reaches alone.
func newStreaming(cpus []int) (*streaming, error) {
	size := bufferFor(lastCache("/sys/devices/system/cpu", cpus))
	if err := available(size); err != nil {
		return nil, fmt.Errorf("%v, twice the last-level cache, of which %w", size, err)
	}
	all, err := unix.Mmap(-1, 0, int(size), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
	if err != nil {
		return nil, fmt.Errorf("%v: %w", size, err)
	}
	for i := range all {
		all[i] = byte(i) // zeroes may all be one page
	}
	s := &streaming{from: all[:len(all)/2], to: all[len(all)/2:]}
	s.measure()
	return s, nil
}

// measure takes some 200 ms of CPU time: the median of some stretches, each by
// the thread's CPU time, so that others who are on the CPU do not count.
func (s *streaming) measure() {
	const stretches, stretch = 9, 25 * time.Millisecond
	var rates []float64
	for range stretches {
		bytes, from := s.bytes, kernelTime(unix.CLOCK_THREAD_CPUTIME_ID)
		took := time.Duration(0)
		for took < stretch {
			s.work(0)
			took = kernelTime(unix.CLOCK_THREAD_CPUTIME_ID) - from
		}
		rates = append(rates, (s.bytes-bytes)/took.Seconds())
	}
	slices.Sort(rates)
	s.alone = rates[stretches/2]
	s.bytes = 0
}

func (s *streaming) work(time.Duration) {
	copy(s.to[s.at:s.at+piece], s.from[s.at:s.at+piece])
	s.bytes += 2 * piece
	if s.at += piece; s.at+piece > len(s.from) {
		s.at = 0
	}
}

func (s *streaming) used() time.Duration {
	return time.Duration(s.bytes / s.alone * float64(time.Second))
}

// bufferFor returns how much to stream over: twice what a cache holds, as whole
// pieces in both halves.
func bufferFor(cache unit.Bytes) unit.Bytes {
	const whole = 2 * piece
	return (max(2*cache, leastBuffer) + whole - 1) / whole * whole
}

// lastCache returns the size of the largest cache that any of cpus has, as the
// kernel tells it under root; 0 if it does not.
func lastCache(root string, cpus []int) (size unit.Bytes) {
	for _, cpu := range cpus {
		// A pattern without a mistake has no error.
		files, _ := filepath.Glob(filepath.Join(root, "cpu"+strconv.Itoa(cpu), "cache", "index*", "size"))
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				continue
			}
			kib, err := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(string(text)), "K"))
			if err == nil {
				size = max(size, unit.Bytes(kib)<<10)
			}
		}
	}
	return size
}
