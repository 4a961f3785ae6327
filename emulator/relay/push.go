//go:build linux

package relay

import (
	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/unit"
)

// push offers d.frame to the link, whole or in pieces.
func (d *direction) push(s *setting) {
	f := &d.frame
	if f.offload.large() {
		d.pushLarge(s)
		return
	}
	if f.size() > maxFrame {
		s.oversized.Add(1)
	}
	if !f.whole() || int(f.size())-f.missing > slot {
		return
	}
	if f.unfinished || f.offload.unfinished() && !f.offload.finish(f.data) {
		s.unfinished.Add(1)
	}
	room := d.wait.room()
	if room == nil {
		s.missed.Add(1)
		return
	}
	d.shape(s, room, f.write(room[:]))
}

// pushLarge offers the packets that d.frame is to be cut into.
func (d *direction) pushLarge(s *setting) {
	g := &d.segmenter
	if !g.begin(&d.frame, slot) {
		s.oversized.Add(1)
		return
	}
	s.segmented.Add(1)
	for g.more() {
		room := d.wait.room()
		if room == nil {
			s.missed.Add(1)
			return
		}
		d.shape(s, room, g.write(room[:]))
	}
}

// shape asks what becomes of the packet of n bytes in room, and keeps it until
// it is due. All flips of a bit come before it is doubled.
func (d *direction) shape(s *setting, room *[slot]byte, n int) {
	missing := d.frame.missing
	size := unit.Bytes(n + missing)
	due, fate := s.shaper.Push(d.frame.at, size)
	switch {
	case fate&emulator.Lost != 0:
		s.lost.Add(1)
		return
	case fate&emulator.Dropped != 0:
		s.dropped.Add(1)
		return
	}
	mark := fate & emulator.Corrupted
	if mark != 0 {
		bit := s.shaper.Bit(size)
		room[etherHeader-missing+int(bit/8)] ^= 1 << (bit % 8)
	}
	d.wait.add(n, due, mark)
	s.queued.Add(1)
	if fate&emulator.Duplicated == 0 {
		return
	}
	second := d.wait.room()
	if second == nil {
		s.missed.Add(1)
		return
	}
	copy(second[:n], room[:n])
	d.wait.add(n, due, mark|emulator.Duplicated)
}
