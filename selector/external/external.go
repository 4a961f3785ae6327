package external

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"
)

// The time limits where Config has none.
const (
	DefaultTimeout = time.Second
	DefaultBegin   = 30 * time.Second
)

// grace is how long a program may take to end after its input has.
const grace = 2 * time.Second

// A Config says who chooses: Exec or URL, one of them.
type Config struct {
	Name string // in records, errors and before each line of Stderr

	Exec []string // command and arguments; a command without a slash is looked for in PATH
	Dir  string   // that it is started in; empty: the current one

	URL string      // http or https, asked through no proxy; redirects are not followed
	TLS *tls.Config // of https; nil: what the host trusts

	Timeout time.Duration // for a decision; 0: DefaultTimeout
	Begin   time.Duration // to be ready after a start, and for a trial; 0: DefaultBegin

	// Stderr takes the lines of a program's standard error, and what is to be
	// said of the program that no decision can. It is called by one goroutine
	// at a time. Nil drops them.
	Stderr io.Writer
}

// A Program is somebody's selector, ready to choose. Its methods, and those of
// its selectors, are called by one goroutine.
type Program struct {
	c    Config
	ctx  context.Context
	open func() (conversation, error)
	talk conversation // nil: there is none, and down says why
	down error

	id      uint64        // of the last message that was given one
	trial   *trialMessage // of the last Trial; nil: none yet
	revived bool          // in this trial

	saying sync.Mutex
}

// Start starts the program, or asks the server, and returns when it has
// answered. ctx is for as long as it is used: when it ends, decisions fail and
// the program is killed.
func Start(ctx context.Context, c Config) (*Program, error) {
	c.Timeout, c.Begin = cmp.Or(c.Timeout, DefaultTimeout), cmp.Or(c.Begin, DefaultBegin)
	p := &Program{c: c, ctx: ctx}
	err := p.prepare()
	if err == nil {
		err = p.begin()
	}
	if err != nil {
		return nil, fmt.Errorf("selector %s: %w", c.Name, err)
	}
	return p, nil
}

// prepare makes open.
func (p *Program) prepare() error {
	switch {
	case (len(p.c.Exec) > 0) == (p.c.URL != ""):
		return errors.New("want a command or a URL")
	case p.c.URL != "":
		s, err := newServer(p.c)
		p.open = func() (conversation, error) { return s.anew(), nil }
		return err
	}
	p.open = func() (conversation, error) { return startProcess(p.ctx, p.c, p.say) }
	return nil
}

// Close ends the program. The error says that it had to be killed, which
// changes nothing in what it chose.
func (p *Program) Close() error {
	if p.talk == nil {
		return nil
	}
	err := p.talk.end(grace)
	p.talk, p.down = nil, errors.New("it was closed")
	if err != nil {
		return fmt.Errorf("selector %s: %w", p.c.Name, err)
	}
	return nil
}

// say passes on a line of the program, or one about it.
func (p *Program) say(line string) {
	if p.c.Stderr == nil {
		return
	}
	p.saying.Lock()
	defer p.saying.Unlock()
	fmt.Fprintf(p.c.Stderr, "selector %s: %s\n", p.c.Name, line)
}
