//go:build linux

package relay_test

import (
	"bytes"
	"io"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/unit"
)

// right4 and right6 are where a server listens.
const right4, right6 = "10.0.0.2:5000", "[fd00::2]:5000"

// TestGoodput holds TCP through a link to R · 1448/1514: 1448 bytes of payload
// in each full frame.
func TestGoodput(t *testing.T) {
	forEach(t, func(t *testing.T, k kind) {
		h := newHosts(t, k)
		const rate = 20 * unit.Mbps
		h.relay.Set(emulator.Link{Rate: rate, Delay: 5 * ms, Queue: 100 * 1514}, emulator.Link{Delay: 5 * ms}, 1)
		client, server := h.connect(t, right4)
		go func() {
			chunk := make([]byte, 64<<10)
			for {
				if _, err := client.Write(chunk); err != nil {
					return
				}
			}
		}()
		// The queue is full after the first 300 kB; then 1.5 MB take 0.6 s.
		if _, err := io.CopyN(io.Discard, server, 300_000); err != nil {
			t.Fatal(err)
		}
		const n unit.Bytes = 1_500_000
		start := time.Now()
		if _, err := io.CopyN(io.Discard, server, int64(n)); err != nil {
			t.Fatal(err)
		}
		got, want := unit.Over(n, time.Since(start)), float64(rate)*1448/1514
		t.Logf("%v, want %.0f: %+.2f %%", got, want, 100*(float64(got)/want-1))
		s, _ := h.relay.Stats()
		t.Logf("segmented %d; lag p50 %v, p99 %v, max %v", s.Segmented, s.LagP50, s.LagP99, s.LagMax)
		// What the reader was late by lets it see more in less time, and so does
		// a busy machine the other way round.
		if float64(got) > 1.05*want || float64(got) < 0.7*want {
			t.Errorf("goodput %v, want %.0f", got, want)
		}
		checkClean(t, s)
		if k.offload != (s.Segmented > 0) {
			t.Errorf("%d large frames were cut", s.Segmented)
		}
	})
}

// TestOneShot: 20 kB at 1 Mbps take no less than their 14 frames do,
// 8 · (20 000 + 14 · 66) / 10⁶ s = 167.4 ms, though the host sends them as one
// or two. The frame that opened the connection may make the first wait, never
// the last hurry.
func TestOneShot(t *testing.T) {
	forEach(t, func(t *testing.T, k kind) {
		h := newHosts(t, k)
		h.relay.Set(emulator.Link{Rate: unit.Mbps}, emulator.Link{}, 1)
		client, server := h.connect(t, right4)
		time.Sleep(20 * ms) // what opened the connection is through
		const want = 167_392 * time.Microsecond
		start := time.Now()
		if _, err := client.Write(make([]byte, 20_000)); err != nil {
			t.Fatal(err)
		}
		if _, err := io.CopyN(io.Discard, server, 20_000); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(start); took < want || took > want+late {
			t.Errorf("took %v, want %v", took, want)
		}
		s, _ := h.relay.Stats()
		checkClean(t, s)
	})
}

// TestBytesArrive sends random bytes both ways over IPv4 and IPv6. Their
// checksums are the far kernel's to check: a wrong one would be lost for good.
func TestBytesArrive(t *testing.T) {
	forEach(t, func(t *testing.T, k kind) {
		h := newHosts(t, k)
		h.addIPv6(t)
		sent := make([]byte, 3_000_001)
		rand.NewChaCha8([32]byte{1}).Read(sent)
		for _, address := range []string{right4, right6} {
			client, server := h.connect(t, address)
			for _, way := range []struct {
				from io.Writer
				to   io.Reader
			}{{client, server}, {server, client}} {
				go way.from.Write(sent)
				got := make([]byte, len(sent))
				if _, err := io.ReadFull(way.to, got); err != nil || !bytes.Equal(got, sent) {
					t.Errorf("%s: %v, or other bytes came", address, err)
				}
			}
		}
		ab, ba := h.relay.Stats()
		checkClean(t, ab)
		checkClean(t, ba)
		if k.offload != (ab.Segmented > 0) || k.offload != (ba.Segmented > 0) {
			t.Errorf("%d and %d large frames were cut", ab.Segmented, ba.Segmented)
		}
	})
}
