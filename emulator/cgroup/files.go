//go:build linux

package cgroup

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// A kernel is what changes groups: the machine's, or one of a test.
type kernel interface {
	mkdir(dir string) error
	remove(dir string) error
	write(file, text string) error
}

// machine is the kernel that this program runs on.
type machine struct{}

func (machine) mkdir(dir string) error  { return os.Mkdir(dir, 0o755) }
func (machine) remove(dir string) error { return unix.Rmdir(dir) }

func (machine) write(file, text string) error {
	f, err := os.OpenFile(file, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}

// words are those of a file, such as cgroup.controllers; none if it cannot be
// read.
func words(dir, file string) []string {
	text, err := os.ReadFile(filepath.Join(dir, file))
	if err != nil {
		return nil
	}
	return strings.Fields(string(text))
}

// number reads a file of one number; "max" is -1.
func number(dir, file string) (int64, error) {
	all := words(dir, file)
	if len(all) == 1 && all[0] == "max" {
		return -1, nil
	}
	if len(all) != 1 {
		return 0, fmt.Errorf("%s: want one number, got %q", filepath.Join(dir, file), all)
	}
	n, err := strconv.ParseInt(all[0], 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", filepath.Join(dir, file), err)
	}
	return n, nil
}

// table reads a file of names and numbers, one pair a line, such as cpu.stat.
func table(dir, file string) (map[string]int64, error) {
	text, err := os.ReadFile(filepath.Join(dir, file))
	if err != nil {
		return nil, err
	}
	all := map[string]int64{}
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		n, err := strconv.ParseInt(value, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("%s: %q: want a name and a number", filepath.Join(dir, file), line)
		}
		all[name] = n
	}
	return all, nil
}

// list is a set of CPUs as the kernel reads it.
func list(cpus []int) string {
	all := make([]string, len(cpus))
	for i, cpu := range cpus {
		all[i] = strconv.Itoa(cpu)
	}
	return strings.Join(all, ",")
}

// parseList reads a set of CPUs as the kernel writes it, such as 0-2,7.
func parseList(text string) (cpus []int, err error) {
	for part := range strings.SplitSeq(strings.TrimSpace(text), ",") {
		if part == "" {
			continue
		}
		first, last, ranged := strings.Cut(part, "-")
		if !ranged {
			last = first
		}
		a, errA := strconv.Atoi(first)
		b, errB := strconv.Atoi(last)
		if err := errors.Join(errA, errB); err != nil {
			return nil, fmt.Errorf("CPUs %q: %w", text, err)
		}
		for cpu := a; cpu <= b; cpu++ {
			cpus = append(cpus, cpu)
		}
	}
	slices.Sort(cpus)
	return slices.Compact(cpus), nil
}
