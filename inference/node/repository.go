package node

import (
	"context"
	"maps"
	"slices"

	"github.com/testbed/testbed/inference/oip"
)

// Ready reports whether requests are taken.
func (n *inference) Ready() bool { return true }

// Index lists the models of the catalogue.
func (n *inference) Index() (all []oip.IndexEntry) {
	for _, name := range slices.Sorted(maps.Keys(n.catalogue)) {
		e := oip.IndexEntry{Name: name, Version: "1", State: oip.StateUnavailable}
		if m, err := n.Metadata(name); err == nil && m.Ready {
			e.State = oip.StateReady
		}
		all = append(all, e)
	}
	return all
}

// Load opens a model for the arm without a name.
func (n *inference) Load(ctx context.Context, name string) error {
	_, loaded := n.loadedOf("")
	if slices.Contains(loaded, name) {
		return nil
	}
	return n.prepare(ctx, PrepareArgs{Models: append(loaded, name)})
}

// Unload frees a model of the arm without a name.
func (n *inference) Unload(ctx context.Context, name string) error {
	_, loaded := n.loadedOf("")
	rest := slices.DeleteFunc(loaded, func(m string) bool { return m == name })
	return n.prepare(ctx, PrepareArgs{Models: rest})
}

func (n *inference) loadedOf(arm string) (held, loaded []string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.arms[arm].names()
}
