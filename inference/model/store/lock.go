package store

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// noFollow opens no link: nothing in a store is one.
const noFollow = unix.O_NOFOLLOW

// lock takes the store's lock, which every change of what can be seen is made
// under. It waits until ctx ends. It is the kernel's: a process that dies lets
// it go.
func (s *Store) lock(ctx context.Context) (unlock func(), err error) {
	if err := s.makeFolders(); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(filepath.Join(s.dir, "lock"), os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	if err := waitLock(ctx, f); err != nil {
		f.Close()
		return nil, fmt.Errorf("store: %w", err)
	}
	return func() { f.Close() }, nil
}

// waitLock locks f for this process alone. It asks again and again: waiting in
// the kernel could not end with the context.
func waitLock(ctx context.Context, f *os.File) error {
	for {
		ok, err := tryLock(f)
		if ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s is in use by another process: %w", f.Name(), ctx.Err())
		case <-time.After(5 * time.Millisecond):
		}
	}
}

func tryLock(f *os.File) (bool, error) {
	for {
		err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		switch err {
		case nil:
			return true, nil
		case unix.EWOULDBLOCK:
			return false, nil
		case unix.EINTR:
			continue
		}
		return false, fmt.Errorf("lock %s: %w", f.Name(), err)
	}
}
