package external

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// A conversation is the way to a program or a server.
type conversation interface {
	// call sends a message and returns the answer to it, until ctx ends.
	call(ctx context.Context, id uint64, text []byte) (answer, error)
	// tell sends a message that has no answer.
	tell(ctx context.Context, text []byte) error
	// broken says why nothing can be asked any more; nil: as far as is known,
	// it can.
	broken() error
	// end ends it: a program after at most so long. The error says that it did
	// not end by itself.
	end(grace time.Duration) error
}

// begin opens a conversation, with start and the trial at hand. If it cannot,
// the Program has none.
func (p *Program) begin() (err error) {
	if p.talk, err = p.open(); err != nil {
		p.talk, p.down = nil, err
		return err
	}
	err = p.first(&startMessage{Protocol: Protocol, Timeout: p.c.Timeout})
	if err == nil && p.trial != nil {
		err = p.first(p.trial)
	}
	if err != nil {
		p.drop(err)
	}
	return err
}

// first sends one of the messages with which a program gets ready.
func (p *Program) first(m message) error {
	if _, err := p.ask(m, p.c.Begin); err != nil {
		return fmt.Errorf("%s: %w", m.kind(), err)
	}
	return nil
}

// drop gives the conversation up.
func (p *Program) drop(why error) {
	_ = p.talk.end(0)
	p.talk, p.down = nil, why
}

// ask sends a message with the next id, and returns its answer.
func (p *Program) ask(m message, within time.Duration) (answer, error) {
	if p.talk == nil {
		return answer{}, p.down
	}
	p.id++
	text, err := p.encode(m, p.id)
	if err != nil {
		return answer{}, err
	}
	ctx, cancel := context.WithTimeout(p.ctx, within)
	defer cancel()
	a, err := p.talk.call(ctx, p.id, text)
	switch {
	case p.ctx.Err() != nil:
		return answer{}, p.ctx.Err()
	case errors.Is(err, context.DeadlineExceeded):
		return answer{}, fmt.Errorf("no answer within %v", within)
	case err == nil && a.Error != "":
		return answer{}, fmt.Errorf("it says: %s", oneLine(a.Error))
	}
	return a, err
}

// tell sends a message about that of an id. What cannot be told is said.
func (p *Program) tell(m message, about uint64) {
	text, err := p.encode(m, about)
	if err == nil {
		ctx, cancel := context.WithTimeout(p.ctx, p.c.Timeout)
		defer cancel()
		err = p.talk.tell(ctx, text)
	}
	if err != nil && p.ctx.Err() == nil {
		p.say(fmt.Sprintf("%s: %v", m.kind(), err))
	}
}

// encode makes a line of a message.
func (p *Program) encode(m message, id uint64) ([]byte, error) {
	m.address(head{Type: m.kind(), ID: id, Selector: p.c.Name})
	text, err := json.Marshal(m)
	return append(text, '\n'), err
}

// mend begins a conversation that is broken again, once in a trial.
func (p *Program) mend() {
	if p.talk != nil && p.talk.broken() != nil {
		p.drop(p.talk.broken())
	}
	if p.talk == nil && !p.revived {
		p.revived = true
		p.again()
	}
}

// again begins a conversation that was given up.
func (p *Program) again() {
	if p.ctx.Err() != nil {
		return
	}
	why := p.down
	if err := p.begin(); err != nil {
		p.say(fmt.Sprintf("%v; begun again: %v", why, err))
		return
	}
	p.say(fmt.Sprintf("%v; begun again", why))
}

// next tells the program of the trial at hand. One that cannot be told is begun
// again.
func (p *Program) next() {
	p.revived = false
	if p.talk != nil && p.talk.broken() != nil {
		p.drop(p.talk.broken())
	}
	if p.talk != nil {
		err := p.first(p.trial)
		if err == nil {
			return
		}
		p.drop(err)
	}
	p.again()
}
