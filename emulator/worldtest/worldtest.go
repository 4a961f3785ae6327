// Package worldtest holds every way to play a link to one contract: the comment
// on emulator.Link, box by box, at the level of packets. The pure Shaper in
// virtual time must keep it to the nanosecond; engines that move real packets
// must keep it within tolerances that their tests state.
//
// What is expected is worked out here from the contract and from when packets
// were in fact sent. It is not asked of a Shaper, which is itself held to it.
package worldtest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/unit"
)

// A Packet is to be sent at a time of the link's clock, which is 0 when the
// link is set. Size counts the Ethernet layer and is at least 64.
type Packet struct {
	At   time.Duration
	Size unit.Bytes
}

// An Arrival is a packet that came out at the far end.
type Arrival struct {
	Index   int           // among those sent
	At      time.Duration // of the link's clock
	Copy    int           // 0, and 1 for its duplicate
	Corrupt bool
}

// A Path plays links, one after the other.
type Path interface {
	// Send sets the link as if nothing had ever been sent over it, sends the
	// packets, whose times do not decrease, and waits for all that arrive. A
	// path that cannot be ready in time sends all of them later by the same
	// time. It returns when each was sent, by the link's clock, and what
	// arrived, in the order of arrival. A link that cannot be played is an
	// error that wraps emulator.ErrUnsupported.
	Send(link emulator.Link, seed uint64, packets []Packet) (sent []time.Duration, arrivals []Arrival, err error)
}

// An AgedPath is a Path that can set links at an age, too.
type AgedPath interface {
	Path

	// SendAt is Send over a link that has had nothing to carry until its
	// clock showed age. No packet is to be sent before.
	SendAt(age time.Duration, link emulator.Link, seed uint64, packets []Packet) (sent []time.Duration, arrivals []Arrival, err error)
}

// Options are what is known of a path. The zero Options are of one that keeps
// the contract to the nanosecond, in all of it.
type Options struct {
	// No packet may arrive earlier than it should by more than Early, and half
	// of them later by no more than Late; all, where Late is 0.
	Early, Late time.Duration

	// Every is the time between packets that are sent only to be counted; for
	// a machine to which the usual tenth of a millisecond is too fast. Zero
	// means that.
	Every time.Duration

	// Tries is how often a test is made that fails, for a path in real time:
	// other load on the machine can hold up any packet. What an engine does
	// wrong it does every time. Zero means once.
	Tries int

	// Packets is by how many a queue may hold more or fewer.
	Packets int

	// Bucket is how much a token bucket lets out at once, at a rate: so much
	// is early, or passes a queue besides. Nil means nothing.
	Bucket func(unit.BitRate) unit.Bytes

	// Refuses are tests of links that the path may refuse to play. It must
	// say so; if it plays them it is held to them.
	Refuses []string

	// Unseeded is set where corruption is not drawn from the seed. A flipped
	// bit of a header then loses packets that another run delivers.
	Unseeded bool

	// Differs are tests that the path does not pass, and why.
	Differs map[string]string
}

// tests is the battery.
var tests = []struct {
	name string
	run  func(*run)
}{
	{"perfect", perfect},
	{"rate", rate},
	{"idle", idle},
	{"layers", layers},
	{"one-shot", oneShot},
	{"queue-bytes", queueBytes},
	{"queue-small", queueSmall},
	{"queue-packets", queuePackets},
	{"queue-time", queueTime},
	{"codel", codel},
	{"outage", outage},
	{"rate-steps", rateSteps},
	{"rates", rates},
	{"trace", traced},
	{"idle-penalty", idlePenalty},
	{"delay", delay},
	{"rate-and-delay", rateAndDelay},
	{"delays", delays},
	{"jitter-uniform", func(r *run) { r.jitter(emulator.Uniform) }},
	{"jitter-normal", func(r *run) { r.jitter(emulator.Normal) }},
	{"jitter-pareto", func(r *run) { r.jitter(emulator.Pareto) }},
	{"order", order},
	{"reorder", reorder},
	{"loss", loss},
	{"all-lost", allLost},
	{"burst-loss", burstLoss},
	{"losses", losses},
	{"duplicate", duplicate},
	{"corrupt", corrupt},
	{"seed", seed},
	{"boxes-apart", boxesApart},
	{"aged", aged},
}

// Names returns the names of the tests, as Options has them.
func Names() (names []string) {
	for _, tt := range tests {
		names = append(names, tt.name)
	}
	return names
}

