//go:build linux

package calibrate_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/testbed/testbed/emulator/calibrate"
)

// TestBreak: an engine that is broken on purpose is found out, by rows that
// are within their tolerances where it is not.
func TestBreak(t *testing.T) {
	for _, tt := range []struct {
		what, engine string
		parts        []string
		rows         []string // each must be off, and pass without
	}{
		// 64 KiB at 10 Mbit/s are 52 ms of 837; tolerance 17.
		{"burst", "tc", []string{"send"}, []string{"send 1 MB at 10 Mbit/s"}},
		// A packet of offload size leaves a token bucket at once, and its time
		// is saved at the end: some ms of 84; tolerance 1.7.
		{"offload", "tc", []string{"send"}, []string{"send 1 MB at 100 Mbit/s"}},
		// The relay plays frames, not what is larger.
		{"offload", "relay", []string{"send"}, []string{"send 20 kB at 1 Mbit/s"}},
		{"limit", "tc", []string{"queue"}, []string{"queue of 50 packets"}},
		{"limit", "relay", []string{"queue"}, []string{"queue of 50 packets"}},
	} {
		t.Run(tt.what+"/"+tt.engine, func(t *testing.T) {
			need(t, map[string][]string{"tc": {"ingress", "htb"}, "relay": {"relay"}}[tt.engine]...)
			o := calibrate.Options{Engines: []string{tt.engine}, Loads: []string{calibrate.Idle}, Only: tt.parts, Quick: true}
			healthy := measure(t, o)
			o.Break = tt.what
			broken := measure(t, o)
			for _, name := range tt.rows {
				if r, ok := lookUp(healthy, name); !ok || !r.Pass {
					t.Errorf("not broken, %s is off: %+v", name, r)
				}
				// Where nothing arrives, that is the row.
				if r, ok := lookUp(broken, name); ok && r.Pass || !ok && !failed(broken) {
					t.Errorf("broken, %s passes: %+v", name, r)
				}
			}
		})
	}
}

func measure(t *testing.T, o calibrate.Options) []calibrate.Row {
	t.Helper()
	r, err := calibrate.Run(t.Context(), o, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range r.Rows {
		t.Logf("break %q: %s: asked %.4g, achieved %.4g %s: %v", o.Break, row.Name, row.Asked, row.Achieved, row.Unit, row.Pass)
	}
	return r.Rows
}

func lookUp(rows []calibrate.Row, name string) (calibrate.Row, bool) {
	i := slices.IndexFunc(rows, func(r calibrate.Row) bool { return r.Name == name })
	if i < 0 {
		return calibrate.Row{}, false
	}
	return rows[i], true
}

// failed reports whether a part could not be measured.
func failed(rows []calibrate.Row) bool {
	return slices.ContainsFunc(rows, func(r calibrate.Row) bool { return strings.HasSuffix(r.Name, " measured") && !r.Pass })
}
