//go:build linux

package load

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/testbed/testbed/emulator/thread"
)

// goneWithin is how long a killed process may take to end: one that its control
// group holds back ends in the next period of its quota.
const goneWithin = 5 * time.Second

// A process loads one resource. It ends when its standard input does, which is
// to say with this process, however that ends.
type process struct {
	task   task
	cmd    *exec.Cmd
	stdin  io.Closer
	in     *json.Encoder
	stderr firstLine
	ready  chan struct{}
	begun  chan struct{}
	exited chan struct{}

	mu       sync.Mutex
	last     Status
	reported bool // it has begun
	told     bool // to end
}

// start starts the process for a task. failed is told if it ends by itself once
// it has begun.
func start(t task, failed func(error)) (*process, error) {
	p := &process{task: t, ready: make(chan struct{}), begun: make(chan struct{}), exited: make(chan struct{})}
	p.last.Resource = t.Resource
	p.cmd = exec.Command("/proc/self/exe", argLoad) // also where the file was replaced or removed
	p.cmd.Args[0] = os.Args[0]
	p.cmd.Stderr = &p.stderr
	// What is typed at the terminal is for who started the load, who ends it.
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	stdin, err := p.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := startOn(p.cmd, t.CPUs); err != nil {
		return nil, err
	}
	p.stdin, p.in = stdin, json.NewEncoder(stdin)
	go p.watch(stdout, failed)
	if err := p.in.Encode(t); err != nil {
		err = p.explain(err)
		p.kill()
		return nil, errors.Join(err, p.gone())
	}
	return p, nil
}

// startOn starts cmd on CPUs, which it inherits from the thread that starts it.
func startOn(cmd *exec.Cmd, cpus []int) (err error) {
	thread.ThrowAway(func() {
		var had unix.CPUSet
		_ = unix.SchedGetaffinity(0, &had)
		if err = thread.Pin(cpus); err == nil {
			err = cmd.Start()
		}
		_ = unix.SchedSetaffinity(0, &had)
	})
	return err
}

// watch takes what the process says until it ends.
func (p *process) watch(stdout io.Reader, failed func(error)) {
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		var l line
		if json.Unmarshal(lines.Bytes(), &l) != nil {
			break
		}
		p.take(l)
	}
	_ = p.stdin.Close() // that it may end, if it said nonsense
	_ = p.cmd.Wait()    // how it ended is in the ProcessState
	close(p.exited)
	p.mu.Lock()
	itself := p.reported && !p.told
	p.mu.Unlock()
	if itself {
		failed(p.task.wrap(p.ended()))
	}
}

func (p *process) take(l line) {
	if l.Ready {
		close(p.ready)
	}
	if l.Status == nil {
		return
	}
	p.mu.Lock()
	first := !p.reported
	p.reported = true
	p.last = *l.Status
	p.last.Resource = p.task.Resource
	p.mu.Unlock()
	if first {
		close(p.begun)
	}
}

// wait returns when the process has said what it is waited for.
func (p *process) wait(ctx context.Context, said <-chan struct{}, within time.Duration) error {
	late := time.NewTimer(within)
	defer late.Stop()
	select {
	case <-said:
		return nil
	case <-p.exited:
		return p.ended()
	case <-ctx.Done():
		return ctx.Err()
	case <-late.C:
		return fmt.Errorf("it does not begin within %v", within)
	}
}

// status is what the process said last.
func (p *process) status() Status {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.last
}

// explain says why a process cannot be written to: most likely it has ended.
func (p *process) explain(err error) error {
	select {
	case <-p.exited:
		return p.ended()
	case <-time.After(time.Second):
		return err
	}
}

// ended says how the process did, which has: the first line of what it wrote on
// its standard error, or else its exit status.
func (p *process) ended() error {
	return errors.New(cmp.Or(p.stderr.String(), p.cmd.ProcessState.String()))
}

// kill ends the process, which may have ended.
func (p *process) kill() {
	p.mu.Lock()
	p.told = true
	p.mu.Unlock()
	_ = p.cmd.Process.Kill()
}

// gone returns when the process is.
func (p *process) gone() error {
	select {
	case <-p.exited:
		return nil
	case <-time.After(goneWithin):
		return p.task.wrap(fmt.Errorf("process %d does not end", p.cmd.Process.Pid))
	}
}

// A firstLine keeps the beginning of what is written, and tells its first line:
// of a panic, what it is.
type firstLine struct {
	mu   sync.Mutex
	text []byte
}

func (l *firstLine) Write(b []byte) (int, error) {
	const most = 4 << 10
	l.mu.Lock()
	defer l.mu.Unlock()
	if room := most - len(l.text); room > 0 {
		l.text = append(l.text, b[:min(room, len(b))]...)
	}
	return len(b), nil
}

func (l *firstLine) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	first, _, _ := strings.Cut(strings.TrimSpace(string(l.text)), "\n")
	return first
}
