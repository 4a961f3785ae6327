package node

import (
	"context"
	"maps"
	"slices"

	"github.com/testbed/testbed/inference/oip"
)

// anybody is the arm of a request that names none, and of the repository
// extension, which knows no arms.
const anybody = ""

// Ready reports whether requests are taken.
func (n *inference) Ready() bool { return n.door.isOpen() }

// Index lists the models of the catalogue.
func (n *inference) Index() (all []oip.IndexEntry) {
	for _, name := range slices.Sorted(maps.Keys(n.catalogue)) {
		e := oip.IndexEntry{Name: name, Version: "1", State: oip.StateUnavailable}
		if m, err := n.Metadata(name); err == nil && m.Ready {
			e.State = oip.StateReady
		}
		n.mu.Lock()
		if s, ok := n.changes[name]; ok {
			e.State = s
		}
		n.mu.Unlock()
		all = append(all, e)
	}
	return all
}

// Load opens and warms a model for anybody. Those who ask while it is being
// loaded get what comes of that, and it goes on when all of them have gone.
func (n *inference) Load(ctx context.Context, name string) error {
	m, err := n.lookup(name)
	if err != nil {
		return err
	}
	loaded := n.loads.DoChan(name, func() (any, error) {
		return nil, n.change(n.life, name, oip.StateLoading, func(r residency) error {
			e, err := n.resident(n.life, m) // which is the session that is there, if one is
			if err != nil {
				return err
			}
			n.mu.Lock()
			defer n.mu.Unlock()
			last := r[m.SHA256]
			r[m.SHA256] = e
			return last.release()
		})
	})
	select {
	case r := <-loaded:
		return r.Err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Unload frees a model that anybody had loaded, after those who asked for it
// before.
func (n *inference) Unload(ctx context.Context, name string) error {
	m, err := n.lookup(name)
	if err != nil {
		return err
	}
	return n.change(ctx, name, oip.StateUnloading, func(r residency) error {
		n.mu.Lock()
		defer n.mu.Unlock()
		e := r[m.SHA256]
		delete(r, m.SHA256)
		return e.release()
	})
}

// change does something to what anybody's arm holds of a model, when the turn
// comes. Until it is done, the model is in this state.
func (n *inference) change(ctx context.Context, name string, s oip.State, do func(residency) error) error {
	n.mu.Lock()
	n.changes[name] = s
	n.mu.Unlock()
	defer func() {
		n.mu.Lock()
		delete(n.changes, name)
		n.mu.Unlock()
	}()
	if err := n.enter(ctx); err != nil {
		return err
	}
	defer n.endTurn()
	if !n.door.isOpen() { // who holds the node now did not ask
		return n.door.refuse()
	}
	n.mu.Lock()
	r := n.residency(anybody)
	n.mu.Unlock()
	return do(r)
}
