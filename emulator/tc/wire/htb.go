package wire

import (
	"math"
	"strconv"

	"github.com/testbed/testbed/emulator/unit"
)

// Attributes of HTB.
const (
	htbParms  = 1
	htbInit   = 2
	htbRate64 = 6
	htbCeil64 = 7
)

// HTB are the settings of an HTB qdisc: the minor number of the class of all
// that no filter puts elsewhere. Without one it would pass unshaped.
type HTB struct{ Default uint32 }

func (*HTB) Kind() string { return "htb" }

// options is a struct tc_htb_glob: version, rate2quantum, defcls, debug,
// direct_pkts.
func (h *HTB) options() []byte {
	const version, rateToQuantum = 3, 10
	glob := u32(u32(u32(u32(u32(nil, version), rateToQuantum), h.Default), 0), 0)
	return attribute(nil, htbInit, glob)
}

func readHTB(b []byte) (*HTB, error) {
	a, err := attributes(b)
	if err != nil {
		return nil, err
	}
	if err := short(a[htbInit], 12); err != nil {
		return nil, err
	}
	return &HTB{Default: getU32(a[htbInit][8:])}, nil
}

func (h *HTB) fields() []field { return []field{{"default class", int64(h.Default), 0}} }
func (h *HTB) words() []string { return []string{"default", strconv.FormatUint(uint64(h.Default), 16)} }

// HTBClass are the settings of a class of HTB that borrows nothing: its
// ceiling is its rate.
type HTBClass struct {
	Rate    uint64     // bytes/s, not 0
	Burst   unit.Bytes // of the token bucket; BucketTicks(Burst, Rate) must not be 0
	Quantum uint32     // bytes; 0: from the rate, with a kernel warning

	// What Rate counts of each packet besides its length, and the least that
	// it counts.
	Overhead, Least uint16
}

func (*HTBClass) Kind() string { return "htb" }

// options is a struct tc_htb_opt: two rates, buffer, cbuffer, quantum, level
// and priority.
func (c *HTBClass) options() []byte {
	var b []byte
	if c.Rate > math.MaxUint32 {
		b = attribute64(b, htbRate64, c.Rate)
		b = attribute64(b, htbCeil64, c.Rate)
	}
	spec := rateSpec(c.Rate, c.Overhead, c.Least)
	ticks := BucketTicks(c.Burst, c.Rate)
	opt := append(append([]byte(nil), spec...), spec...)
	opt = u32(u32(u32(u32(u32(opt, ticks), ticks), c.Quantum), 0), 0)
	return attribute(b, htbParms, opt)
}

// rateSpec is a struct tc_ratespec: cell_log, linklayer, overhead, cell_align,
// mpu, rate. With a link layer given, the kernel wants no table of times.
func rateSpec(rate uint64, overhead, least uint16) []byte {
	const ethernet = 1
	b := []byte{0, ethernet}
	b = u16(b, overhead)
	b = u16(b, 0)
	b = u16(b, least)
	return u32(b, uint32(min(rate, math.MaxUint32)))
}

// rateSpecSize is that of struct tc_ratespec.
const rateSpecSize = 12

func readHTBClass(b []byte) (*HTBClass, error) {
	a, err := attributes(b)
	if err != nil {
		return nil, err
	}
	p := a[htbParms]
	if err := short(p, 2*rateSpecSize+20); err != nil {
		return nil, err
	}
	c := &HTBClass{
		Rate:     max(uint64(getU32(p[8:])), value64(a[htbRate64])),
		Overhead: getU16(p[2:]),
		Least:    getU16(p[6:]),
		Quantum:  getU32(p[2*rateSpecSize+8:]),
	}
	c.Burst = bucket(getU32(p[2*rateSpecSize:]), c.Rate)
	return c, nil
}

// bucket returns the bytes that pass in ticks at rate, rounded down: at most a
// tick's worth more than what BucketTicks was asked for.
func bucket(ticks uint32, rate uint64) unit.Bytes {
	return unit.Bytes(float64(ticks) * Tick.Seconds() * float64(rate))
}

func (c *HTBClass) fields() []field {
	return []field{
		{"rate in bytes/s", int64(c.Rate), 0},
		{"bucket in ticks", int64(BucketTicks(c.Burst, c.Rate)), 1},
		{"quantum in bytes", int64(c.Quantum), 0},
		{"overhead in bytes", int64(c.Overhead), 0},
		{"least packet in bytes", int64(c.Least), 0},
	}
}

func (c *HTBClass) words() []string {
	burst := strconv.FormatInt(int64(c.Burst), 10)
	w := []string{"rate", bitRate(c.Rate), "ceil", bitRate(c.Rate), "burst", burst, "cburst", burst,
		"quantum", strconv.FormatUint(uint64(c.Quantum), 10)}
	if c.Overhead != 0 {
		w = append(w, "overhead", strconv.Itoa(int(c.Overhead)))
	}
	if c.Least != 0 {
		w = append(w, "mpu", strconv.Itoa(int(c.Least)))
	}
	return w
}
