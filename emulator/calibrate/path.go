//go:build linux

package calibrate

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/netns"
	"github.com/testbed/testbed/emulator/unit"
)

// A Path is a link of a world through which numbered frames are sent.
type Path struct{ b *bench }

// OpenPath makes a world with a Path, played by an engine: relay or tc. broken
// is netns.Config.Break. The caller must Close it.
func OpenPath(ctx context.Context, engine, broken string) (*Path, error) {
	b, err := openBench(ctx, engine, Options{Break: broken})
	if err != nil {
		return nil, err
	}
	return &Path{b}, nil
}

// Close ends the world.
func (p *Path) Close() error { return p.b.close() }

// Status is what the link says of itself.
func (p *Path) Status() (netns.LinkStatus, error) { return p.b.status() }

// lead is the time between the setting of a link and its first packet.
const lead = 20 * time.Millisecond

// Send sets the link, anew, and sends frames of the given sizes (Ethernet
// layer, at least SmallestFrame) at the given times, in nondecreasing order, by
// the link's clock; to what is earlier than the link could be ready all are
// moved together. It returns when each was in fact sent and what arrived, in
// order of arrival, by the same clock, which is known to about 0.1 ms.
func (p *Path) Send(ctx context.Context, link emulator.Link, seed uint64, at []time.Duration, size []unit.Bytes) (sent []time.Duration, got []Got, err error) {
	return p.SendAt(ctx, 0, link, seed, at, size)
}

// SendAt is Send over a link that is set at an age, if that is above 0: as
// netns.SetLinkAt does.
func (p *Path) SendAt(ctx context.Context, age time.Duration, link emulator.Link, seed uint64, at []time.Duration, size []unit.Bytes) (sent []time.Duration, got []Got, err error) {
	return p.b.sendAt(ctx, age, link, seed, SendArgs{At: at, Size: size})
}

// settled is how long nothing must have come before what is on its way is
// given up, beyond what the link itself takes.
const settled = 60 * time.Millisecond

func (b *bench) send(ctx context.Context, link emulator.Link, seed uint64, args SendArgs) (sent []time.Duration, got []Got, err error) {
	return b.sendAt(ctx, 0, link, seed, args)
}

func (b *bench) sendAt(ctx context.Context, age time.Duration, link emulator.Link, seed uint64, args SendArgs) (sent []time.Duration, got []Got, err error) {
	if err := b.linkAt(age, link, emulator.Link{}, seed); err != nil {
		return nil, nil, err
	}
	if err := b.call(ctx, receiver, "Listen", None{}, &None{}); err != nil {
		return nil, nil, err
	}
	args.To = b.address(receiver)
	// The sender prepares its frames before the first is due.
	args.Start = b.origin
	if ready := now() + lead + time.Duration(args.len())*5*time.Microsecond; ready > args.at(0) {
		args.Start += ready - args.at(0)
	}
	if err := b.call(ctx, sender, "Send", args, &sent); err != nil {
		return nil, nil, err
	}
	var c Collected
	collect := CollectArgs{Until: now(), Quiet: settled + longestPause(link)}
	if err := b.call(ctx, receiver, "Collect", collect, &c); err != nil {
		return nil, nil, err
	}
	if c.Missed > 0 {
		return nil, nil, fmt.Errorf("the receiver had no room for %d frames", c.Missed)
	}
	if len(sent) == 0 {
		return nil, nil, errors.New("nothing was sent")
	}
	for i := range sent {
		sent[i] -= b.origin
	}
	for i := range c.Got {
		c.Got[i].At -= b.origin
	}
	slices.SortStableFunc(c.Got, func(x, y Got) int { return int(x.At - y.At) })
	return sent, c.Got, nil
}

// longestPause is how long a link may be silent and yet have something on its
// way: delays, outages, and full frames at its slowest rate.
func longestPause(l emulator.Link) time.Duration {
	pause := l.Delay + 5*l.Jitter + l.IdlePenalty + l.Rate.TimeToSend(emulator.FullFrame)
	for _, o := range l.Outages {
		pause = max(pause, o.To-o.From+pause)
	}
	if l.Delays != nil {
		_, most := l.Delays.Range()
		pause += time.Duration(most * float64(time.Second))
	}
	if l.Rates != nil {
		pause += longestStep(l.Rates.At, l.Rates.Period)
	}
	if l.Trace != nil {
		pause += longestStep(l.Trace.At, l.Trace.Period)
	}
	return pause
}

// longestStep is the greatest distance between times of something that repeats.
func longestStep(at []time.Duration, period time.Duration) time.Duration {
	longest := at[0] + period - at[len(at)-1]
	for i := 1; i < len(at); i++ {
		longest = max(longest, at[i]-at[i-1])
	}
	return longest
}
