//go:build linux

package netns

import (
	"fmt"
	"github.com/testbed/testbed/emulator/thread"
	"time"
)

// A service is the router as net/rpc sees it. An error of the router travels
// in the answer; the error that a method returns would lose its kind.
type service struct{ r *router }

// Start makes the world. It is called once, before all others.
func (s *service) Start(arg SetupArgs, answer *Failure) error {
	*answer = newFailure(s.r.start(arg))
	return nil
}

// Watch answers when something has gone wrong.
func (s *service) Watch(_ struct{}, answer *Failure) error {
	*answer = <-s.r.failed
	return nil
}

// SetLink sets a link.
func (s *service) SetLink(arg LinkArgs, answer *Failure) error {
	s.r.mu.Lock()
	defer s.r.mu.Unlock()
	thread.Collect() // what the link did before is over
	l, err := s.r.link(arg.Link)
	if err == nil {
		err = l.set(arg)
	}
	*answer = newFailure(err)
	return nil
}

// Rewind sets a link at another age.
func (s *service) Rewind(arg RewindArgs, answer *Failure) error {
	s.r.mu.Lock()
	defer s.r.mu.Unlock()
	l, err := s.r.link(arg.Link)
	if err == nil {
		err = l.rewind(arg)
	}
	thread.Collect()
	*answer = newFailure(err)
	return nil
}

// SetLoad sets a background load.
func (s *service) SetLoad(arg LoadArgs, answer *Failure) error {
	s.r.mu.Lock()
	defer s.r.mu.Unlock()
	*answer = newFailure(s.r.setLoad(arg))
	return nil
}

// Status reads every counter.
func (s *service) Status(_ struct{}, answer *Status) error {
	s.r.mu.Lock()
	defer s.r.mu.Unlock()
	*answer = Status{
		Down:  map[string]LinkStatus{},
		Up:    map[string]LinkStatus{},
		Loads: map[string][]LoadStatus{},
	}
	now := time.Now()
	for name, l := range s.r.links {
		down, up, err := l.status(now)
		if err != nil {
			return fmt.Errorf("link of %s: %w", name, err)
		}
		answer.Down[name], answer.Up[name] = down, up
	}
	for name, m := range s.r.members {
		if all := m.load.status(); len(all) > 0 {
			answer.Loads[name] = all
		}
	}
	return nil
}

// Describe says what this machine can do.
func (s *service) Describe(_ struct{}, answer *Abilities) error {
	*answer = findAbilities()
	return nil
}
