//go:build linux

package netns

import (
	"errors"
	"io/fs"
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/cgroup"
)

// What World and router say to each other, by net/rpc over a socket that the
// router is born with. Its end is the router's end.

// A SetupArgs is what the router makes a world from.
type SetupArgs struct {
	Config Config
	CPUs   []int                   // all that may be used
	Places map[string]cgroup.Place // of nodes with a quota that holds
	Own    []int                   // those that the router runs on
}

// A LinkArgs asks for both directions of the link of a node or pair.
type LinkArgs struct {
	Link     string
	Down, Up emulator.Link
	Seed     uint64
	Engine   string // relay or tc; empty: as the world was asked for
}

// A RewindArgs asks for a link at another age. Same says that the links are
// those that it has, and not sent again: they can be long.
type RewindArgs struct {
	LinkArgs
	Same  bool
	Since time.Duration
}

// A LoadArgs asks for a node's background load, as it is when it was asked for
// so long ago; the zero Load ends it. Same says that it is the one that the node
// has, which is not sent again.
type LoadArgs struct {
	Node  string
	Load  emulator.Load
	Same  bool
	Since time.Duration
}

// A Failure is an error that crosses the wire without losing that it was
// emulator.ErrUnsupported, or a lack of rights. The zero Failure is none.
type Failure struct {
	Message                string
	Unsupported, Forbidden bool
}

func newFailure(err error) Failure {
	if err == nil {
		return Failure{}
	}
	return Failure{
		Message:     err.Error(),
		Unsupported: errors.Is(err, emulator.ErrUnsupported),
		Forbidden:   errors.Is(err, fs.ErrPermission),
	}
}

func (f Failure) err() error {
	if f.Message == "" {
		return nil
	}
	return remoteError(f)
}

// A remoteError is a Failure at the side that asked.
type remoteError Failure

func (e remoteError) Error() string { return e.Message }

func (e remoteError) Is(target error) bool {
	return e.Unsupported && target == emulator.ErrUnsupported ||
		e.Forbidden && target == fs.ErrPermission
}

// startTimeout is how long a node may take from its start until its network is
// ready. It is some hundred times what it takes.
const startTimeout = 20 * time.Second

// closeTimeout is how long Close waits for the kernel to end everything
// before it says that it did not.
const closeTimeout = 10 * time.Second
