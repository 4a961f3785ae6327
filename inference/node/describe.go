package node

import (
	"os"
	"runtime"
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
	return d
}

func machine() Machine {
	m := Machine{OS: runtime.GOOS, Arch: runtime.GOARCH, CPUs: runtime.NumCPU()}
	m.Host, _ = os.Hostname() // empty where it has none
	m.CPU, m.CPUs, m.Memory = hardware(m.CPUs)
	return m
}
