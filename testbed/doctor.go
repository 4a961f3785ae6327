package main

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/cgroup"
	"github.com/testbed/testbed/emulator/gpu"
	"github.com/testbed/testbed/emulator/netns"
	"github.com/testbed/testbed/inference/onnx"
)

// A finding is one thing that a machine can or cannot do.
type finding struct {
	Name   string `json:"name"`
	State  string `json:"state"` // yes, no or unknown
	Needed bool   `json:"needed"`
	Detail string `json:"detail"` // what it is for, or why not and what to do
}

// features are what the emulated world is made of, and what each is for.
var features = []struct {
	name, use string
	needed    bool
}{
	{"userns", "a world without root", false},
	{"netns", "nodes with networks of their own", true},
	{"veth", "links between nodes", true},
	{"relay", "links played in user space: all that a scenario can ask for", true},
	{"tun", "device: tun, packets carried by TUN instead of packet sockets", false},
	{"ingress", "links joined in the kernel", false},
	{"htb", "rates played by the kernel", false},
	{"tbf", "constant rates played by the kernel", false},
	{"codel", "CoDel played by the kernel", false},
	{"netem", "delay, jitter and loss played by the kernel; without it the relay plays them", false},
	{"netem-seed", "losses of netem that repeat", false},
	{"ifb", "shaping of what arrives at an interface of which we own one end", false},
}

func (a *app) doctorCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Say what this machine can do, and how to mend what it cannot",
		Args:  args(cobra.NoArgs),
		RunE:  a.bound(func(*cobra.Command, []string) error { return a.doctor() }),
	}
	cmd.Flags().Bool("json", false, "print as JSON")
	return cmd
}

func (a *app) doctor() error {
	findings := examine()
	if a.settings.GetBool("json") {
		if err := a.printJSON(findings); err != nil {
			return err
		}
	} else if err := a.printFindings(findings); err != nil {
		return err
	}
	for _, f := range findings {
		if f.Needed && f.State != "yes" {
			return &exitError{exitFailed, fmt.Errorf("scenarios cannot run here: %s: %s", f.Name, f.Detail)}
		}
	}
	return nil
}

func examine() (all []finding) {
	for _, f := range features {
		all = append(all, judge(f.name, f.use, f.needed, netns.Probe(f.name)))
	}
	lib, err := onnx.Find()
	if err == nil {
		var v string
		v, err = onnx.Version(lib)
		all = append(all, judge("onnxruntime", "inference, by "+lib+" "+v, true, err))
	} else {
		all = append(all, finding{"onnxruntime", "no", true, err.Error()})
	}
	cpus := finding{"cpus", "yes", false, fmt.Sprintf("%d: one can be kept for the links while others infer", runtime.NumCPU())}
	if runtime.NumCPU() < 2 {
		cpus.State, cpus.Detail = "no", "1: links, control and inference share it, and what is measured includes that"
	}
	return append(all, cpus, judge("quota", "nodes that get less CPU time than a CPU has (nodes[].quota)", false, tryQuota()), tryGPU())
}

// tryQuota makes a control group and removes it.
func tryQuota() error {
	g, err := cgroup.Make("doctor", cgroup.Limits{CPU: 0.5})
	if err != nil {
		return err
	}
	return g.Close()
}

// tryGPU asks the driver of GPUs, if there is one.
func tryGPU() finding {
	names, err := gpu.Names(gpu.Libraries{})
	if err != nil {
		return finding{"gpu", "no", false, err.Error()}
	}
	return finding{"gpu", "yes", false, "background load on " + strings.Join(names, ", ")}
}

func judge(name, use string, needed bool, err error) finding {
	switch {
	case err == nil:
		return finding{name, "yes", needed, use}
	case errors.Is(err, emulator.ErrUnsupported):
		return finding{name, "no", needed, err.Error()}
	}
	return finding{name, "unknown", needed, "could not tell: " + err.Error()}
}

func (a *app) printFindings(findings []finding) error {
	t := tabwriter.NewWriter(a.out, 0, 4, 2, ' ', 0)
	for _, f := range findings {
		fmt.Fprintf(t, "%s\t%s\t%s\n", f.Name, f.State, f.Detail)
	}
	return t.Flush()
}
