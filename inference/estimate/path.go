package estimate

import (
	"math"
	"sync"
	"time"

	"github.com/testbed/testbed/emulator/unit"
)

// A Path is what control knows of the way to a node and back: by the requests
// of an arm, and before the first of them by a probe. Its methods may be called
// from several goroutines. The zero Path knows nothing.
type Path struct {
	mu       sync.Mutex
	up, back Rates
	trips    Trips
}

// A Request is what one request showed of its path.
type Request struct {
	Arm string
	At  time.Duration // when it was done

	// Sent and Received are the bytes that were sent to the node and came from
	// it; Upload and Download are how long that took, from before the first
	// byte to after the last. What a protocol adds to an image is not counted
	// in Sent, as it is not where the next upload is predicted.
	Sent, Received   unit.Bytes
	Upload, Download time.Duration

	// Trip is how long the first packet of the request and the answer were on
	// their way, and Tail what passed between the first packet's arrival and
	// that of the last. 0: not known.
	Trip, Tail time.Duration
}

// packet is the most bytes of a transfer that one packet carries, and head what
// HTTP and the protocol add to an image, roughly.
const (
	packet unit.Bytes = 1448
	head   unit.Bytes = 500
)

// Known is what is known of a path, each with the time at which the last of it
// was seen. A quantity that is not known is 0.
type Known struct {
	Up, Back            unit.BitRate
	RTT                 time.Duration
	UpAt, BackAt, RTTAt time.Duration
}

// Probed takes in what a probe found at a time. Earlier requests were of
// another path.
func (p *Path) Probed(up, back unit.BitRate, rtt, at time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.up.Probed(up, at)
	p.back.Probed(back, at)
	p.trips.Probed(rtt, at)
}

// Add takes in a request that went well. Its transfers are measured with the
// round trip as it is then known: what a transfer took, half of that apart, is
// its rate's and slow start's.
func (p *Path) Add(r Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.trips.Add(r.Arm, p.empty(r), r.At)
	rtt, _ := p.trips.Of(r.Arm)
	p.up.Add(r.Arm, r.Sent, r.Upload-rtt/2, rtt, r.At)
	p.back.Add(r.Arm, r.Received, r.Download-rtt/2, rtt, r.At)
}

// empty is the round trip of empty packets that a request shows: without the
// time in which the slowest link on the way sent its first packet, and the
// answer. Of the way there that time is as much of the Tail as the packet is of
// what followed it; of the way back only a probe can tell. What is not told is
// taken for as fast as the other way.
func (p *Path) empty(r Request) time.Duration {
	up, back := p.up.recent.probe.mean(), p.back.recent.probe.mean()
	if rest := r.Sent + head - packet; rest >= packet && r.Tail > 0 {
		up = r.Tail.Seconds() / (8 * float64(rest))
	}
	if back == 0 {
		back = up
	}
	sending := up*8*float64(min(packet, r.Sent+head)) + back*8*float64(r.Received)
	return max(r.Trip-time.Duration(math.Round(sending*float64(time.Second))), r.Trip/2)
}

// Of is what an arm knows.
func (p *Path) Of(arm string) (k Known) {
	p.mu.Lock()
	defer p.mu.Unlock()
	k.Up, k.UpAt = p.up.Of(arm)
	k.Back, k.BackAt = p.back.Of(arm)
	k.RTT, k.RTTAt = p.trips.Of(arm)
	return k
}
