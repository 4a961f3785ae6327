package node

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"

	"github.com/testbed/testbed/inference/model"
	"github.com/testbed/testbed/inference/onnx"
)

// A residency is what an arm holds: entries by the SHA-256 of their file.
type residency map[string]*entry

// An entry is a model that an arm holds.
type entry struct {
	name    string
	file    *file   // nil once session is open
	session *shared // nil: not loaded
}

// A shared session is closed with its last user. Arms share only what Prepare
// opens: a session that a request had to open is that arm's experience.
type shared struct {
	*onnx.Session
	users   int
	classes atomic.Int64 // 0: not known; asking the session would wait for its run
}

// share makes a session that was just opened one that arms can hold.
func (n *inference) share(s *onnx.Session) *shared {
	n.opened.Add(1)
	sh := &shared{Session: s, users: 1}
	sh.ran(s.Classes())
	return sh
}

// ran notes how many classes a run told apart.
func (s *shared) ran(classes int) {
	if classes > 0 {
		s.classes.Store(int64(classes))
	}
}

func (s *shared) release() error {
	if s.users--; s.users > 0 {
		return nil
	}
	return s.Close()
}

func (e *entry) release() error {
	if e == nil {
		return nil
	}
	if e.session != nil {
		return e.session.release()
	}
	return e.file.release()
}

func (r residency) release() error {
	var errs []error
	for _, e := range r {
		errs = append(errs, e.release())
	}
	return errors.Join(errs...)
}

// names lists what is held and what is loaded, sorted.
func (r residency) names() (held, loaded []string) {
	for _, e := range r {
		held = append(held, e.name)
		if e.session != nil {
			loaded = append(loaded, e.name)
		}
	}
	slices.Sort(held)
	slices.Sort(loaded)
	return held, loaded
}

// residency returns that of an arm, made if it has none. n.mu is held.
func (n *inference) residency(arm string) residency {
	r := n.arms[arm]
	if r == nil {
		r = make(residency)
		n.arms[arm] = r
	}
	return r
}

// warmRuns is how often a session that Prepare opened is run before its first
// request: the first run of a session allocates what later ones use again.
const warmRuns = 2

// prepare has an arm hold open sessions of exactly args.Models. Files come from
// this machine or a copy kept on it, as far as that can be, and not over the
// network: to prepare is to begin in a known state, not to measure how it came
// about.
func (n *inference) prepare(ctx context.Context, args PrepareArgs) error {
	if err := n.enter(ctx); err != nil {
		return fmt.Errorf("prepare %s: %w", args.Arm, err)
	}
	defer n.endTurn()
	next := make(residency, len(args.Models))
	for _, name := range args.Models {
		m, err := n.lookup(name)
		if err == nil {
			err = ctx.Err()
		}
		if err == nil && next[m.SHA256] == nil {
			var e *entry
			if e, err = n.resident(ctx, m); err == nil {
				next[m.SHA256] = e
			}
		}
		if err != nil {
			n.mu.Lock()
			defer n.mu.Unlock()
			return errors.Join(fmt.Errorf("prepare %s: %w", args.Arm, err), next.release())
		}
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	last := n.arms[args.Arm]
	if n.arms[args.Arm] = next; len(next) == 0 {
		delete(n.arms, args.Arm)
	}
	return last.release()
}

// resident returns an entry of m that is loaded: of the session that any arm
// has, or of a new one. The caller has the turn.
func (n *inference) resident(ctx context.Context, m model.Model) (*entry, error) {
	n.mu.Lock()
	for _, r := range n.arms {
		if e := r[m.SHA256]; e != nil && e.session != nil {
			e.session.users++
			n.mu.Unlock()
			return &entry{name: m.Name, session: e.session}, nil
		}
	}
	n.mu.Unlock()
	f, err := n.files.local(ctx, m)
	if err != nil {
		return nil, err
	}
	session, err := n.open(m, f)
	if err = errors.Join(err, f.release()); err != nil {
		return nil, err
	}
	blank := make([]float32, 3*m.Recipe.Size*m.Recipe.Size)
	for range warmRuns {
		if _, err := session.Run(blank); err != nil {
			return nil, errors.Join(fmt.Errorf("warm %s: %w", m.Name, err), session.Close())
		}
	}
	return &entry{name: m.Name, session: n.share(session)}, nil
}
