//go:build linux

package load

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// readyWithin and beginWithin bound how long a process takes to get ready, to
// which is added what filling memory may take, and to begin.
const (
	readyWithin = 30 * time.Second
	beginWithin = 10 * time.Second
	fillPerGiB  = 10 * time.Second
)

// A Running is a background load.
type Running struct {
	all    []*process
	failed func(error)
	once   sync.Once
}

// Start makes the load and returns when all of it has begun. It begins in all
// processes at the same time. Cross traffic in o.Load is left out; if nothing
// else is asked for, there is no process. An error names the resource, and then
// nothing is left. ctx is for the start alone.
//
// What is asked is the share that the load itself uses. Where others want the
// resource too, it may get less: what is owed is caught up, a second's worth at
// most, but where a level changes it is forgiven but for one period's worth. So
// Achieved and Total say what it got.
func Start(ctx context.Context, o Options) (*Running, error) {
	tasks, err := o.tasks()
	if err != nil {
		return nil, err
	}
	r := &Running{failed: o.Failed}
	for _, t := range tasks {
		p, err := start(t, r.fail)
		if err == nil {
			r.all = append(r.all, p)
			err = p.wait(ctx, p.ready, readyWithin+fillPerGiB*time.Duration(t.Bytes>>30))
		}
		if err != nil {
			return nil, errors.Join(t.wrap(err), r.Stop())
		}
	}
	if err := r.Rewind(o.Since); err != nil {
		return nil, errors.Join(err, r.Stop())
	}
	for _, p := range r.all {
		if err := p.wait(ctx, p.begun, beginWithin); err != nil {
			return nil, errors.Join(p.task.wrap(err), r.Stop())
		}
	}
	return r, nil
}

// wrap says which load an error is of.
func (t task) wrap(err error) error {
	names := map[string]string{CPU: "CPU", Memory: "memory bandwidth", Resident: "resident memory", GPU: "GPU"}
	return fmt.Errorf("background load: %s: %w", names[t.Resource], err)
}

// Rewind goes on with the levels as they stood, or will stand, this long after
// the trial began. It does not wait for the processes, which are told when that
// was. What was asked and achieved goes on being added up.
func (r *Running) Rewind(since time.Duration) error {
	m := moment{At: monotonic(), Since: since}
	for _, p := range r.all {
		if err := p.in.Encode(m); err != nil {
			return p.task.wrap(p.explain(err))
		}
	}
	return nil
}

// Status says how each resource does that is loaded.
func (r *Running) Status() []Status {
	all := make([]Status, len(r.all))
	for i, p := range r.all {
		all[i] = p.status()
	}
	return all
}

// Stop ends the load and returns when it is gone. It may be called again, and of
// a nil Running.
func (r *Running) Stop() (err error) {
	if r == nil {
		return nil
	}
	for _, p := range r.all {
		p.kill()
	}
	for _, p := range r.all {
		err = errors.Join(err, p.gone())
	}
	return err
}

// fail tells who started the load that a process has ended by itself.
func (r *Running) fail(err error) {
	if r.failed != nil {
		r.once.Do(func() { r.failed(err) })
	}
}
