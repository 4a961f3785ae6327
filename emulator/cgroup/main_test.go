//go:build linux

package cgroup

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"
)

// helper is set in the environment of a process that this test binary starts:
// to what it is to do.
const helper = "CGROUP_TEST_HELPER"

// TestMain lets the test binary be a janitor, and what tests start.
func TestMain(m *testing.M) {
	Main()
	switch os.Getenv(helper) {
	case "":
		os.Exit(m.Run())
	case "busy":
		for end := time.Now().Add(time.Minute); time.Now().Before(end); {
		}
	case "make":
		makeAndWait()
	}
}

// made is what a process says that has made a group.
type made struct {
	Place   Place
	Janitor int
	Busy    int
	Error   string
}

// makeAndWait makes a group, puts a busy process into it, says so, and waits for
// its end.
func makeAndWait() {
	var m made
	g, err := Make("helper", Limits{CPU: 0.1})
	if err != nil {
		m.Error = err.Error()
	} else {
		m.Place, m.Janitor = g.Place, g.janitor.cmd.Process.Pid
		cmd := busy()
		if err := cmd.Start(); err != nil {
			m.Error = err.Error()
		} else if m.Busy = cmd.Process.Pid; true {
			if err := g.Add(cmd.Process.Pid); err != nil {
				m.Error = err.Error()
			}
		}
	}
	if err := json.NewEncoder(os.Stdout).Encode(m); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	time.Sleep(time.Minute)
}

// busy is a process that uses a CPU.
func busy() *exec.Cmd {
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), helper+"=busy", "GOMAXPROCS=1")
	return cmd
}
