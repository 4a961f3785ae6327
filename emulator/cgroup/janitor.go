//go:build linux

package cgroup

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// argJanitor is the hidden first argument with which this program starts itself
// as a janitor. A program that does not call Main refuses it as a flag that it
// does not know, rather than start all over.
const argJanitor = "-__testbed-groups"

// Main makes this program what removes groups if it was started as such by Make,
// and then does not return; else it returns at once. It must be among the first
// things that main (or TestMain) does.
func Main() {
	if len(os.Args) == 2 && os.Args[1] == argJanitor {
		clean(os.Stdin, os.Stdout)
		os.Exit(0)
	}
}

// clean says that it is there, and when nobody holds the other end of in any
// more, removes the groups that it was told. There is nobody left to be told of
// an error; the next Make tries again.
func clean(in io.Reader, out io.Writer) {
	// Who wants us to end ends the process that we wait for.
	signal.Ignore(unix.SIGINT, unix.SIGTERM, unix.SIGHUP, unix.SIGPIPE)
	runtime.GOMAXPROCS(1)
	told := json.NewDecoder(in)
	var dirs []string
	if told.Decode(&dirs) != nil {
		return
	}
	_, _ = io.WriteString(out, "ready\n")
	_, _ = io.Copy(io.Discard, in)
	_ = removeAll(machine{}, dirs)
}

// A janitor is a process that removes groups when this one is gone.
type janitor struct {
	cmd *exec.Cmd
	in  io.Closer
}

// hireWithin bounds how long a janitor takes to come or go.
const hireWithin = 10 * time.Second

// hire returns when the janitor waits.
func hire(dirs []string) (*janitor, error) {
	cmd := exec.Command("/proc/self/exe", argJanitor)
	cmd.Args[0] = os.Args[0]
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	j := &janitor{cmd: cmd, in: in}
	late := time.AfterFunc(hireWithin, func() { _ = cmd.Process.Kill() })
	defer late.Stop()
	err = json.NewEncoder(in).Encode(dirs)
	if err == nil {
		_, err = io.ReadFull(out, make([]byte, len("ready\n")))
	}
	if err != nil {
		_ = cmd.Process.Kill()
		j.dismiss()
		return nil, fmt.Errorf("it does not get ready: %w", err)
	}
	return j, nil
}

// dismiss ends a janitor, which finds nothing to do. There need not be one.
func (j *janitor) dismiss() {
	if j == nil || j.in == nil {
		return
	}
	_ = j.in.Close()
	j.in = nil
	late := time.AfterFunc(hireWithin, func() { _ = j.cmd.Process.Kill() })
	defer late.Stop()
	_ = j.cmd.Wait() // however it ended, it is gone
}
