package worldtest

import (
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/trace"
	"github.com/testbed/testbed/emulator/unit"
)

// perfect: the zero Link delivers everything, once, whole, in order, at once.
func perfect(r *run) {
	packets := paced(200, 64, 0, 200*time.Microsecond)
	for i := range packets {
		packets[i].Size += unit.Bytes(i * 7)
	}
	s := r.send(emulator.Link{}, packets).all().inOrder()
	s.at("a perfect wire", s.sent)
}

// rate: packets that come at once leave one after the other, each after 8n/R.
func rate(r *run) {
	s := r.send(emulator.Link{Rate: fullEachMs}, burst(40, full, 0)).all().inOrder()
	s.at("a burst", served(s.sent, s.packets, steady(fullEachMs), whole))

	packets := burst(60, 64, 0) // sizes from 64 to 1480 bytes
	for i := range packets {
		packets[i].Size += unit.Bytes(i * 24)
	}
	const slower = 5 * unit.Mbps // 74 ms in all
	s = r.send(emulator.Link{Rate: slower}, packets).all().inOrder()
	s.at("many sizes", served(s.sent, s.packets, steady(slower), whole))
}

// idle: what a bottleneck did not send while nothing was there is not saved
// up.
func idle(r *run) {
	packets := append(burst(3, full, 0), burst(10, full, 60*ms)...)
	s := r.send(emulator.Link{Rate: fullEachMs}, packets).all().inOrder()
	s.at("after a pause", served(s.sent, s.packets, steady(fullEachMs), whole))
}

// layers: the rate counts what Layer says.
func layers(r *run) {
	for _, tt := range []struct {
		layer  emulator.Layer
		counts func(unit.Bytes) unit.Bytes
	}{
		{emulator.Ethernet, whole},
		{emulator.IP, func(n unit.Bytes) unit.Bytes { return n - 14 }},
		{emulator.Wire, func(n unit.Bytes) unit.Bytes { return n + 24 }},
	} {
		// 200 small packets: headers are a great part of them.
		l := emulator.Link{Rate: 2 * unit.Mbps, Layer: tt.layer}
		s := r.send(l, burst(200, small, 0)).all().inOrder()
		s.at([]string{"ethernet", "ip", "wire"}[tt.layer], served(s.sent, s.packets, steady(l.Rate), tt.counts))
	}
}

// oneShot: the last byte of a transfer is there after d + 8·(n + 66·⌈n/1448⌉)/R
// (reference: F2).
func oneShot(r *run) {
	for _, n := range []unit.Bytes{1000, 20_000, 100_000} {
		var packets []Packet
		for left := n; left > 0; left -= 1448 {
			packets = append(packets, Packet{0, min(left, 1448) + 66})
		}
		s := r.send(emulator.Link{Rate: fullEachMs}, packets).all()
		last := len(packets) - 1
		want := s.sent[0] + fullEachMs.TimeToSend(n+66*unit.Bytes(len(packets)))
		if got := s.first[last]; got < want-s.early()-rounding || got > want+max(2*r.Late, (want-s.sent[0])/50)+rounding {
			r.Errorf("%d bytes took %v, want %v", n, got-s.sent[0], want-s.sent[0])
		}
	}
}

// outage: during one the bottleneck stands still, and what was being sent goes
// on after it.
func outage(r *run) {
	l := emulator.Link{Rate: fullEachMs, Outages: []emulator.Outage{{From: 50 * ms, To: 90 * ms, Every: 100 * ms}}}
	packets := paced(14, full, 40*ms+ms/2, 10*ms) // one is being sent when an outage begins
	s := r.send(l, packets).all().inOrder()
	var paces []pace
	for k := range 20 {
		base := time.Duration(k) * 100 * ms
		paces = append(paces, pace{base, float64(l.Rate)}, pace{base + 50*ms, 0}, pace{base + 90*ms, float64(l.Rate)})
	}
	s.at("outages", served(s.sent, s.packets, paces, whole))
}

// rateSteps: the bottleneck follows a Series. What is left of a packet goes on
// at the new rate.
func rateSteps(r *run) {
	r.series(&trace.Series{
		Name:   "steps",
		At:     []time.Duration{0, 80*ms + ms/4, 160 * ms},
		Value:  []float64{float64(fullEachMs), float64(fullEachMs) / 2, 2 * float64(fullEachMs)},
		Period: 250 * ms,
	})
}

// rates: and at 0 it stands still.
func rates(r *run) {
	r.series(&trace.Series{
		Name:   "rates",
		At:     []time.Duration{0, 30 * ms, 70 * ms, 95*ms + ms/4},
		Value:  []float64{float64(fullEachMs), float64(fullEachMs) / 2, 0, 2 * float64(fullEachMs)},
		Period: 150 * ms,
	})
}

func (r *run) series(series *trace.Series) {
	s := r.send(emulator.Link{Rates: series}, burst(250, full, 0)).all().inOrder()
	var paces []pace
	for k := range 10 {
		for i, at := range series.At {
			paces = append(paces, pace{r.age.Truncate(series.Period) + time.Duration(k)*series.Period + at, series.Value[i]})
		}
	}
	s.at("a rate that changes", served(s.sent, s.packets, paces, whole))
}

// traced: packets leave at the opportunities of a Trace; one that is not used
// is gone, and small packets share one.
func traced(r *run) {
	t := &trace.Trace{Name: "trace", At: []time.Duration{2 * ms, 6 * ms, 6 * ms}, Period: 10 * ms, Quantum: full}
	packets := burst(30, full, 0)
	packets = append(packets, burst(4, full/2, 200*ms)...)
	s := r.send(emulator.Link{Trace: t}, packets).all().inOrder()
	want := make([]time.Duration, len(packets))
	next, left := t.Before(s.sent[0]), full
	for i, p := range packets {
		if t.Opportunity(next) < s.sent[i] {
			next, left = t.Before(s.sent[i]), full
		}
		if p.Size > left {
			next++
			left += full
		}
		left -= p.Size
		want[i] = t.Opportunity(next)
	}
	s.at("opportunities", want)
}

// idlePenalty: the first packet after a pause waits for the radio, those after
// it only for that one.
func idlePenalty(r *run) {
	l := emulator.Link{Rate: fullEachMs, IdlePenalty: 30 * ms, IdleAfter: 50 * ms}
	packets := []Packet{{0, full}, {45 * ms, full}, {145 * ms, full}, {150 * ms, full}, {200 * ms, full}, {330 * ms, full}, {361 * ms, full}}
	s := r.send(l, packets).all().inOrder()
	want := make([]time.Duration, len(packets))
	// Whether a link begins asleep is not said: the first says it.
	want[0] = s.first[0]
	for i := 1; i < len(want); i++ {
		start := max(want[i-1], s.sent[i])
		if s.sent[i]-want[i-1] >= l.IdleAfter {
			start += l.IdlePenalty
		}
		want[i] = start + ms
	}
	s.at("a link that falls asleep", want)
}

// aged: a link that is set at an age stands as it does then.
func aged(r *run) {
	// Whole periods of all that varies in these, and then 40 ms.
	r.age = time.Hour + 40*ms
	rates(r)
	rateSteps(r)
	traced(r)
	delays(r)
}
