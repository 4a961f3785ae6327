package selector

import (
	"math"
	"slices"
	"time"

	"github.com/testbed/testbed/emulator/unit"
)

// initialWindow is what TCP sends before the first acknowledgement: ten
// segments of 1448 bytes (RFC 6928).
const initialWindow unit.Bytes = 10 * 1448

// Expected returns the phases that opt would take if what o measured stayed as
// it is and the node computed slowdown times as long as when it was profiled:
//
//	Upload     = X(o.Upload; o.Up)
//	Queue      = 0, in a closed loop
//	Fetch      = 3/2·RTT + X(opt.Size; o.Down)   0 if the node holds the file
//	Load       = opt.Load · slowdown             0 if it has an open session
//	Preprocess = opt.Preprocess · slowdown
//	Infer      = opt.Infer · slowdown
//	Download   = X(o.Download; o.Down)
//
// The 3/2·RTT of Fetch are one round trip for a new connection and half of
// one for the request. X is the time of a transfer by TCP (see transfer).
//
// What o does not know is zero and counts as nothing: an unknown rate as a
// link without limit, an unknown round trip as none. A policy that has
// measured nothing so tries the network once rather than never.
// A slowdown below 1 is a node faster than its profile.
func Expected(o Observation, opt Option, slowdown float64) Phases {
	p := Phases{
		Upload:     transfer(o.Upload, o.Up, o.RTT),
		Preprocess: scale(opt.Preprocess, slowdown),
		Infer:      scale(opt.Infer, slowdown),
		Download:   transfer(o.Download, o.Down, o.RTT),
	}
	if slices.Contains(o.Loaded, opt.Model) {
		return p // an open session needs no file
	}
	p.Load = scale(opt.Load, slowdown)
	if !slices.Contains(o.Held, opt.Model) {
		p.Fetch = o.RTT + o.RTT/2 + transfer(opt.Size, o.Down, o.RTT)
	}
	return p
}

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
	t := rtt/2 + r.TimeToSend(n)
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

// scale is d·f, at most what a Duration holds.
func scale(d time.Duration, f float64) time.Duration {
	x := math.Round(float64(d) * f)
	if x >= math.MaxInt64 {
		return math.MaxInt64
	}
	return time.Duration(x)
}
