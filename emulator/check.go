package emulator

import (
	"fmt"
	"strings"

	"github.com/testbed/testbed/emulator/unit"
)

// FullFrame is the size of a full packet on the Ethernet layer: 1500 bytes of
// IP and 14 of header.
const FullFrame unit.Bytes = 1514

// Check says which field of the link is impossible, and what was wanted; nil
// if none is. Fields are called as scenarios call them: loss, burst, queue,
// codel, rate, trace, layer, outages, idle, delay, jitter, reorder, duplicate,
// corrupt.
func (l Link) Check() error {
	for _, check := range []func() error{
		l.checkLoss, l.checkQueue, l.checkRate, l.checkTrace, l.checkStops, l.checkDelay, l.checkMarks,
	} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

func (l *Link) checkLoss() error {
	if err := probability("loss", l.Loss); err != nil {
		return err
	}
	switch b := l.LossBurst; {
	case b != 0 && !(b >= 1):
		return fmt.Errorf("burst %v: want at least 1 packet, or 0 for independent losses", b)
	case b > longestBurst:
		return fmt.Errorf("burst %v: want at most %v packets", b, longestBurst)
	case l.Losses == nil:
		return l.checkBurst("", l.Loss)
	case l.Loss > 0:
		return fmt.Errorf("loss %v and loss over time, %s: want at most one of them", l.Loss, l.Losses.Name)
	}
	if err := l.Losses.Check(); err != nil {
		return fmt.Errorf("loss %w", err)
	}
	_, most := l.Losses.Range()
	if most > 1 {
		return fmt.Errorf("loss %s: %v: want probabilities from 0 to 1", l.Losses.Name, most)
	}
	return l.checkBurst(l.Losses.Name+": ", most)
}

// checkBurst holds P(good→bad) to be a probability.
func (l *Link) checkBurst(where string, loss float64) error {
	if b := l.LossBurst; b > 0 && enter(loss, b) > 1+1e-9 { // 1e-9: of rounding
		return fmt.Errorf("loss %s%v in bursts of %v: want a loss of at most %.4g, or longer bursts: a burst ends with a packet that passes",
			where, loss, b, b/(1+b))
	}
	return nil
}

// longestBurst is more than any link loses in a row, and keeps infinity out.
const longestBurst = 1e9

func (l *Link) checkQueue() error {
	if l.Queue != 0 && l.Queue < FullFrame {
		return fmt.Errorf("queue %v: want at least one full frame, %v, or 0 for no limit", l.Queue, FullFrame)
	}
	if l.QueuePackets < 0 {
		return fmt.Errorf("queue of %d packets: want 1 or more, or 0 for no limit", l.QueuePackets)
	}
	if l.QueueTime < 0 {
		return fmt.Errorf("queue of %v: want more than 0, or 0 for no limit", l.QueueTime)
	}
	var limits []string
	if l.Queue > 0 {
		limits = append(limits, l.Queue.String())
	}
	if l.QueuePackets > 0 {
		limits = append(limits, fmt.Sprintf("%d packets", l.QueuePackets))
	}
	if l.QueueTime > 0 {
		limits = append(limits, l.QueueTime.String())
	}
	if len(limits) > 1 {
		return fmt.Errorf("queue %s: want at most one limit", strings.Join(limits, " and "))
	}
	if c := l.CoDel; c != nil && (c.Target <= 0 || c.Interval <= 0) {
		return fmt.Errorf("codel target %v, interval %v: want both above 0, as 5ms and 100ms", c.Target, c.Interval)
	}
	return nil
}

func (l *Link) checkRate() error {
	switch {
	case l.Rate < 0:
		return fmt.Errorf("rate %v: want a positive rate, or 0 for no limit", l.Rate)
	case l.Rate > 0 && l.Trace != nil:
		return fmt.Errorf("rate %v and trace %s: want at most one of them", l.Rate, l.Trace.Name)
	case l.Rate > 0 && l.Rates != nil:
		return fmt.Errorf("rate %v and rate over time, %s: want at most one of them", l.Rate, l.Rates.Name)
	case l.Trace != nil && l.Rates != nil:
		return fmt.Errorf("trace %s and rate over time, %s: want at most one of them", l.Trace.Name, l.Rates.Name)
	case l.Layer < 0 || int(l.Layer) >= len(layers):
		return fmt.Errorf("layer %v: want ethernet, ip or wire", l.Layer)
	case l.Rates == nil:
		return nil
	}
	if err := l.Rates.Check(); err != nil {
		return fmt.Errorf("rate %w", err)
	}
	if _, most := l.Rates.Range(); most == 0 {
		return fmt.Errorf("rate %s: 0 all the time: want a rate at some time, or nothing passes", l.Rates.Name)
	}
	return nil
}

func (l *Link) checkTrace() error {
	if l.Trace == nil {
		return nil
	}
	if err := l.Trace.Check(); err != nil {
		return fmt.Errorf("trace %w", err)
	}
	if l.quantum() <= 0 {
		return fmt.Errorf("trace %s: quantum %v on layer %v: want more than the header, %v", l.Trace.Name, l.Trace.Quantum, l.Layer, header)
	}
	return nil
}

// checkStops is about when the bottleneck stands still.
func (l *Link) checkStops() error {
	for i, o := range l.Outages {
		switch {
		case o.From < 0:
			return fmt.Errorf("outages: %d: from %v: want 0 or later", i+1, o.From)
		case o.To <= o.From:
			return fmt.Errorf("outages: %d: from %v to %v: want an end after the begin", i+1, o.From, o.To)
		case o.Every < 0 || o.Every > 0 && o.Every <= o.To-o.From:
			return fmt.Errorf("outages: %d: %v long, every %v: want every longer than the outage, or 0 for once", i+1, o.To-o.From, o.Every)
		}
	}
	switch {
	case l.IdlePenalty < 0 || l.IdleAfter < 0:
		return fmt.Errorf("idle: penalty %v after %v: want 0 or more", l.IdlePenalty, l.IdleAfter)
	case l.IdlePenalty > 0 && l.IdleAfter == 0:
		return fmt.Errorf("idle: penalty %v: want also after which time without packets", l.IdlePenalty)
	}
	return nil
}

func (l *Link) checkDelay() error {
	switch {
	case l.Delay < 0:
		return fmt.Errorf("delay %v: want 0 or more", l.Delay)
	case l.Delay > 0 && l.Delays != nil:
		return fmt.Errorf("delay %v and delay over time, %s: want at most one of them", l.Delay, l.Delays.Name)
	case l.Delays == nil && (l.Jitter < 0 || l.Jitter > l.Delay):
		return fmt.Errorf("jitter %v: want 0 up to the delay, %v", l.Jitter, l.Delay)
	case l.Jitter < 0:
		return fmt.Errorf("jitter %v: want 0 or more", l.Jitter)
	case l.JitterShape < 0 || int(l.JitterShape) >= len(shapes):
		return fmt.Errorf("jitter %v: want uniform, normal or pareto", l.JitterShape)
	case l.Delays == nil:
		return nil
	}
	if err := l.Delays.Check(); err != nil {
		return fmt.Errorf("delay %w", err)
	}
	return nil
}

// checkMarks is about what happens to single packets at the end of the link.
func (l *Link) checkMarks() error {
	if err := probability("reorder", l.Reorder); err != nil {
		return err
	}
	if err := probability("duplicate", l.Duplicate); err != nil {
		return err
	}
	return probability("corrupt", l.Corrupt)
}

func probability(name string, p float64) error {
	if !(p >= 0 && p <= 1) { // so that NaN fails
		return fmt.Errorf("%s %v: want a probability from 0 to 1", name, p)
	}
	return nil
}

// Perfect reports whether the link does nothing to packets. A queue, CoDel or
// layer alone does nothing, for without a bottleneck nothing waits; nor does
// Reorder, where there is no delay to skip.
func (l Link) Perfect() bool {
	return !l.lossy() && !l.bounded() && l.Delay == 0 && l.Delays == nil && l.Jitter == 0 &&
		l.Duplicate == 0 && l.Corrupt == 0
}
