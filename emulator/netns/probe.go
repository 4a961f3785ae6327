//go:build linux

package netns

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/relay"
	"github.com/testbed/testbed/emulator/tc"
	"github.com/testbed/testbed/emulator/thread"
)

// Probe says whether this machine, for this user, has a feature: netns (all
// the namespaces that a world needs), userns (the same without being root),
// veth, relay, tun, or a kind that package tc knows: htb, tbf, netem,
// netem-seed, codel, ifb or ingress.
//
// It is nil if it has; an error that wraps emulator.ErrUnsupported and says
// why if it has not; another error if that could not be found out. It is tried
// in namespaces that end with the process that tries; the program must call
// Main for that.
func Probe(feature string) error {
	cpus, err := thread.CPUs()
	if err != nil {
		return fmt.Errorf("probe %s: %w", feature, err)
	}
	out := &bytes.Buffer{}
	stderr := &tail{to: os.Stderr}
	exited := make(chan error, 1)
	command := func() *exec.Cmd {
		cmd := self(argProbe, feature)
		cmd.Stdout, cmd.Stderr = out, stderr
		return cmd
	}
	var cmd *exec.Cmd
	if feature == "userns" {
		cmd = command()
		isolate(cmd, true)
		err = explain(startOn(cmd, cpus, func(err error) { exited <- err }), true)
	} else {
		cmd, _, err = startIsolated(command, cpus, func(err error) { exited <- err })
	}
	if err != nil {
		return fmt.Errorf("probe %s: %w", feature, err)
	}
	var answer Failure
	if err := errors.Join(<-exited, json.Unmarshal(out.Bytes(), &answer)); err != nil {
		return fmt.Errorf("probe %s: %s: %w", feature, ended(cmd, stderr), err)
	}
	return answer.err()
}

// kinds are those of traffic control that a world may use.
var kinds = []string{"ingress", "htb", "tbf", "netem", "netem-seed", "codel", "ifb"}

// probeMain tries a feature in the namespaces that this process was born in,
// and prints a Failure.
func probeMain(args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("probe: want one feature, got %q", args)
	}
	return json.NewEncoder(os.Stdout).Encode(newFailure(try(args[0])))
}

func try(feature string) error {
	switch feature {
	case "netns", "userns":
		ownProc()
		return refused(prepareRouter())
	case "veth":
		return tryVeth()
	case "relay":
		if err := tryVeth(); err != nil {
			return err
		}
		r, err := relay.Open("a", "b")
		if err != nil {
			return refused(err)
		}
		return r.Close()
	case "tun":
		f, err := createTUN("tun")
		if err != nil {
			return err
		}
		return f.Close()
	}
	if slices.Contains(kinds, feature) {
		return tc.Probe(feature)
	}
	return fmt.Errorf("feature %q: want netns, userns, veth, relay, tun, %s", feature, tc.Kinds)
}

// tryVeth makes a pair of interfaces, a and b.
func tryVeth() error {
	err := netlink.LinkAdd(veth("a", mac(1, macA), "b", mac(1, macB)))
	if errors.Is(err, unix.EOPNOTSUPP) || errors.Is(err, unix.ENODEV) {
		return fmt.Errorf("veth is not in this kernel: %w", emulator.ErrUnsupported)
	}
	if err != nil {
		return refused(err)
	}
	return errors.Join(up("a"), up("b"))
}

// refused makes a lack of rights an answer: no, not here.
func refused(err error) error {
	if errors.Is(err, os.ErrPermission) || errors.Is(err, unix.EROFS) {
		return fmt.Errorf("%w (%w)", err, emulator.ErrUnsupported)
	}
	return err
}
