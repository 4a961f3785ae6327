//go:build linux

package netns

import (
	"errors"
	"testing"

	"github.com/testbed/testbed/emulator"
)

func TestStrict(t *testing.T) {
	no := errors.New("SCHED_FIFO: operation not permitted")
	pinned := []Node{{CPUs: []int{0}}, {CPUs: []int{1, 2}}}
	for _, tt := range []struct {
		name     string
		strict   bool
		nodes    []Node
		own      []int
		realtime error
		want     string
	}{
		{"not asked", false, pinned, []int{0}, no, ""},
		{"real time", true, pinned, []int{0}, nil, ""},
		{"a CPU to itself", true, pinned, []int{3}, no, ""},
		{"CPUs to itself", true, pinned, []int{3, 4}, no, ""},
		{"one of its CPUs is a node's", true, pinned, []int{2, 3}, no, "strict: other load can hold the relay up: " +
			"no SCHED_FIFO: operation not permitted, and nodes run on its CPUs [2 3]: " +
			"run as root, or leave a CPU that no node runs on (not supported on this machine)"},
		{"a node that may run anywhere", true, []Node{{}}, []int{3}, no, "strict: other load can hold the relay up: " +
			"no SCHED_FIFO: operation not permitted, and nodes run on its CPUs [3]: " +
			"run as root, or leave a CPU that no node runs on (not supported on this machine)"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := SetupArgs{Config: Config{Strict: tt.strict, Nodes: tt.nodes}, Own: tt.own}
			err := s.strict(func() error { return tt.realtime })
			if tt.want == "" {
				if err != nil {
					t.Errorf("error %v, want none", err)
				}
				return
			}
			if err == nil || err.Error() != tt.want || !errors.Is(err, emulator.ErrUnsupported) {
				t.Errorf("error %v, want %s", err, tt.want)
			}
		})
	}
}
