package devices_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"testing"
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/load"
	"github.com/testbed/testbed/emulator/needs"
	"github.com/testbed/testbed/emulator/netns"
	"github.com/testbed/testbed/inference/dataset"
	"github.com/testbed/testbed/inference/model"
	"github.com/testbed/testbed/inference/node"
	"github.com/testbed/testbed/inference/onnx"
	"github.com/testbed/testbed/runner"
	"github.com/testbed/testbed/runner/devices"
	"github.com/testbed/testbed/runner/record"
	"github.com/testbed/testbed/scenarios"
	"github.com/testbed/testbed/selector"
)

const ms = time.Millisecond

// The parts that a process of this test binary can play: as a member of a
// network of namespaces, by its first argument, or as a child of a test, by
// the environment.
const (
	asNode  = "standing-node" // a node of ours that listens
	asFake  = "fake"          // a server that is not ours
	asHost  = "host"          // the machine that runs the testbed
	partEnv = "TESTBED_TEST_PART"
)

func TestMain(m *testing.M) {
	load.Main()
	netns.Main(member)
	switch os.Getenv(partEnv) {
	case asNode:
		exit(stand(os.Getenv("TESTBED_TEST_ADDRESS"), os.Stdout))
	case asHost:
		exit(hold(os.Getenv("TESTBED_TEST_ADDRESS")))
	}
	os.Exit(m.Run())
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// stand is a standing node until it is told to end. When it takes requests it
// tells its address in a line to says.
func stand(address string, says io.Writer) error {
	library, err := onnx.Find()
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	return node.Listen(ctx, node.ListenOptions{Address: address, Name: "stand", Token: token, Library: library,
		Listening: func(a net.Addr) { fmt.Fprintln(says, a) }})
}

// hold takes a node over, has it work, and waits to be killed.
func hold(address string) error {
	world, err := devices.Open(context.Background(), plan("warm", 1, oneNode("http://"+address)), options(nil))
	if err != nil {
		return err
	}
	busy := scenarios.Condition{Background: map[string]emulator.Load{"edge": ofCPUs(0.3)}}
	if _, err := world.Enter(context.Background(), busy, 0); err != nil {
		return err
	}
	fmt.Println("busy")
	select {}
}

// ofCPUs is load of a share of each CPU.
func ofCPUs(share float64) emulator.Load {
	return emulator.Load{CPU: emulator.CPULoad{Level: emulator.Level{Share: share}}}
}

// member is a node of a network of namespaces.
func member(conn net.Conn, args []string) error {
	switch args[0] {
	case asNode:
		return stand(":8801", conn)
	case asFake:
		library, err := onnx.Find()
		if err != nil {
			return err
		}
		f, err := newFake(library, models())
		if err != nil {
			return err
		}
		f.queue = 3 * ms
		l, err := net.Listen("tcp", ":8000")
		if err != nil {
			return err
		}
		fmt.Fprintln(conn, l.Addr())
		return http.Serve(l, f.handler())
	}
	return host(conn)
}

// A job is what the host is to run.
type job struct {
	Plan *scenarios.Plan
	Dir  string // of the run
}

// A result is how it went.
type result struct {
	Err       string
	Described devices.Description
}

// host runs jobs, one after the other, until conn is closed.
func host(conn net.Conn) error {
	in, out := json.NewDecoder(conn), json.NewEncoder(conn)
	for {
		var j job
		if err := in.Decode(&j); err != nil {
			return nil
		}
		var r result
		if err := r.run(j); err != nil {
			r.Err = err.Error()
		}
		if err := out.Encode(r); err != nil {
			return err
		}
	}
}

func (r *result) run(j job) (err error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	images := dataset.NewSigns(dataset.Test, 200_000)
	first, err := images.Sample(0)
	if err != nil {
		return err
	}
	world, err := devices.Open(ctx, j.Plan, options(first.Image))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, world.Close()) }()
	r.Described = world.Describe()
	out, err := record.Create(j.Dir, record.Header{}, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	return runner.Run(ctx, j.Plan, runner.Options{World: world, Dataset: images, Writer: out})
}

// token is what every node of these tests asks for.
const token = "open sesame"

func options(image []byte) devices.Options {
	return devices.Options{Models: models(), Image: image, Tokens: map[string]string{"edge": token}}
}

// models are the smallest two.
func models() []model.Model { return model.Builtin()[:2] }

func oneNode(address string) scenarios.Node {
	return scenarios.Node{Name: "edge", Threads: 1, Address: address}
}

// plan has one condition of a residency and one trial of a warm-up and n pairs,
// under both selectors; the baseline goes first in every other pair.
func plan(residency string, n int, of scenarios.Node) *scenarios.Plan {
	c := scenarios.Condition{ID: residency, Residency: residency, Requests: n, Warmup: 1, Measure: selector.PhaseNames[:]}
	t := scenarios.Trial{}
	for i := range n + 1 {
		t.Samples, t.First = append(t.Samples, i), append(t.First, i%2)
	}
	p := &scenarios.Plan{
		Scenario: scenarios.Scenario{Name: "x", World: "devices", Nodes: []scenarios.Node{of}, Repetitions: 1, Timeout: 30 * time.Second,
			Selectors: []scenarios.Selector{arm("greedy"), arm("advanced")}, Budget: selector.Budget{Absolute: .1, Relative: 1}, Placements: []string{of.Name}},
		Conditions: []scenarios.Condition{c}, Trials: []scenarios.Trial{t},
	}
	for _, m := range models() {
		p.Scenario.Models = append(p.Scenario.Models, scenarios.Model{Name: m.Name})
	}
	return p
}

// arm is a selector of a policy.
func arm(policy string) scenarios.Selector {
	return scenarios.Selector{Config: selector.Config{Name: policy, Policy: policy, Budget: selector.Budget{Absolute: .1, Relative: 1}}}
}

// library is the path of ONNX Runtime, or t is skipped (see needs).
func library(t testing.TB) string {
	t.Helper()
	return needs.ONNX(t, onnx.Find)
}
