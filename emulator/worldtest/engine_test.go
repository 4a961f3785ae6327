package worldtest_test

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/calibrate"
	"github.com/testbed/testbed/emulator/needs"
	"github.com/testbed/testbed/emulator/netns"
	"github.com/testbed/testbed/emulator/unit"
	"github.com/testbed/testbed/emulator/worldtest"
)

// TestMain lets the test binary be the router and the nodes of its worlds.
func TestMain(m *testing.M) {
	netns.Main(calibrate.Node)
	os.Exit(m.Run())
}

// need skips a test on a machine that lacks a feature, or where there are no
// worlds at all (see needs).
func need(t *testing.T, features ...string) {
	t.Helper()
	needs.Probed(t, netns.Probe, append([]string{"netns", "veth"}, features...)...)
}

// engine is a link of a world, played by an engine.
type engine struct {
	ctx  context.Context
	path *calibrate.Path
}

func openEngine(name string) func(*testing.T) worldtest.Path {
	return func(t *testing.T) worldtest.Path {
		t.Helper()
		p, err := calibrate.OpenPath(t.Context(), name, "")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := p.Close(); err != nil {
				t.Error(err)
			}
		})
		return engine{t.Context(), p}
	}
}

func (e engine) Send(link emulator.Link, seed uint64, packets []worldtest.Packet) ([]time.Duration, []worldtest.Arrival, error) {
	return e.SendAt(0, link, seed, packets)
}

func (e engine) SendAt(age time.Duration, link emulator.Link, seed uint64, packets []worldtest.Packet) ([]time.Duration, []worldtest.Arrival, error) {
	at, size := make([]time.Duration, len(packets)), make([]unit.Bytes, len(packets))
	for i, p := range packets {
		at[i], size[i] = p.At, p.Size
	}
	sent, got, err := e.path.SendAt(e.ctx, age, link, seed, at, size)
	copies := make([]int, len(packets))
	var arrivals []worldtest.Arrival
	for _, g := range got {
		if g.Index >= len(packets) {
			continue // of the link before, or too broken to tell
		}
		arrivals = append(arrivals, worldtest.Arrival{Index: g.Index, At: g.At, Copy: copies[g.Index], Corrupt: g.Corrupt})
		copies[g.Index]++
	}
	return sent, arrivals, err
}
