//go:build linux

package load

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/unit"
)

// starter is set in the environment of a process that starts a load and waits: to how much
// memory it is to hold.
const starter = "LOAD_TEST_STARTER"

// TestMain lets the test binary be a load process, and one that starts some.
func TestMain(m *testing.M) {
	Main()
	if os.Getenv(besideBusy) != "" {
		computeBeside()
		return
	}
	if os.Getenv(starter) == "" {
		os.Exit(m.Run())
	}
	resident, _ := unit.ParseBytes(os.Getenv(starter))
	r, err := Start(context.Background(), Options{Load: emulator.Load{
		CPU: emulator.CPULoad{Level: emulator.Level{Share: 1}}, Memory: emulator.Level{Share: 0.1}, Resident: resident,
	}, Every: time.Hour})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println(r.all[0].cmd.Process.Pid, r.all[1].cmd.Process.Pid, r.all[2].cmd.Process.Pid)
	time.Sleep(time.Minute)
}
