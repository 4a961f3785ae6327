//go:build linux

package netns

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/thread"
)

// self returns a command that runs this same program, found by the link that
// works even where its path cannot be reached or was replaced.
func self(args ...string) *exec.Cmd {
	cmd := exec.Command("/proc/self/exe", args...)
	cmd.Args[0] = os.Args[0]
	// A killed process's pipes may live on in its children for a moment.
	cmd.WaitDelay = 10 * time.Second
	// Whatever starts a process and dies takes it along.
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: unix.SIGKILL}
	return cmd
}

// isolate gives a command new namespaces: network, mounts and processes, whose
// first process it becomes; and, if user, users, in which it is root. A session
// of its own keeps an interrupt typed at the terminal from it.
func isolate(cmd *exec.Cmd, user bool) {
	a := cmd.SysProcAttr
	a.Setsid = true
	a.Cloneflags = unix.CLONE_NEWNET | unix.CLONE_NEWNS | unix.CLONE_NEWPID
	if user {
		a.Cloneflags |= unix.CLONE_NEWUSER
		a.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Geteuid(), Size: 1}}
		a.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getegid(), Size: 1}}
		a.GidMappingsEnableSetgroups = false
	}
}

// startOn starts cmd on the given CPUs and calls exited with the outcome of
// Wait when it has ended.
//
// The process inherits the CPUs of the thread that starts it, and it is killed
// when that thread ends (Pdeathsig). So the thread belongs to this process
// alone: it waits for it, and then ends with its goroutine.
func startOn(cmd *exec.Cmd, cpus []int, exited func(error)) error {
	return startIn(cmd, 0, cpus, exited)
}

// startIn is startOn in the network namespace of a process; 0: in our own.
func startIn(cmd *exec.Cmd, namespace int, cpus []int, exited func(error)) error {
	started := make(chan error)
	go thread.ThrowAway(func() {
		err := enter(namespace)
		if err == nil {
			err = thread.Pin(cpus)
		}
		if err == nil {
			err = cmd.Start()
		}
		started <- err
		if err == nil {
			exited(cmd.Wait())
		}
	})
	return <-started
}

// enter moves the calling thread to the network namespace of a process; 0: it
// stays. Such a thread must be thrown away.
func enter(pid int) error {
	if pid == 0 {
		return nil
	}
	process, err := unix.PidfdOpen(pid, 0) // for /proc may be another namespace's
	if err == nil {
		defer unix.Close(process)
		err = unix.Setns(process, unix.CLONE_NEWNET)
	}
	if err != nil {
		return fmt.Errorf("namespace of process %d: %w", pid, err)
	}
	return nil
}

// startIsolated starts what command makes in namespaces of its own: as root
// if we are, in a user namespace else or if root may not. It returns the
// command that runs, and whether it has a user namespace.
func startIsolated(command func() *exec.Cmd, cpus []int, exited func(error)) (cmd *exec.Cmd, user bool, err error) {
	if os.Geteuid() == 0 {
		cmd = command()
		isolate(cmd, false)
		err = startOn(cmd, cpus, exited)
		if !errors.Is(err, unix.EPERM) {
			return cmd, false, explain(err, false)
		}
	}
	cmd = command()
	isolate(cmd, true)
	return cmd, true, explain(startOn(cmd, cpus, exited), true)
}

// explain turns a refusal of namespaces into what to do about it. Other errors
// are returned as they are.
func explain(err error, user bool) error {
	refused := false
	for _, no := range []error{unix.EPERM, unix.EACCES, unix.ENOSPC, unix.EINVAL, unix.ENOSYS} {
		refused = refused || errors.Is(err, no)
	}
	if err == nil || !refused {
		return err
	}
	tried := "namespaces as root"
	if user {
		tried = fmt.Sprintf("a user namespace as user %d", os.Geteuid())
	}
	return fmt.Errorf("no right to make network namespaces (tried %s: %w): run as root, or allow user namespaces: "+
		"sysctl kernel.unprivileged_userns_clone=1, kernel.apparmor_restrict_unprivileged_userns=0, "+
		"user.max_user_namespaces above 0 (%w)", tried, rootCause(err), emulator.ErrUnsupported)
}

// rootCause returns the error number in err, without the path of this program.
func rootCause(err error) error {
	var number syscall.Errno
	if errors.As(err, &number) {
		return number
	}
	return err
}
