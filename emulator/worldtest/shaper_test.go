package worldtest_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/worldtest"
)

// virtual is the pure Shaper in virtual time: the links of a simulation.
type virtual struct{}

func (virtual) Send(link emulator.Link, seed uint64, packets []worldtest.Packet) (sent []time.Duration, arrivals []worldtest.Arrival, err error) {
	s := emulator.NewShaper(link, rand.New(rand.NewPCG(seed, 1)))
	for i, p := range packets {
		sent = append(sent, p.At)
		out, fate := s.Push(p.At, p.Size)
		if !fate.Arrives() {
			continue
		}
		a := worldtest.Arrival{Index: i, At: out, Corrupt: fate&emulator.Corrupted != 0}
		arrivals = append(arrivals, a)
		if fate&emulator.Duplicated != 0 {
			a.Copy = 1
			arrivals = append(arrivals, a)
		}
	}
	slices.SortStableFunc(arrivals, func(x, y worldtest.Arrival) int { return int(x.At - y.At) })
	return sent, arrivals, nil
}

// SendAt needs nothing but the times of the packets.
func (v virtual) SendAt(_ time.Duration, link emulator.Link, seed uint64, packets []worldtest.Packet) ([]time.Duration, []worldtest.Arrival, error) {
	return v.Send(link, seed, packets)
}

// TestShaper: the model keeps its contract to the nanosecond.
func TestShaper(t *testing.T) {
	worldtest.Run(t, func(*testing.T) worldtest.Path { return virtual{} }, worldtest.Options{})
}
