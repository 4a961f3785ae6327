package devices

import (
	"fmt"
	"time"

	"github.com/testbed/testbed/inference/oip"
	"github.com/testbed/testbed/selector"
)

// slack is how much longer than the whole of a request its parts may be by
// another clock: CLOCK_MONOTONIC is slewed by at most 500 parts in a million
// (adjtimex), on each of two hosts.
func slack(total time.Duration) time.Duration { return 50*time.Microsecond + total/1000 }

// phases are those of a request that was sent and done by our clock, and that
// the node saw go by at t, by its own. Each part is a difference of two
// readings of one clock: what happened within the node by the node's, the time
// on the network by what is left of ours. Only how that is divided into upload
// and download needs both clocks, and is as exact as what is known of ahead: by
// how much the node's clock is ahead of ours.
//
// The phases are never negative and add up to done - sent. Times that cannot
// be are an error.
func phases(sent, done time.Duration, t oip.Times, ahead time.Duration) (selector.Phases, error) {
	at := [...]time.Duration{t.Received, t.Started, t.Fetched, t.Loaded, t.Preprocessed, t.Inferred}
	var within [len(at) - 1]time.Duration
	for i := range within {
		if within[i] = at[i+1] - at[i]; within[i] < 0 {
			return selector.Phases{}, fmt.Errorf("the node's times go backwards: %+v", t)
		}
	}
	total, inside := done-sent, t.Inferred-t.Received
	if inside > total+slack(total) {
		return selector.Phases{}, fmt.Errorf("the node says that it took %v for what took %v in all", inside, total)
	}
	shrink(within[:], inside-total)
	network := max(total-inside, 0)
	upload := min(max(t.Received-ahead-sent, 0), network)
	return selector.Phases{
		Upload: upload, Queue: within[0], Fetch: within[1], Load: within[2],
		Preprocess: within[3], Infer: within[4], Download: network - upload,
	}, nil
}

// shrink takes over away from the longest of parts, and what that has not from
// the next. It does nothing if over is not positive.
func shrink(parts []time.Duration, over time.Duration) {
	for over > 0 {
		longest := 0
		for i := range parts {
			if parts[i] > parts[longest] {
				longest = i
			}
		}
		take := min(over, parts[longest])
		if take == 0 {
			return
		}
		parts[longest], over = parts[longest]-take, over-take
	}
}

// marks are what our clock says of a request to a server that tells no times.
type marks struct {
	began     time.Duration // the image was there
	sent      time.Duration // its input was ready: the first byte was about to be written
	wrote     time.Duration // the last byte was
	firstByte time.Duration // of the answer
	done      time.Duration // the last byte of the answer was read
}

// A spent is what a server says that it did for one request, by its statistics.
type spent struct{ queue, input, infer, output time.Duration }

// outside are the phases of a request to a server that tells no times. What
// was done here to make the input is preprocessing. The middle, from the last
// byte written to the first byte read, is the server's; it contains a round
// trip of the network, too.
//
// If the server's statistics say what it spent, the middle is divided by them:
// compute_infer and compute_output are inference, and what they leave of it is
// upload, for what is still on its way after the last write is the request.
// If they do not (s is nil), all of the middle is inference.
//
// The phases are never negative and add up to done - began.
func outside(m marks, s *spent) selector.Phases {
	p := selector.Phases{Preprocess: m.sent - m.began, Upload: max(m.wrote-m.sent, 0), Download: max(m.done-m.firstByte, 0)}
	// An answer can begin before the request was written to its end.
	middle := m.done - m.sent - p.Upload - p.Download
	if middle < 0 {
		p.Upload, middle = p.Upload+middle, 0
	}
	if s == nil {
		p.Infer = middle
		return p
	}
	take := func(d time.Duration) time.Duration {
		d = min(max(d, 0), middle)
		middle -= d
		return d
	}
	p.Infer = take(s.infer + s.output)
	p.Queue = take(s.queue)
	p.Preprocess += take(s.input)
	p.Upload += middle
	return p
}
