package external

import (
	"errors"
	"math"
	"syscall"

	"golang.org/x/sys/unix"
)

// attributes give the process a group of its own, so that its children can be
// killed with it and what is typed at the terminal is not for it; and have it
// killed when the thread that started it ends.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// keepFiles keeps our files from what we start: Go does that with all that it
// opens, but not with what we inherited. Kernels before 5.11 cannot.
func keepFiles() { _ = unix.CloseRange(3, math.MaxUint32, unix.CLOSE_RANGE_CLOEXEC) }

// reap waits for the process, and kills what it leaves behind while its number
// is still its group's.
func (p *process) reap() {
	pid := p.cmd.Process.Pid
	for errors.Is(unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOWAIT, nil), unix.EINTR) {
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	_ = killGroup(pid)
	_ = p.cmd.Wait() // how it ended is in the ProcessState
	p.reaped = true
}

// killGroup kills the process and its group. Of 0 and 1 that would be our own
// group, and everything.
func killGroup(pid int) error {
	if pid <= 1 {
		return unix.EINVAL
	}
	return unix.Kill(-pid, unix.SIGKILL)
}