// Run holds the paths that open makes to the contract, a subtest for each part
// of it. open is called once.
func Run(t *testing.T, open func(t *testing.T) Path, o Options) {
	for name := range o.Differs {
		if !slices.Contains(Names(), name) {
			t.Errorf("Differs: there is no test %q", name)
		}
	}
	for _, name := range o.Refuses {
		if !slices.Contains(Names(), name) {
			t.Errorf("Refuses: there is no test %q", name)
		}
	}
	path := open(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if why, differs := o.Differs[tt.name]; differs {
				t.Skip(why)
			}
			if o.Every == 0 {
				o.Every = 100 * time.Microsecond
			}
			r := &run{path: path, Options: o, refuses: slices.Contains(o.Refuses, tt.name)}
			for try := 1; !r.attempt(tt.run); try++ {
				if try >= o.Tries {
					t.Fatal(strings.Join(r.errs, "\n"))
				}
				t.Logf("try %d: %s", try, strings.Join(r.errs, "\n"))
			}
			if r.refused != nil {
				t.Skip(r.refused)
			}
		})
	}
}

// A run is one test of one path.
type run struct {
	Options
	path    Path
	age     time.Duration // of links when they are set
	refuses bool          // the path may refuse the link
	refused error         // how it did
	errs    []string      // what was wrong in the last attempt
}

// stop is what a test panics with that is over.
type stop struct{}

// attempt makes a test, and reports whether nothing was wrong.
func (r *run) attempt(test func(*run)) (ok bool) {
	r.errs, r.age = nil, 0
	defer func() {
		ok = len(r.errs) == 0
		if p := recover(); p != nil && p != (stop{}) {
			panic(p)
		}
	}()
	test(r)
	return true
}

// Errorf says what is wrong; Fatalf ends the attempt besides.
func (r *run) Errorf(format string, args ...any) {
	r.errs = append(r.errs, fmt.Sprintf(format, args...))
}

func (r *run) Fatalf(format string, args ...any) {
	r.Errorf(format, args...)
	panic(stop{})
}

// full is a packet of the size that most tests use: at 12.112 Mbit/s it takes
// a millisecond.
const (
	full         = emulator.FullFrame
	fullEachMs   = 12_112 * unit.Kbps
	fullEach10Ms = 1_211_200 * unit.BitPerSecond
	ms           = time.Millisecond
	seedOfThese  = 7
	anotherSeed  = 8
	rounding     = 2 * time.Nanosecond // of the model, which counts whole ones
	small        = 100 * unit.Byte
	z99          = 2.5758 // leaves out 1 % at both ends of a normal distribution
	lateShare    = 0.5
)

// send sends packets, with the seed of these tests, and ends the test if that
// cannot be.
func (r *run) send(link emulator.Link, packets []Packet) *sending {
	return r.sendSeeded(link, seedOfThese, packets)
}

// overPath sends packets over a link of the age that the test wants, by whose
// clock their times then count from that.
func (r *run) overPath(link emulator.Link, seed uint64, packets []Packet) ([]time.Duration, []Arrival, error) {
	if r.age == 0 {
		return r.path.Send(link, seed, packets)
	}
	path, ok := r.path.(AgedPath)
	if !ok {
		r.refused = errors.New("this path sets no links at an age")
		panic(stop{})
	}
	for i := range packets {
		packets[i].At += r.age
	}
	return path.SendAt(r.age, link, seed, packets)
}

func (r *run) sendSeeded(link emulator.Link, seed uint64, packets []Packet) *sending {
	sent, arrivals, err := r.overPath(link, seed, packets)
	switch {
	case err != nil && errors.Is(err, emulator.ErrUnsupported) && r.refuses:
		r.refused = err
		panic(stop{})
	case err != nil:
		r.Fatalf("%+v: %v", link, err)
	case len(sent) != len(packets):
		r.Fatalf("%d times of %d packets", len(sent), len(packets))
	}
	s := &sending{run: r, link: link, packets: packets, sent: sent, arrivals: arrivals, first: make([]time.Duration, len(packets))}
	for i := range s.first {
		s.first[i] = never
	}
	for k, a := range arrivals {
		if a.Index < 0 || a.Index >= len(packets) {
			r.Fatalf("packet %d of %d came", a.Index, len(packets))
		}
		if k > 0 && a.At < arrivals[k-1].At {
			r.Fatalf("arrivals are not in order: %v after %v", a.At, arrivals[k-1].At)
		}
		if a.Copy == 0 {
			if s.first[a.Index] != never {
				r.Fatalf("packet %d came twice", a.Index)
			}
			s.first[a.Index] = a.At
		}
	}
	return s
}
