//go:build linux

package cgroup

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// takeLock takes a group's lock, which is that of its directory: its maker has
// it for as long as it lives, so that whoever gets it knows that the maker is
// gone, whatever numbers processes have in their namespaces.
func takeLock(dir string) (*os.File, error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		return nil, errors.Join(fmt.Errorf("lock %s: %w", dir, err), f.Close())
	}
	// One that was removed since it was opened has a lock too.
	if _, err := os.Stat(dir); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// goneWithin is how long killed processes may take to end: those that a quota
// holds back end in its next period.
const goneWithin = 5 * time.Second

// removeAll kills what is in groups and removes them, the last one first. One
// that is not there is as good as removed.
func removeAll(k kernel, dirs []string) (err error) {
	for _, dir := range slices.Backward(dirs) {
		err = errors.Join(err, remove(k, dir))
	}
	return err
}

// prefix begins the name of every group that is made here.
const prefix = "testbed."

// ourName matches the groups of Make, and nothing that others would make: units
// of systemd end with what they are.
var ourName = regexp.MustCompile(`^testbed\.[a-z0-9-]+\.[0-9a-f]{16}$`)

// ours says that a group was made here, or is below one that was. No other is
// ever emptied, whatever led to it: a group above ours is where the whole machine
// may be.
func ours(dir string) bool {
	return slices.ContainsFunc(strings.Split(dir, "/"), ourName.MatchString)
}

// remove kills what is in a group and removes it.
func remove(k kernel, dir string) error {
	if !ours(dir) {
		return fmt.Errorf("remove %s: not a group of this program", dir)
	}
	var err error
	for end := time.Now().Add(goneWithin); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		err = k.remove(dir)
		if err == nil || errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if !errors.Is(err, unix.EBUSY) {
			break
		}
		if err := kill(k, dir); err != nil {
			return err
		}
	}
	return fmt.Errorf("remove %s: %w", dir, err)
}

// kill kills what is in a group, and in groups that were made below it.
func kill(k kernel, dir string) error {
	below, err := os.ReadDir(dir)
	if err != nil {
		return nil // it is gone
	}
	for _, e := range below {
		if e.IsDir() {
			if err := remove(k, filepath.Join(dir, e.Name())); err != nil {
				return err
			}
		}
	}
	for _, word := range words(dir, "cgroup.procs") {
		pid, err := strconv.Atoi(word)
		switch {
		case err != nil:
			return fmt.Errorf("%s/cgroup.procs: %w", dir, err)
		case pid == 0:
			return fmt.Errorf("%s: has processes that are not in this PID namespace", dir)
		case pid == os.Getpid():
			return fmt.Errorf("%s: this process is in it", dir)
		}
		if err := unix.Kill(pid, unix.SIGKILL); err != nil && !errors.Is(err, unix.ESRCH) {
			return fmt.Errorf("%s: process %d: %w", dir, pid, err)
		}
	}
	return nil
}
