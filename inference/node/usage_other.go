//go:build !linux

package node

import (
	"errors"

	"github.com/testbed/testbed/inference/host"
)

var errLinuxOnly = errors.New("CPU and memory use of a node is measured on Linux only")

func affinity() ([]int, error) { return nil, errLinuxOnly }

func cpuReader([]int, *host.Meter) (func() (cpuSample, error), error) { return nil, errLinuxOnly }

func residentBytes() (int64, error) { return 0, errLinuxOnly }

func hardware(cpus int) (name string, n int, memory int64) { return "", cpus, 0 }
