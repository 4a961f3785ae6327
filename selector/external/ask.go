package external

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

// call writes a message and reads lines up to its answer. Those to earlier
// messages are late, and dropped; anything else was not asked for.
func (p *process) call(ctx context.Context, id uint64, text []byte) (answer, error) {
	if err := p.tell(ctx, text); err != nil {
		return answer{}, err
	}
	p.owed[id] = true
	for {
		select {
		case l, open := <-p.lines:
			if !open {
				return answer{}, p.silence()
			}
			if a, err := p.read(l, id); err != nil || *a.ID == id {
				return a, err
			}
		case <-ctx.Done():
			return answer{}, ctx.Err()
		}
	}
}

// read reads a line while the answer to id is waited for.
func (p *process) read(l line, id uint64) (answer, error) {
	if l.err != nil {
		return answer{}, l.err
	}
	a, err := decode(l.text)
	switch {
	case err != nil:
		return answer{}, err
	case a.ID == nil:
		return answer{}, fmt.Errorf("answers %s: want the message's id, %d", quote(string(l.text)), id)
	case !p.owed[*a.ID]:
		return answer{}, fmt.Errorf("answers %d, which was answered or never asked, instead of %d", *a.ID, id)
	}
	delete(p.owed, *a.ID)
	return a, nil
}

// tell writes a message. A program that does not read for so long that it does
// not fit into the pipe is killed, as it has a part of it.
func (p *process) tell(ctx context.Context, text []byte) error {
	if err := p.broken(); err != nil {
		return err
	}
	until, _ := ctx.Deadline()
	_ = p.in.SetWriteDeadline(until)
	_, err := p.in.Write(text)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, os.ErrDeadlineExceeded):
		err = errors.New("does not read what it is told, and was killed")
		p.kill(err)
		return err
	}
	return p.silence()
}

// silence says why a program neither reads nor writes. One that lives is
// killed: it closed what it is spoken to by.
func (p *process) silence() error {
	select {
	case <-p.exited:
	case <-time.After(10 * lastWords):
		p.kill(errors.New("closed its standard input or output, and was killed"))
	}
	return p.broken()
}
