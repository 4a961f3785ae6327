package emulator_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/trace"
	"github.com/testbed/testbed/emulator/unit"
)

func TestLayerSize(t *testing.T) {
	for _, tt := range []struct {
		layer   emulator.Layer
		n, want unit.Bytes
	}{
		{emulator.Ethernet, 1514, 1514},
		{emulator.Ethernet, 0, 0},
		{emulator.IP, 1514, 1500},
		{emulator.IP, 15, 1},
		{emulator.IP, 14, 0},
		{emulator.IP, 0, 0},
		{emulator.Wire, 1514, 1538}, // 1514 + 4 checksum + 8 preamble + 12 gap
		{emulator.Wire, 61, 85},
		{emulator.Wire, 60, 84}, // 60 + 4 is the shortest frame, of 64
		{emulator.Wire, 59, 84},
		{emulator.Wire, 0, 84},
	} {
		if got := tt.layer.Size(tt.n); got != tt.want {
			t.Errorf("%v: %d bytes take %d, want %d", tt.layer, tt.n, got, tt.want)
		}
	}
}

func TestLayersAndShapesAsText(t *testing.T) {
	type both struct {
		Layer emulator.Layer
		Shape emulator.Shape
	}
	for want, v := range map[string]both{
		`{"Layer":"ethernet","Shape":"uniform"}`: {},
		`{"Layer":"ip","Shape":"normal"}`:        {emulator.IP, emulator.Normal},
		`{"Layer":"wire","Shape":"pareto"}`:      {emulator.Wire, emulator.Pareto},
	} {
		text, err := json.Marshal(v)
		if err != nil || string(text) != want {
			t.Errorf("%s, %v; want %s", text, err, want)
		}
		var back both
		if err := json.Unmarshal(text, &back); err != nil || back != v {
			t.Errorf("%s: %v, %v", text, back, err)
		}
	}
	for _, v := range []any{emulator.Layer(3), emulator.Layer(-1), emulator.Shape(3), emulator.Shape(-1)} {
		if text, err := json.Marshal(v); err == nil {
			t.Errorf("%d is written as %s", v, text)
		}
	}
	for text, v := range map[string]interface{ UnmarshalText([]byte) error }{
		`"IP": want ethernet, ip or wire`:            new(emulator.Layer),
		`"gauss": want uniform, normal or pareto`:    new(emulator.Shape),
		`"": want uniform, normal or pareto`:         new(emulator.Shape),
		`"Layer(7)": want ethernet, ip or wire`:      new(emulator.Layer),
		`"Shape(7)": want uniform, normal or pareto`: new(emulator.Shape),
	} {
		var word string
		for i := 1; text[i] != '"'; i++ {
			word += string(text[i])
		}
		if err := v.UnmarshalText([]byte(word)); err == nil || err.Error() != text {
			t.Errorf("%v, want %s", err, text)
		}
	}
	if got := emulator.Layer(7).String() + emulator.Shape(-7).String(); got != "Layer(7)Shape(-7)" {
		t.Error(got)
	}
}

// TestLayerIsAllTheRateCounts: each layer has its own time for a packet, and
// nothing but the time differs: the queue counts Ethernet bytes on each.
func TestLayerIsAllTheRateCounts(t *testing.T) {
	const us = time.Microsecond
	tr := &trace.Trace{Name: "every ms", At: []time.Duration{1 * ms}, Period: 1 * ms, Quantum: 1514}
	for _, tt := range []struct {
		layer        emulator.Layer
		full, little time.Duration // at a byte a microsecond, of 1514 and 54 bytes
		second       time.Duration // of two packets of 800 bytes by the trace
	}{
		{emulator.Ethernet, 1514 * us, 54 * us, 2 * ms}, // 1600 of 1514
		{emulator.IP, 1500 * us, 40 * us, 2 * ms},       // 1572 of 1500
		{emulator.Wire, 1538 * us, 84 * us, 2 * ms},     // 1648 of 1538
	} {
		link := emulator.Link{Layer: tt.layer, Rate: 8 * unit.Mbps, Queue: 1514 + 54}
		s := emulator.NewShaper(link, nil)
		if out, _ := s.Push(0, 1514); out != tt.full {
			t.Errorf("%v: a full frame takes %v, want %v", tt.layer, out, tt.full)
		}
		if out, fate := s.Push(0, 54); out != tt.full+tt.little || fate != emulator.Delivered {
			t.Errorf("%v: 54 bytes more take until %v, %v; want %v", tt.layer, out, fate, tt.full+tt.little)
		}
		if got := s.Queued(0); got != 1568 {
			t.Errorf("%v: %d bytes queued, want 1568", tt.layer, got)
		}
		s = emulator.NewShaper(emulator.Link{Layer: tt.layer, Trace: tr}, nil)
		for i := range 5 { // a full packet is one opportunity on each layer
			if out, _ := s.Push(0, 1514); out != time.Duration(i+1)*ms {
				t.Errorf("%v: packet %d out at %v", tt.layer, i, out)
			}
		}
		s = emulator.NewShaper(emulator.Link{Layer: tt.layer, Trace: tr}, nil)
		s.Push(0, 800)
		if out, _ := s.Push(0, 800); out != tt.second {
			t.Errorf("%v: second packet out at %v, want %v", tt.layer, out, tt.second)
		}
	}
	// Two packets that fit one opportunity with their headers' share on IP and
	// Ethernet, 764 + 750, do not on Wire: 788 + 774 = 1562 of 1538.
	for layer, want := range map[emulator.Layer]time.Duration{emulator.Ethernet: 1 * ms, emulator.IP: 1 * ms, emulator.Wire: 2 * ms} {
		s := emulator.NewShaper(emulator.Link{Layer: layer, Trace: tr}, nil)
		s.Push(0, 764)
		if out, _ := s.Push(0, 750); out != want {
			t.Errorf("%v: second packet out at %v, want %v", layer, out, want)
		}
	}
}
