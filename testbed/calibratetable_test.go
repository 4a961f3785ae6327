package main

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestTable(t *testing.T) {
	rows := [][]string{
		{"name", "engine", "load", "asked", "achieved", "unit", "off", "within", ""},
		{"send 100 kB at 100 Mbit/s", "relay", "idle", "0.08528", "0.2337", "Mbit/s", "-0.00701", "0.009564", "PASS"},
		{"capacity, one way", "relay", "busy", "1000", "2718", "packets", "+1718", "≥ 500", "off"},
	}
	for _, tt := range []struct{ width, widest, columns int }{
		{100, 93, 9}, // 25+6+4+7+8+7+8+8+4 and 8 gaps of 2
		{90, 85, 9},
		{80, 76, 8}, // without the difference
	} {
		var out strings.Builder
		table(&out, rows, tt.width)
		lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
		if got := utf8.RuneCountInString(lines[1]); got != tt.widest || got > tt.width {
			t.Errorf("width %d: a line of %d, want %d:\n%s", tt.width, got, tt.widest, out.String())
		}
		if has := strings.Contains(lines[0], " off "); has != (tt.columns == 9) || !strings.HasSuffix(lines[2], " off") {
			t.Errorf("width %d:\n%s", tt.width, out.String())
		}
	}
}

func TestNumber(t *testing.T) {
	got := map[string]string{}
	for name, v := range map[string]float64{"large": 14_321.6, "thousand": 1000, "usual": 956.38, "small": 0.085283, "tiny": 0.00004, "nothing": 0.000001} {
		got[name] = number(v, false) + " " + number(-v, true)
	}
	want := map[string]string{
		"large": "14322 -14322", "thousand": "1000 -1000", "usual": "956.4 -956", "small": "0.08528 -0.0853", "tiny": "0.00004 -0.00004", "nothing": "0 0",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("numbers (-want +got):\n%s", diff)
	}
}
