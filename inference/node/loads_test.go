package node

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"sync"
	"testing"

	"github.com/testbed/testbed/inference/model"
	"github.com/testbed/testbed/inference/oip"
)

func states(n *inference) (all []oip.State) {
	for _, e := range n.Index() {
		all = append(all, e.State)
	}
	return all
}

// TestOneLoadForMany: twenty that ask at once for one model open one session,
// and another model's load is not lost beside it.
func TestOneLoadForMany(t *testing.T) {
	n, m := alone(t, Config{})
	other := n.Index()[1].Name
	if other == m.Name {
		other = n.Index()[0].Name
	}
	n.turn <- struct{}{} // so that all are there before the first begins
	var wg sync.WaitGroup
	for i := range 40 {
		name := m.Name
		if i%2 == 0 {
			name = other
		}
		wg.Go(func() {
			if err := n.Load(context.Background(), name); err != nil {
				t.Error(err)
			}
		})
	}
	for !slices.Equal(states(n), []oip.State{oip.StateLoading, oip.StateLoading}) {
	}
	n.endTurn()
	wg.Wait()
	if got := n.opened.Load(); got != 2 {
		t.Errorf("%d sessions were opened, want 2", got)
	}
	if got := states(n); !slices.Equal(got, []oip.State{oip.StateReady, oip.StateReady}) {
		t.Errorf("states %v", got)
	}
	if err := n.Load(t.Context(), m.Name); err != nil || n.opened.Load() != 2 {
		t.Errorf("to load what is loaded: %v, %d sessions", err, n.opened.Load())
	}
}

// TestLoadOutlivesWhoAsked: one who goes away gets his error; the model is
// loaded for the others.
func TestLoadOutlivesWhoAsked(t *testing.T) {
	n, m := alone(t, Config{})
	n.turn <- struct{}{}
	ctx, cancel := context.WithCancel(t.Context())
	first, second := make(chan error, 1), make(chan error, 1)
	go func() { first <- n.Load(ctx, m.Name) }()
	for !slices.Contains(states(n), oip.StateLoading) {
	}
	go func() { second <- n.Load(context.Background(), m.Name) }()
	cancel()
	if err := <-first; !errors.Is(err, context.Canceled) {
		t.Errorf("who went away: %v", err)
	}
	n.endTurn()
	if err := <-second; err != nil {
		t.Error(err)
	}
}

// TestUnloadDrains: requests that came before it are answered by the session
// that it then frees; its error would else be theirs.
func TestUnloadDrains(t *testing.T) {
	n, m := alone(t, Config{})
	if err := n.Load(t.Context(), m.Name); err != nil {
		t.Fatal(err)
	}
	n.turn <- struct{}{}
	var before []<-chan error
	for i := range 3 {
		before = append(before, ask(n, m))
		inside(t, &n.door, i+1)
	}
	unloaded := make(chan error, 1)
	go func() { unloaded <- n.Unload(t.Context(), m.Name) }()
	for !slices.Contains(states(n), oip.StateUnloading) {
	}
	n.endTurn()
	for _, b := range before {
		if err := <-b; err != nil {
			t.Errorf("a request that was there before: %v", err)
		}
	}
	if err := <-unloaded; err != nil {
		t.Error(err)
	}
	if got := n.opened.Load(); got != 1 {
		t.Errorf("%d sessions were opened, want 1", got)
	}
	if slices.Contains(states(n), oip.StateReady) {
		t.Errorf("states %v after the unload", states(n))
	}
	if err := n.Unload(t.Context(), m.Name); err != nil {
		t.Errorf("to unload what is not loaded: %v", err)
	}
	if err := n.Unload(t.Context(), "no-such"); status(err) != http.StatusNotFound {
		t.Errorf("to unload what there is not: %v", err)
	}
}

// TestVacate: what a runner needs is given up, nobody gets in, and no load that
// was on its way takes it.
func TestVacate(t *testing.T) {
	n, m := alone(t, Config{})
	if err := n.Load(t.Context(), m.Name); err != nil {
		t.Fatal(err)
	}
	loaded, err := n.vacate(t.Context())
	if err != nil || !slices.Equal(loaded, []string{m.Name}) {
		t.Errorf("vacate: %v, %v; want that %s was loaded", loaded, err, m.Name)
	}
	if n.Ready() || len(n.arms) != 0 {
		t.Errorf("ready: %v; %d arms hold something", n.Ready(), len(n.arms))
	}
	if err := <-ask(n, m); status(err) != http.StatusServiceUnavailable {
		t.Errorf("a request: %v, want 503", err)
	}
	if err := n.Load(t.Context(), m.Name); status(err) != http.StatusServiceUnavailable || n.opened.Load() != 1 {
		t.Errorf("a load: %v, want 503", err)
	}
}

// TestUnverifiedIsNotLoaded: a file on the disk that is not what it was said to
// be is not run by anybody.
func TestUnverifiedIsNotLoaded(t *testing.T) {
	n, m := alone(t, Config{})
	wrong := n.files.own[m.SHA256]
	other := model.Builtin()[1]
	wrong.Name = other.Name // the other's bytes for this hash
	wrong.Bytes = other.Bytes
	n.files.own[m.SHA256] = wrong
	if err := n.Load(t.Context(), m.Name); err == nil || n.opened.Load() != 0 {
		t.Errorf("load: %v, %d sessions", err, n.opened.Load())
	}
	if err := n.prepare(t.Context(), PrepareArgs{Arm: "a", Models: []string{m.Name}}); err == nil || n.opened.Load() != 0 {
		t.Errorf("prepare: %v, %d sessions", err, n.opened.Load())
	}
	if err := <-ask(n, m); err == nil || n.opened.Load() != 0 {
		t.Errorf("request: %v, %d sessions", err, n.opened.Load())
	}
}
