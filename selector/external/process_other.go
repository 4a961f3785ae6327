//go:build !linux

package external

import "syscall"

// attributes give the process a group of its own, so that its children can be
// killed with it and what is typed at the terminal is not for it.
func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// keepFiles does nothing here: Go keeps what it opens from what we start.
func keepFiles() {}

// reap waits for the process, and kills what it leaves behind.
func (p *process) reap() {
	_ = p.cmd.Wait() // how it ended is in the ProcessState
	p.mu.Lock()
	defer p.mu.Unlock()
	_ = killGroup(p.cmd.Process.Pid)
	p.reaped = true
}

// killGroup kills the process and its group.
func killGroup(pid int) error { return syscall.Kill(-pid, syscall.SIGKILL) }
