package node

import (
	"context"
	"net/http"
	"sync"

	"github.com/testbed/testbed/inference/oip"
)

// defaultQueueLimit is how many requests may wait where Config does not say.
const defaultQueueLimit = 64

// A door lets requests in: as many as may wait, and one more, which is being
// answered.
type door struct {
	node  string // its name, for errors
	limit int

	mu     sync.Mutex
	inside int
	closed bool
	empty  chan struct{} // closed when the last leaves a closed door; nil: nobody waits for that
}

// enter lets a request in, which calls leave when it is answered. The error is
// one of 503.
func (d *door) enter() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.closed:
		return d.refuse()
	case d.inside > d.limit:
		return oip.Errorf(http.StatusServiceUnavailable, "node %s: the queue is full: %d requests wait", d.node, d.limit)
	}
	d.inside++
	return nil
}

// refuse is the error of one who comes to a closed door.
func (d *door) refuse() error {
	return oip.Errorf(http.StatusServiceUnavailable, "node %s takes no requests now: it is being stopped, or a runner has it", d.node)
}

func (d *door) leave() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.inside--; d.inside == 0 && d.empty != nil {
		close(d.empty)
		d.empty = nil
	}
}

// shut lets no more requests in, and waits until those inside have left or ctx
// ends.
func (d *door) shut(ctx context.Context) error {
	d.mu.Lock()
	d.closed = true
	if d.inside == 0 {
		d.mu.Unlock()
		return nil
	}
	if d.empty == nil {
		d.empty = make(chan struct{})
	}
	empty := d.empty
	d.mu.Unlock()
	select {
	case <-empty:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (d *door) open() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closed = false
}

func (d *door) isOpen() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return !d.closed
}
