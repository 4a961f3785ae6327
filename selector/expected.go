package selector

import (
	"math"
	"slices"
	"time"

	"github.com/testbed/testbed/emulator/unit"
)

// Expected returns the phases that opt would take, in the mean, if what o
// measured stayed as it is and each node computed slowdown(node) times as long
// as when it was profiled. Of a model on one node and n images, one after the
// other:
//
//	Upload     = n · X(o.Upload; Up, RTT)
//	Queue      = 0, in a closed loop
//	Fetch      = 3/2·FetchRTT + X(opt.Size; Down, FetchRTT)   0 if the node holds the file
//	Load       = opt.Load · slowdown             0 if it has an open session
//	Preprocess = n · opt.Preprocess · slowdown
//	Infer      = n · opt.Infer · slowdown
//	Download   = n · X(o.Download; Back, RTT)
//
// The 3/2·FetchRTT of Fetch are one round trip for a new connection and half
// of one for the request. X is the time of a transfer by TCP (see transfer),
// without loss: what a link loses shows in the goodput that is measured. What
// two parts take together is said at together.
//
// What o does not know is zero and counts as nothing: an unknown rate as a
// link without limit, an unknown round trip as none. A policy that has
// measured nothing so tries the network once rather than never.
// A slowdown below 1 is a node faster than its profile.
func Expected(o Observation, opt Option, slowdown func(node string) float64) Phases {
	of := func(part *Option) piece {
		d := o.Device(part.Node)
		moves := transfers(&o, &d)
		return expect(&moves, &d, part, slowdown(part.Node))
	}
	first := of(&opt)
	if opt.Second == nil || opt.Placement == Alone {
		return first.whole(float64(o.images())).Phases
	}
	g := together(&opt, o.images(), first, of(opt.Second))
	return g.Phases
}

// images is how many a request has.
func (o *Observation) images() int { return max(o.Batch, 1) }

// A piece is what is expected of one model on one node.
type piece struct {
	once Phases // fetch and load, before the first image
	each Phases // of one image
	by   *node  // that knows how far from it the time may be; nil: it is exact
}

// transfers are the phases of an image that are the same by whatever model.
func transfers(o *Observation, d *Device) Phases {
	return Phases{Upload: transfer(o.Upload, d.Up, d.RTT), Download: transfer(o.Download, d.Back, d.RTT)}
}

// expect is the piece of a part of an option on a device, of which transfers
// are known.
func expect(transfers *Phases, d *Device, part *Option, slowdown float64) (e piece) {
	e.each.Upload, e.each.Download = transfers.Upload, transfers.Download
	e.each.Preprocess, e.each.Infer = scale(part.Preprocess, slowdown), scale(part.Infer, slowdown)
	if slices.Contains(d.Loaded, part.Model) {
		return e // an open session needs no file
	}
	e.once.Load = scale(part.Load, slowdown)
	if !slices.Contains(d.Held, part.Model) {
		e.once.Fetch = fetch(part.Size, d)
	}
	return e
}

// fetch is the time from asking the repository for n bytes to having them.
func fetch(n unit.Bytes, d *Device) time.Duration {
	return scale(d.FetchRTT+d.FetchRTT/2+transfer(n, d.Down, d.FetchRTT), 1)
}

// initialWindow is what TCP sends before the first acknowledgement: ten
// segments of 1448 bytes (RFC 6928).
const initialWindow unit.Bytes = 10 * 1448

// transfer is the time from the first byte's sending to the last one's arrival
// of n bytes at a goodput of r over an open, idle connection:
//
//	X(n; r) = RTT/2 + 8n/r + Σ max(0, RTT − 2^i·IW/r)
//
// The sum is slow start's: in round i the sender may send 2^i initial windows
// and then waits for the round trip to end. It is over the rounds that end
// before the payload is out, (2^(i+1)−1)·IW < n, and before the window fills
// the pipe, 2^i·IW < r·RTT. It is the static model of the textbooks, without
// loss; Linux falls back to the initial window when a connection was idle.
func transfer(n unit.Bytes, r unit.BitRate, rtt time.Duration) time.Duration {
	if n <= 0 {
		return 0
	}
	t := rtt/2 + min(r.TimeToSend(n), forever)
	for window, sent := initialWindow, initialWindow; sent < n; sent += window {
		stall := rtt - r.TimeToSend(window)
		if stall <= 0 {
			break // the pipe is full from here on
		}
		t += stall
		window *= 2
	}
	return t
}

// forever bounds a phase, so that sums of phases stay what a Duration holds: it
// is 9 years.
const forever time.Duration = math.MaxInt64 / 32

// scale is d·f, at most forever.
func scale(d time.Duration, f float64) time.Duration {
	if f == 1 {
		return min(d, forever)
	}
	x := math.Round(float64(d) * f)
	if x >= float64(forever) {
		return forever
	}
	return time.Duration(x)
}
