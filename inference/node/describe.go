package node

import "os"

func describe(cfg Config, s sockets, warnings []string) Description {
	d := Description{
		Name: cfg.Name, Role: cfg.Role, PID: os.Getpid(),
		Congestion: s.congestion, Warnings: warnings,
	}
	var err error
	if d.CPUs, err = affinity(); err != nil {
		d.Warnings = append(d.Warnings, err.Error())
	}
	return d
}
