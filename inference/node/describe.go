package node

import (
	"os"
	"runtime"

	"github.com/testbed/testbed/inference/host"
)

func describe(cfg Config, s sockets, warnings []string) Description {
	d := Description{
		Name: cfg.Name, Role: cfg.Role, PID: os.Getpid(),
		Congestion: s.congestion, Warnings: warnings, Machine: machine(),
	}
	var err error
	if d.CPUs, err = affinity(); err != nil {
		d.Warnings = append(d.Warnings, err.Error())
	}
	d.Cores = host.NewMeter(d.CPUs).Cores()
	return d
}

// describe adds what only an inference node knows.
func (n *inference) describe(d *Description) {
	d.Runtime = n.engine.Describe(n.options)
	d.Machine.GPUs, d.Machine.NoGPU = n.machine.gpu.names, n.machine.gpu.none
	if n.usage == nil {
		d.Warnings = append(d.Warnings, "CPU use cannot be measured on this machine: the node seems idle to selectors")
		return
	}
	if _, ok := n.machine.meter.Waited(); !ok {
		d.Warnings = append(d.Warnings, "the kernel does not tell how long what could run waits for a CPU (PSI): selectors see no pressure")
	}
}

func machine() Machine {
	m := Machine{OS: runtime.GOOS, Arch: runtime.GOARCH, CPUs: runtime.NumCPU()}
	m.Host, _ = os.Hostname() // empty where it has none
	m.CPU, m.CPUs, m.Memory = hardware(m.CPUs)
	return m
}
