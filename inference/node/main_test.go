package node_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/testbed/testbed/emulator/load"
	"github.com/testbed/testbed/inference/model"
	"github.com/testbed/testbed/inference/node"
	"github.com/testbed/testbed/inference/onnx"
)

// Variables by which the test binary is a node of its own, for tests that kill
// one or look at its memory.
const (
	envListen = "NODE_TEST_LISTEN" // 1: be a standing node
	envModel  = "NODE_TEST_MODEL"  // file of a model to serve as "big", 3x224x224; empty: none
	envReexec = "NODE_TEST_REEXEC" // 1: print the environment of malloc, by Reexec
)

// TestMain lets the test binary be a background load and a standing node.
func TestMain(m *testing.M) {
	load.Main()
	if os.Getenv(envReexec) != "" {
		if err := node.Reexec(); err != nil {
			fmt.Println(err)
		}
		for _, v := range os.Environ() {
			if strings.HasPrefix(v, "MALLOC_") {
				fmt.Println(v)
			}
		}
		return
	}
	if os.Getenv(envListen) == "" {
		os.Exit(m.Run())
	}
	if err := beNode(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func beNode() error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	lib, err := onnx.Find()
	if err != nil {
		return err
	}
	o := node.ListenOptions{Address: "127.0.0.1:0", Name: "child", Library: lib, Threads: 1, Models: model.Builtin(),
		Listening: func(at net.Addr) { fmt.Println(at) }}
	if file := os.Getenv(envModel); file != "" {
		big, err := model.FromFile(file, model.Model{Name: "big", Recipe: imagenet})
		if err != nil {
			return err
		}
		o.Models = []model.Model{big}
	}
	return node.Listen(ctx, o)
}

var imagenet = model.Recipe{Resize: 256, Size: 224, Mean: [3]float32{0.485, 0.456, 0.406}, Std: [3]float32{0.229, 0.224, 0.225}}

// child starts this binary as a standing node, with env, and returns it and its
// address.
func child(t *testing.T, env ...string) (*exec.Cmd, string) {
	t.Helper()
	library(t)
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(withoutMalloc(), append(env, envListen+"=1")...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill() // it may have ended
		cmd.Wait()
	})
	lines := bufio.NewScanner(out)
	if !lines.Scan() {
		t.Fatal("the node said nothing")
	}
	return cmd, lines.Text()
}

func ofMalloc(v string) bool { return strings.HasPrefix(v, "MALLOC_") }

// withoutMalloc is the environment without settings of malloc; withMalloc are
// those.
func withoutMalloc() []string { return slices.DeleteFunc(os.Environ(), ofMalloc) }

func withMalloc() []string {
	return slices.DeleteFunc(os.Environ(), func(v string) bool { return !ofMalloc(v) })
}

// A standingNode is one in this process.
type standingNode struct {
	url  string
	stop func() // returns when it has ended
}

// listen runs a standing node in this process until the test ends.
func listen(t *testing.T, o node.ListenOptions) standingNode {
	t.Helper()
	o.Library = library(t)
	if o.Address == "" {
		o.Address = "127.0.0.1:0"
	}
	if o.Models == nil {
		o.Models = model.Builtin()[:2]
	}
	if o.Name == "" {
		o.Name = "edge"
	}
	ctx, cancel := context.WithCancel(context.Background())
	at, ended := make(chan net.Addr, 1), make(chan error, 1)
	o.Listening = func(a net.Addr) { at <- a }
	go func() { ended <- node.Listen(ctx, o) }()
	scheme := "http"
	if o.CertFile != "" {
		scheme = "https"
	}
	stopped := false
	stop := func() {
		t.Helper()
		cancel()
		if stopped {
			return
		}
		stopped = true
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("Listen: %v", err)
			}
		case <-time.After(60 * time.Second):
			t.Error("Listen did not return")
		}
	}
	t.Cleanup(stop)
	select {
	case a := <-at:
		return standingNode{scheme + "://" + a.String(), stop}
	case err := <-ended:
		stopped = true
		t.Fatalf("Listen: %v", err)
	}
	panic("not reached")
}
