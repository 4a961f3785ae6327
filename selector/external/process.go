package external

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"time"
)

// Limits of what is kept of a process, and of waiting for it.
const (
	mostLines  = 16                     // not yet asked for; then it waits until they are
	mostStderr = 4 << 10                // of a line of standard error, in bytes
	lastWords  = 100 * time.Millisecond // after its end, if others hold its outputs open
	goneWithin = 5 * time.Second        // that a killed one may take
)

// A process is a conversation with a program of this machine's.
type process struct {
	cmd   *exec.Cmd
	in    *os.File
	lines chan line       // of its standard output, until that ends
	owed  map[uint64]bool // ids of messages whose answers did not come in time

	closing chan struct{} // lines that there is no room for are dropped
	exited  chan struct{}
	release func() bool // from its context

	mu     sync.Mutex
	why    error  // it is not asked any more; nil: it is
	reaped bool   // its number may be another's
	last   string // line of its standard error
}

// startProcess starts the command. It is killed when ctx ends. say takes the
// lines of its standard error.
func startProcess(ctx context.Context, c Config, say func(string)) (*process, error) {
	p := &process{
		cmd:   exec.Command(c.Exec[0], c.Exec[1:]...),
		lines: make(chan line, mostLines), owed: map[uint64]bool{},
		closing: make(chan struct{}), exited: make(chan struct{}),
	}
	if _, err := os.Stat(cmp.Or(c.Dir, ".")); err != nil {
		return nil, err // which Start would blame on the command
	}
	p.cmd.Dir, p.cmd.Env, p.cmd.SysProcAttr = c.Dir, environment(os.Environ()), attributes()
	if err := p.start(say); err != nil {
		return nil, err
	}
	p.release = context.AfterFunc(ctx, func() { p.kill(ctx.Err()) })
	return p, nil
}

// start gives the command pipes, and starts it.
func (p *process) start(say func(string)) (err error) {
	var ours, theirs []*os.File
	pipe := func() (r, w *os.File) {
		if err == nil {
			r, w, err = os.Pipe()
		}
		return r, w
	}
	stdin, in := pipe()
	out, stdout := pipe()
	diag, stderr := pipe()
	ours, theirs = []*os.File{in, out, diag}, []*os.File{stdin, stdout, stderr}
	defer func() { closeAll(theirs) }()
	if err == nil {
		p.in, p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = in, stdin, stdout, stderr
		started := make(chan error)
		go p.run(started, out, diag, say)
		err = <-started
	}
	if err != nil {
		closeAll(ours)
	}
	return err
}

func closeAll(files []*os.File) {
	for _, f := range files {
		_ = f.Close() // a nil one is an error
	}
}

// run starts the process and reaps it. It stays on one thread: when that ends,
// the process is killed (see attributes).
func (p *process) run(started chan<- error, out, diag *os.File, say func(string)) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	keepFiles()
	err := p.cmd.Start()
	started <- err
	if err != nil {
		return
	}
	var reading sync.WaitGroup
	reading.Go(func() { p.listen(out) })
	reading.Go(func() { p.overhear(diag, say) })
	p.reap()
	soon := time.Now().Add(lastWords)
	_, _ = out.SetReadDeadline(soon), diag.SetReadDeadline(soon) // others may hold the other ends
	close(p.closing)
	reading.Wait()
	closeAll([]*os.File{p.in, out, diag})
	p.fail(p.ending())
	close(p.exited)
}

// listen takes the lines of standard output.
func (p *process) listen(out *os.File) {
	defer close(p.lines)
	readLines(out, longest, func(l line) bool {
		select {
		case p.lines <- l:
			return true
		default:
		}
		select {
		case p.lines <- l:
			return true
		case <-p.closing:
			return false
		}
	})
}

// overhear passes on the lines of standard error, and keeps the last.
func (p *process) overhear(diag *os.File, say func(string)) {
	readLines(diag, mostStderr, func(l line) bool {
		text := strings.TrimRight(string(l.text), "\r\n")
		if strings.TrimSpace(text) != "" {
			p.mu.Lock()
			p.last = text
			p.mu.Unlock()
		}
		say(text)
		return true
	})
}

// ending says how the process ended, which it has, and its last words.
func (p *process) ending() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	how := "ended: " + p.cmd.ProcessState.String()
	if p.last != "" {
		how += ": " + oneLine(p.last)
	}
	return errors.New(how)
}

// fail notes why the process is not asked any more, if nothing did before.
func (p *process) fail(why error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.why = cmp.Or(p.why, why)
}

func (p *process) broken() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.why
}

// kill ends the process and its group at once.
func (p *process) kill(why error) {
	p.fail(why)
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.reaped {
		_ = killGroup(p.cmd.Process.Pid)
	}
}

// end closes the standard input, and kills what is still there after a while.
func (p *process) end(grace time.Duration) error {
	defer p.release()
	_ = p.in.Close()
	late := time.NewTimer(grace)
	defer late.Stop()
	if grace > 0 {
		select {
		case <-p.exited:
			return nil
		case <-late.C:
		}
	}
	why := fmt.Errorf("did not end within %v after its input, and was killed", grace)
	p.kill(why)
	select {
	case <-p.exited:
	case <-time.After(goneWithin):
		why = fmt.Errorf("process %d does not end, although it was killed", p.cmd.Process.Pid)
	}
	return why
}

// environment is what a program is given of ours: see the package comment.
func environment(ours []string) (env []string) {
	const unbuffered = "PYTHONUNBUFFERED="
	for _, v := range ours {
		if !strings.HasPrefix(v, "TESTBED_") && !strings.HasPrefix(v, unbuffered) {
			env = append(env, v)
		}
	}
	return append(env, unbuffered+"1")
}
