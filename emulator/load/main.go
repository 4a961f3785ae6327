//go:build linux

package load

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
	"time"

	"github.com/testbed/testbed/emulator/cgroup"
)

// argLoad is the hidden first argument with which this program starts itself as
// a load. A program that does not call Main refuses it as a flag that it does
// not know, rather than start all over.
const argLoad = "-__testbed-load"

// Main makes this program a background load, or what cleans up after control
// groups, if it was started as one by Start or cgroup.Make, and then does not
// return; else it returns at once. It must be among the first things that main
// (or TestMain) does.
func Main() {
	cgroup.Main()
	if len(os.Args) != 2 || os.Args[1] != argLoad {
		return
	}
	exit(loadMain(os.Stdin, os.Stdout)) // which does not end without an error
}

// exit ends this process, and so the load, whose last word is why.
func exit(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// loadMain loads until nobody holds the other end of in.
func loadMain(in io.Reader, out io.Writer) error {
	told := json.NewDecoder(bufio.NewReader(in))
	var t task
	if err := told.Decode(&t); err != nil {
		return fmt.Errorf("what to load: %w", err)
	}
	c := &clock{}
	begin := make(chan struct{})
	go func() {
		listen(told, c, begin)
		os.Exit(0) // at once: whoever wanted the load is gone
	}()
	return t.run(c, begin, json.NewEncoder(out))
}

// listen sets the clock as it is told, and closes begin the first time.
func listen(told *json.Decoder, c *clock, begin chan<- struct{}) {
	for {
		m := &moment{}
		if told.Decode(m) != nil {
			return
		}
		if c.set.Swap(m) == nil {
			close(begin)
		}
	}
}

// run gets ready, says so, and loads from begin on until the process ends. It
// returns with an error alone.
func (t task) run(c *clock, begin <-chan struct{}, out *json.Encoder) error {
	// One for each thread that works, which holds it for a whole period, and
	// for those that listen and tell. Set, so that a quota does not change it.
	runtime.GOMAXPROCS(len(t.CPUs) + 2)
	var of loading
	var err error
	switch t.Resource {
	case CPU:
		of, err = newCPULoading(t, c, begin)
	case Memory:
		of, err = newMemoryLoading(t, c, begin)
	case Resident:
		of, err = newResidentLoading(t)
	case GPU:
		of, err = newGPULoading(t, c, begin)
	default:
		err = fmt.Errorf("%q: not a resource", t.Resource)
	}
	if err != nil {
		return err
	}
	// What it took to get ready is not the node's.
	if err := t.Place.Join(); err != nil {
		return err
	}
	if err := out.Encode(line{Ready: true}); err != nil {
		return err
	}
	<-begin
	return of(t.Every, func(s Status) error { return out.Encode(line{Status: &s}) })
}

// A loading reports every so often, first at once, until report fails.
type loading func(every time.Duration, report func(Status) error) error
