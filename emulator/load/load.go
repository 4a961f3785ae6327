// Package load makes background utilization of a node: CPU time, memory
// bandwidth, memory that is held, and GPU time, each by a process of its own
// that competes with the node as any other program does. Each goes by what it
// has really got (a closed loop), follows levels that change over time, and
// says once in a while what was asked of it and what it achieved.
//
// Cross traffic is not made here.
package load

import (
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/cgroup"
)

// The resources that are loaded, as Status names them.
const (
	CPU      = "cpu"
	Memory   = "memory" // bandwidth
	Resident = "resident"
	GPU      = "gpu"
)

// Options say what to load, and where.
type Options struct {
	Load emulator.Load // but Down and Up
	CPUs []int         // of the node; empty: all that this process may run on

	// Since is how much of the trial has passed when the load begins, for
	// levels that change over time.
	Since time.Duration

	// Place is the control group of the node; zero: that of this process.
	Place cgroup.Place

	// Failed is told, once, if a process of the load ends before Stop, which
	// it should not; nil: nobody is. It is called from a goroutine of its own.
	Failed func(error)

	// Every is how often the processes report. Zero is 250 ms.
	Every time.Duration
}

// A Status is how well the load of one resource is achieved. Shares are of each
// CPU, averaged over the CPUs; of what one thread alone reached of memory
// bandwidth; of time on the GPU, as the GPU took it from the begin of some kernels
// to their end, so that it may have given others a part of it. Of Resident they
// are bytes.
type Status struct {
	Resource string `json:"resource"`

	Asked    float64 `json:"asked"`    // mean over the last second; since the start if that is shorter
	Achieved float64 `json:"achieved"` // likewise

	AskedTotal float64       `json:"asked_total"` // mean since the start, however often it was rewound
	Total      float64       `json:"total"`       // achieved, likewise
	Elapsed    time.Duration `json:"elapsed_ns"`  // since the start

	Late time.Duration `json:"late_ns,omitempty"` // by how much a step of a level was applied late, at most

	Bps   float64 `json:"bps,omitempty"`       // achieved of Memory, bytes/s read and written
	Alone float64 `json:"alone_bps,omitempty"` // bytes/s that are a share of 1

	// Busy is the share of time in which the GPU did anything, for anybody, as
	// its driver has it; 0 where that does not tell.
	Busy float64 `json:"busy,omitempty"`
}

const (
	// period is the grid on which a thread works and then sleeps, so that the
	// load is even at the scale of an inference.
	period       = 10 * time.Millisecond
	defaultEvery = 250 * time.Millisecond
	achievedSpan = time.Second
)
