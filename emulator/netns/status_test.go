//go:build linux

package netns

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/testbed/testbed/emulator/lag"
	"github.com/testbed/testbed/emulator/relay"
	"github.com/testbed/testbed/emulator/tc"
)

// TestRelayed: what the relay counts is what is said of it.
func TestRelayed(t *testing.T) {
	l := &link{reason: "as asked"}
	got := l.relayed(relay.Stats{
		Packets: 1, Bytes: 2, Lost: 3, Dropped: 4, Queued: 5, Failed: 6, Duplicated: 7, Corrupted: 8, Segmented: 9,
		Missed: 10, Oversized: 11, Unfinished: 12, LagP50: 13, LagP99: 14, LagMax: 15, Clock: 16,
		Lag: []lag.Bin{{AtMost: 17, Count: 18}, {AtMost: 19, Count: 20}},
	})
	want := LinkStatus{
		Engine:  "relay",
		Reason:  "as asked; 10 frames never seen; 6 frames not taken by the kernel; 11 frames oversized; 12 frames without checksum",
		Packets: 1, Bytes: 2, Lost: 3, Dropped: 4, Duplicated: 7, Corrupted: 8,
		LagP50: 13, LagP99: 14, LagMax: 15, Lag: []LagBin{{17, 18}, {19, 20}}, Clock: 16,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("status (-want +got):\n%s", diff)
	}
}

// TestAddPlayed: the same of a player of the kernel.
func TestAddPlayed(t *testing.T) {
	s := LinkStatus{Engine: "tc"}
	s.addPlayed(tc.PlayStats{Steps: 1, Done: 2, LateP50: 3, LateP99: 4, LateMax: 5, Clamped: 6, Errors: 7, Err: errors.New("no buffer")})
	want := LinkStatus{
		Engine: "tc",
		Reason: "; the kernel refused 7 changes, first: no buffer",
		Steps:  Steps{Due: 1, Done: 2, LateP50: 3, LateP99: 4, Max: 5, Clamped: 6},
	}
	if diff := cmp.Diff(want, s); diff != "" {
		t.Errorf("status (-want +got):\n%s", diff)
	}
}
