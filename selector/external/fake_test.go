package external_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/testbed/testbed/emulator/unit"
	"github.com/testbed/testbed/selector"
	"github.com/testbed/testbed/selector/external"
)

// TestMain lets the test binary be a selector of somebody's.
func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == "fake" {
		fake(os.Args[2], os.Args[3:])
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// fakes are the programs: what each says to a select. Anything else they answer
// as they should.
var fakes = map[string]func(id uint64){
	"good":     func(id uint64) { choose(id, `"small@edge"`) },
	"label":    func(id uint64) { choose(id, `"tiny@edge"`) },
	"beyond":   func(id uint64) { choose(id, "2") },
	"negative": func(id uint64) { choose(id, "-1") },
	"half":     func(id uint64) { choose(id, "0.5") },
	"nothing":  func(id uint64) { fmt.Printf(`{"id":%d}`+"\n", id) },
	"anybody":  func(uint64) { fmt.Println(`{"choice":1}`) },
	"prints":   func(uint64) { fmt.Println("thinking about it") },
	"list":     func(uint64) { fmt.Println("[1]") },
	"says no":  func(id uint64) { fmt.Printf(`{"id":%d,"error":"out of\nideas"}`+"\n", id) },
	"ahead":    func(id uint64) { choose(id+1, "1") },
	"twice":    func(id uint64) { choose(id, "1"); choose(id, "1") },
	"long":     func(id uint64) { choose(id, `"`+strings.Repeat("x", 2<<20)+`"`) },
	"stands":   func(uint64) {},
	"hangs":    func(uint64) { select {} },
	"dies":     func(uint64) { fmt.Fprintln(os.Stderr, "ZeroDivisionError: division by zero"); os.Exit(1) },
	"killed":   func(uint64) { _ = syscall.Kill(os.Getpid(), syscall.SIGKILL) },
	"closes":   func(uint64) { os.Stdout.Close() },
	"last":     func(id uint64) { choose(id, "1"); os.Exit(3) },
	"late":     func(id uint64) { time.Sleep(600 * time.Millisecond); choose(id, "0") },
	"flood": func(uint64) {
		for {
			fmt.Println("{}")
		}
	},
	"reason": func(id uint64) {
		fmt.Printf(`{"id":%d,"choice":1,"reason":"it\tis\u001b[31m\nsmall","candidates":[{"option":1,"predicted":{"infer_ns":5e6,"load_ns":1},"bound_ns":7.4}]}`+"\n", id)
	},
	"unlisted": func(id uint64) { fmt.Printf(`{"id":%d,"choice":1,"candidates":[{"option":0}]}`+"\n", id) },
}

func choose(id uint64, choice string) {
	fmt.Printf(`{"id":%d,"choice":%s,"reason":"pid %d"}`+"\n", id, choice, os.Getpid())
}

// heard is what a fake reads of a message.
type heard struct {
	Type string
	ID   uint64
}

// fake is a program that says what its name does.
func fake(mode string, args []string) {
	switch mode {
	case "crash":
		fmt.Fprintln(os.Stderr, "no module named torch")
		os.Exit(1)
	case "mute":
		_, _ = io.Copy(io.Discard, os.Stdin)
		return
	case "deaf":
		fakeDeaf()
	case "open":
		fakeOpen()
		return
	case "records": // into a file
		fakeRecords(args[0])
		return
	case "parent":
		fakeParent(args[0])
	}
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 1<<20)
	for in.Scan() {
		var h heard
		if err := json.Unmarshal(in.Bytes(), &h); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		switch {
		case h.Type == "select" && mode == "alternates":
			[]func(uint64){fakes["late"], fakes["good"]}[turn(&turns)%2](h.ID)
		case h.Type == "select" && (mode == "stays" || mode == "child"):
			fakes["good"](h.ID)
		case h.Type == "select":
			fakes[mode](h.ID)
		case h.Type == "trial" && mode == "child":
			c := exec.Command("sleep", "1000")
			c.Stdout, c.Stderr = os.Stdout, os.Stderr
			_ = c.Start()
			fmt.Fprintln(os.Stderr, "child", c.Process.Pid)
			fallthrough
		case h.Type != "learn":
			fmt.Printf(`{"id":%d}`+"\n", h.ID)
		}
	}
	if mode == "stays" {
		select {}
	}
}

var turns int

func turn(n *int) int { *n++; return *n - 1 }

// fakeDeaf answers start and the first trial, and reads no more.
func fakeDeaf() {
	in := bufio.NewReader(os.Stdin)
	for range 2 {
		text, _ := in.ReadBytes('\n')
		var h heard
		_ = json.Unmarshal(text, &h)
		fmt.Printf(`{"id":%d}`+"\n", h.ID)
	}
	select {}
}

// fakeOpen tells what it was given: files, environment, directory, group.
func fakeOpen() {
	files, _ := os.ReadDir("/proc/self/fd")
	for _, f := range files {
		to, _ := os.Readlink("/proc/self/fd/" + f.Name())
		fmt.Fprintln(os.Stderr, "file", f.Name(), to)
	}
	for _, v := range os.Environ() {
		fmt.Fprintln(os.Stderr, "env", v)
	}
	dir, _ := os.Getwd()
	fmt.Fprintln(os.Stderr, "dir", dir)
	fmt.Fprintln(os.Stderr, "group", syscall.Getpgrp() == os.Getpid())
	fake("good", nil)
}

// fakeRecords writes what it is told into a file.
func fakeRecords(name string) {
	f, _ := os.Create(name)
	in := bufio.NewScanner(io.TeeReader(os.Stdin, f))
	for in.Scan() {
		var h heard
		_ = json.Unmarshal(in.Bytes(), &h)
		switch h.Type {
		case "select":
			fakes["good"](h.ID)
		case "trial", "start":
			fmt.Printf(`{"id":%d}`+"\n", h.ID)
		}
	}
}

// fakeParent starts a program, says its number, and stays.
func fakeParent(mode string) {
	p, err := external.Start(context.Background(), external.Config{Name: "mine", Exec: []string{executable(), "fake", mode}})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	s, _ := p.Trial(trialOf())
	fmt.Println(s.Select(observation, options).Reason)
	select {}
}

// options are two models, of which the fallback takes the first.
var options = []selector.Option{
	{Model: "large", Node: "edge", Accuracy: 0.9, Size: 1e6, Load: time.Second, Infer: 100 * time.Millisecond},
	{Model: "small", Node: "edge", Accuracy: 0.8, Images: 500, Size: 1e5, Load: time.Second / 10, Infer: 10 * time.Millisecond},
}

var observation = selector.Observation{Seq: 4, Now: time.Second, Upload: 20_000, Download: 1000,
	Devices: []selector.Device{{Name: "edge", Down: 5 * unit.Mbps, RTT: 20 * time.Millisecond, Utilization: 0.3, Cores: 2, Loaded: []string{"small"}}}}

func trialOf() external.Trial {
	return external.Trial{Condition: "5Mbps/busy", Repetition: 2, Options: options,
		Fallback: selector.Config{Policy: "greedy", Budget: selector.Budget{Absolute: 0.1, Relative: 1}, Seed: 1<<60 + 7}}
}

func executable() string {
	name, err := os.Executable()
	if err != nil {
		panic(err)
	}
	return name
}

// said are the lines that a program has on its standard error.
type said struct {
	mu   sync.Mutex
	text strings.Builder
}

func (s *said) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(b)
}

func (s *said) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}
