package onnx

import (
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/testbed/testbed/inference/host"
)

// Options say how a Session runs.
type Options struct {
	// Threads is how many an inference may use; 0: UsableCPUs.
	Threads int

	// Provider is what the nodes of the graph run on: cpu, cuda, tensorrt,
	// openvino, coreml or xnnpack; empty: cpu. One that the library does not
	// have, or that does not work here, is an error.
	Provider string

	// Optimization is how much the graph is changed before it is run: off,
	// basic (what keeps the operators), extended (fused operators) or all
	// (the layout in memory, too, made for this CPU); empty: all.
	Optimization string

	// Spinning lets idle threads wait busily for work. That answers sooner,
	// and burns tens of milliseconds of CPU after each run, on the very CPUs
	// whose load is the subject of an experiment.
	Spinning bool

	// Cache is a directory that keeps optimised models, which open sooner:
	// see LoadFile. Empty: none.
	Cache string
}

// The providers and levels of optimisation by their names here.
const (
	cpuProvider     = "cpu"
	allOptimization = "all"
)

// providerNames are those that Options may name.
var providerNames = []string{cpuProvider, "cuda", "tensorrt", "openvino", "coreml", "xnnpack"}

// ProviderNames are all that Options.Provider may say, whether the library has
// them or not.
func ProviderNames() []string { return slices.Clone(providerNames) }

// optimizations are the levels by name; the numbers are those of ONNX
// Runtime's GraphOptimizationLevel.
var optimizations = map[string]int{"off": 0, "basic": 1, "extended": 2, allOptimization: 99}

// Check returns an error that names the field which no library would take.
func (o Options) Check() error {
	if o.Threads < 0 || o.Threads > maxThreads {
		return fmt.Errorf("threads %d: want 0 to %d", o.Threads, maxThreads)
	}
	if !slices.Contains(providerNames, o.provider()) {
		return fmt.Errorf("provider %q: want one of %s", o.Provider, strings.Join(providerNames, ", "))
	}
	if _, ok := optimizations[o.optimization()]; !ok {
		names := slices.Sorted(maps.Keys(optimizations))
		return fmt.Errorf("optimization %q: want one of %s", o.Optimization, strings.Join(names, ", "))
	}
	return nil
}

const maxThreads = 1024

// UsableCPUs is how many threads an inference has where Options do not say:
// the CPUs that this process may run on, or the quota of its control group if
// that is less.
func UsableCPUs() int { return host.CPUs() }

func (o Options) threads() int {
	if o.Threads == 0 {
		return min(UsableCPUs(), maxThreads)
	}
	return o.Threads
}

func (o Options) provider() string {
	if o.Provider == "" {
		return cpuProvider
	}
	return o.Provider
}

func (o Options) optimization() string {
	if o.Optimization == "" {
		return allOptimization
	}
	return o.Optimization
}

// describe says what o comes to, for the record.
func (o Options) describe() map[string]string {
	return map[string]string{
		"platform":      runtime.GOOS + "/" + runtime.GOARCH,
		"provider":      o.provider(),
		"intra_threads": strconv.Itoa(o.threads()),
		"inter_threads": "1",
		"execution":     "sequential",
		"spinning":      onOff(o.Spinning),
		"optimization":  o.optimization(),
		"cache":         onOff(o.Cache != ""),
		"telemetry":     "off",
	}
}

func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}
