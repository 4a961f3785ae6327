package plots

import (
	"bytes"
	"image/png"
	"math"
	"slices"
	"strings"
	"testing"
)

func calibration() []CalibrationRow {
	return []CalibrationRow{
		{"goodput at 1 Mbit/s", "relay", "idle", 0.1, true},
		{"goodput at 1 Mbit/s", "relay", "busy", -0.3, true},
		{"goodput at 1 Mbit/s", "tc", "idle", 0.9, true},
		{"transfer of 20 kB at 1 Mbit/s", "tc", "idle", -6.82, false},
		{"fates that differ for one seed", "relay", "idle", math.Inf(1), false},
		{"round trip without link, median", "none", "idle", 0.02, true},
	}
}

// TestCalibration: each name is a row once, each engine and load a key, and
// what is off the axis has its number.
func TestCalibration(t *testing.T) {
	f, err := Calibration("this machine", calibration())
	if err != nil || f.Note != "" {
		t.Fatal(err, f.Note)
	}
	got := texts(t, f.SVG)
	count := func(s string) (n int) {
		for _, g := range got {
			if strings.TrimSpace(g) == s {
				n++
			}
		}
		return n
	}
	for _, s := range []string{"goodput at 1 Mbit/s", "relay, idle", "relay, busy", "tc, idle", "none, idle", "-6.82", "not 0"} {
		if count(s) != 1 {
			t.Errorf("%q is there %d times, want once, in %q", s, count(s), got)
		}
	}
	if slices.Contains(got, "tc, busy") {
		t.Error("a key of nothing")
	}
	if _, err := png.Decode(bytes.NewReader(f.PNG)); err != nil {
		t.Error(err)
	}
	if _, err := Calibration("", nil); err == nil {
		t.Error("a figure of nothing")
	}
}
