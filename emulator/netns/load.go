//go:build linux

package netns

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"reflect"
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/load"
	"github.com/testbed/testbed/emulator/traffic"
)

// The resources of cross traffic, as LoadStatus names them; package load has
// those of the others.
const (
	trafficDown = "traffic-down"
	trafficUp   = "traffic-up"
)

// A background is the load of a node: processes of their own, so that they
// compete with it as any others would.
type background struct {
	asked    emulator.Load
	node     *load.Running    // nil: none of CPU, memory and GPU
	down, up *traffic.Running // nil: none
}

// loadTimeout is how long a load may take to begin: it may have to measure what
// it takes a share of.
const loadTimeout = 60 * time.Second

// setLoad makes the load of a node what is asked. What is as before is left to
// go on; the rest begins afresh, and owes nothing for what was there.
func (r *router) setLoad(ask LoadArgs) error {
	m, err := r.member(ask.Node)
	if err != nil {
		return err
	}
	if err := r.checkLoad(m, ask); err != nil {
		return err
	}
	if ask.Same {
		return m.load.rewind(ask.Since)
	}
	ctx, cancel := context.WithTimeout(context.Background(), loadTimeout)
	defer cancel()
	b := &m.load
	err = errors.Join(
		r.setNodeLoad(ctx, m, ask.Load),
		r.setTraffic(ctx, &b.down, b.asked.Down, ask.Load.Down, r.way(r.setup.Config.Peer, ask.Node)),
		r.setTraffic(ctx, &b.up, b.asked.Up, ask.Load.Up, r.way(ask.Node, r.setup.Config.Peer)),
	)
	if err != nil {
		// Half a load must not pass for one.
		return errors.Join(err, b.end())
	}
	b.asked = ask.Load
	// To begin takes each its time; from here on they go together.
	return b.rewind(ask.Since)
}

// checkLoad says what is wrong with a load that is asked for.
func (r *router) checkLoad(m *member, ask LoadArgs) error {
	l := ask.Load
	if err := l.Check(); err != nil {
		return err
	}
	peer := r.setup.Config.Peer
	switch crosses := !l.Down.IsZero() || !l.Up.IsZero(); {
	case ask.Since < 0:
		return fmt.Errorf("%v after its begin: want 0 or more", ask.Since)
	case crosses && peer == "":
		return errors.New("cross traffic: this world has no node at the other end")
	case crosses && r.layout.site(m.Name).name == r.layout.site(peer).name:
		return fmt.Errorf("cross traffic with %s, which is at the same site: there is no link between them", peer)
	}
	return nil
}

// setNodeLoad does so for what is loaded of the node itself.
func (r *router) setNodeLoad(ctx context.Context, m *member, l emulator.Load) (err error) {
	b := &m.load
	was := b.asked
	l.Down, l.Up, was.Down, was.Up = emulator.Traffic{}, emulator.Traffic{}, emulator.Traffic{}, emulator.Traffic{}
	if b.node != nil && reflect.DeepEqual(was, l) {
		return nil
	}
	if b.node != nil {
		err, b.node = b.node.Stop(), nil
	}
	if err != nil || l.IsZero() {
		return err
	}
	b.node, err = load.Start(ctx, load.Options{Load: l, CPUs: m.cpus, Place: m.place, Failed: func(err error) {
		r.fail(fmt.Errorf("node %s: %w", m.Name, err))
	}})
	return err
}

// A way is from one node to another.
type way struct{ from, to *member }

// way returns that between nodes; of one that there is not, nothing is asked.
func (r *router) way(from, to string) way { return way{r.members[from], r.members[to]} }

// setTraffic does so for cross traffic that goes a way.
func (r *router) setTraffic(ctx context.Context, running **traffic.Running, was, ask emulator.Traffic, w way) (err error) {
	if *running != nil && reflect.DeepEqual(was, ask) {
		return nil
	}
	if *running != nil {
		err, *running = (*running).Stop(), nil
	}
	if err != nil || ask.IsZero() {
		return err
	}
	*running, err = traffic.Start(ctx, traffic.Options{
		Traffic:  ask,
		Addr:     nodeIP(r.layout.places[w.to.Name]).String(),
		Sender:   r.beside(w.from),
		Receiver: r.beside(w.to),
		Failed:   func(err error) { r.fail(fmt.Errorf("from %s to %s: %w", w.from.Name, w.to.Name, err)) },
	})
	return err
}

// beside starts processes in the network namespace of a node, but not on its
// CPUs: they stand for others who use its link.
func (r *router) beside(m *member) traffic.Spawn {
	return func(p traffic.Process) (kill func(), err error) {
		cmd := self(p.Args...)
		stderr := &tail{prefix: m.Name + ": ", to: os.Stderr}
		cmd.Stdin, cmd.Stdout, cmd.Stderr = p.Stdin, p.Stdout, stderr
		err = startIn(cmd, m.proc.cmd.Process.Pid, r.setup.Own, func(err error) {
			var status *exec.ExitError
			if err == nil || errors.As(err, &status) {
				err = errors.New(ended(cmd, stderr))
			}
			p.Exited(err)
		})
		return func() { _ = cmd.Process.Kill() }, err // it may have ended
	}
}

// rewind has all that varies go on as it is so long after its begin.
func (b *background) rewind(since time.Duration) (err error) {
	l := b.asked
	if b.node != nil && (l.CPU.Over != nil || l.Memory.Over != nil || l.GPU.Over != nil) {
		err = b.node.Rewind(since)
	}
	if b.down != nil && l.Down.Over != nil {
		err = errors.Join(err, b.down.Rewind(since))
	}
	if b.up != nil && l.Up.Over != nil {
		err = errors.Join(err, b.up.Rewind(since))
	}
	return err
}

// end ends all of the load.
func (b *background) end() (err error) {
	if b.node != nil {
		err = b.node.Stop()
	}
	for _, t := range []*traffic.Running{b.down, b.up} {
		if t != nil {
			err = errors.Join(err, t.Stop())
		}
	}
	*b = background{}
	return err
}

// status says what is asked and achieved; nothing where there is no load.
func (b *background) status() (all []LoadStatus) {
	if b.node != nil {
		for _, s := range b.node.Status() {
			all = append(all, LoadStatus{
				Resource: s.Resource, Asked: s.Asked, Achieved: s.Achieved, AskedTotal: s.AskedTotal, Total: s.Total,
				Bps: s.Bps, Late: s.Late, Busy: s.Busy,
			})
		}
	}
	for _, of := range []struct {
		name string
		*traffic.Running
	}{{trafficDown, b.down}, {trafficUp, b.up}} {
		if of.Running != nil {
			s := of.Status()
			all = append(all, LoadStatus{
				Resource: of.name, Asked: s.Asked, Achieved: s.Achieved, AskedTotal: s.AskedTotal, Total: s.Total,
				Bps: float64(s.Bps),
			})
		}
	}
	return all
}
