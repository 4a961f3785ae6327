package node

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"sync"
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/load"
)

// LoadArgs asks an inference node for background load. What varies over time
// stands as it does Since after its begin.
type LoadArgs struct {
	Load  emulator.Load
	Since time.Duration
}

// check says what of args nobody here can give.
func (a LoadArgs) check() error {
	if err := a.Load.Check(); err != nil {
		return err
	}
	if !a.Load.Down.IsZero() || !a.Load.Up.IsZero() {
		return errors.New("cross traffic: it takes an emulated link, and this node is on a real network")
	}
	return nil
}

// A background is the load of a node by others than its inference: processes
// beside it, so that they compete with it as any other program does. The zero
// background is none.
type background struct {
	mu      sync.Mutex
	load    emulator.Load
	running *load.Running // nil: none

	failed struct {
		sync.Mutex
		err error // why the load that runs has ended by itself
	}
}

// set replaces the load. The new one begins afresh: it owes nothing for the old
// one. The same load goes on; if it varies, as it stands args.Since after its
// begin.
func (b *background) set(ctx context.Context, args LoadArgs) error {
	if err := args.check(); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.running != nil && b.broken() == nil && reflect.DeepEqual(b.load, args.Load) {
		if !args.Load.Varies() {
			return nil
		}
		return b.running.Rewind(args.Since)
	}
	if err := b.stop(); err != nil || args.Load.IsZero() {
		return err
	}
	b.fail(nil)
	running, err := load.Start(ctx, load.Options{Load: args.Load, Since: args.Since, Failed: b.fail})
	if err != nil {
		return err
	}
	b.running, b.load = running, args.Load
	return nil
}

// stop returns when there is no load. b.mu is held.
func (b *background) stop() error {
	running := b.running
	b.running, b.load = nil, emulator.Load{}
	return running.Stop()
}

// end is stop for who does not hold b.mu.
func (b *background) end() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.stop()
}

// fail notes that the load has ended, which it should not.
func (b *background) fail(err error) {
	b.failed.Lock()
	defer b.failed.Unlock()
	b.failed.err = err
}

func (b *background) broken() error {
	b.failed.Lock()
	defer b.failed.Unlock()
	return b.failed.err
}

// status says what the load does. The error says that it has ended.
func (b *background) status() ([]load.Status, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.running == nil {
		return nil, nil
	}
	if err := b.broken(); err != nil {
		return nil, fmt.Errorf("status: %w", err)
	}
	return b.running.Status(), nil
}
