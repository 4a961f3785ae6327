//go:build linux

package calibrate_test

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/testbed/testbed/emulator/calibrate"
	"github.com/testbed/testbed/emulator/trace"
)

// TestRun measures all that a relay has, shortly, and holds the rows to what is
// said of them. Whether they pass is for a machine that does nothing else; of
// these rows only those are held to it that no load can change.
func TestRun(t *testing.T) {
	need(t, "relay")
	recorded, err := os.ReadFile("../../scenarios/traces/lte.down")
	if err != nil {
		t.Fatal(err)
	}
	tr, err := trace.ParseMahimahi(strings.NewReader(string(recorded)), "lte.down")
	if err != nil {
		t.Fatal(err)
	}
	last, all := -1, 0
	o := calibrate.Options{Engines: []string{"relay"}, Loads: []string{calibrate.Busy}, Quick: true, Trace: tr}
	r, err := calibrate.Run(t.Context(), o, func(done, total int, what string) {
		if done < last || done > total {
			t.Errorf("%d of %d done after %d (%s)", done, total, last, what)
		}
		last, all = done, total
	})
	if err != nil {
		t.Fatal(err)
	}
	if last != all || all == 0 {
		t.Errorf("%d of %d done at the end", last, all)
	}
	var names []string
	for _, row := range r.Rows {
		t.Logf("%-26s %-6s %s %9.4g %9.4g %-8s %v %s", row.Name, row.Engine, row.Load, row.Asked, row.Achieved, row.Unit, row.Pass, row.Why)
		if slices.Contains(names, row.Name) {
			t.Errorf("%s: there are two", row.Name)
		}
		names = append(names, row.Name)
		consistent(t, row)
	}
	for _, name := range []string{
		"goodput at 100 Mbit/s", "goodput at 1 Gbit/s", "capacity, one way", "round trip without link", "round trip, median",
		"round trip, p99 of error", "send 1 kB at 1 Mbit/s", "send 1 MB at 100 Mbit/s", "queue of 50 packets", "loss",
		"loss in bursts", "mean burst of losses", "fates that differ", "lateness of steps, p99", "trace, bytes by second",
		"trace, bytes in all", "world of 4 nodes, up", "world of 4 nodes, down",
	} {
		if !slices.Contains(names, name) {
			t.Errorf("no row %q", name)
		}
	}
	for _, row := range r.Rows {
		if row.Name == "fates that differ" && !row.Pass {
			t.Errorf("%+v", row)
		}
	}
	if len(r.Missing) > 0 {
		t.Errorf("the relay cannot: %q", r.Missing)
	}
}

// consistent holds a row to its own comment, and its JSON to what programs
// read.
func consistent(t *testing.T, row calibrate.Row) {
	t.Helper()
	off := row.Achieved - row.Asked
	pass := math.Abs(off) <= row.Tolerance
	switch row.Bound {
	case calibrate.Least:
		pass = off >= -row.Tolerance
	case calibrate.Most:
		pass = off <= row.Tolerance
	}
	if pass != row.Pass || row.Pass != (row.Why == "") || row.Unit == "" || row.Load != calibrate.Busy {
		t.Errorf("%+v", row)
	}
	data, err := json.Marshal(row)
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]any
	if err := json.Unmarshal(data, &fields); err != nil {
		t.Fatal(err)
	}
	for _, f := range []string{"name", "engine", "load", "asked", "achieved", "unit", "tolerance", "pass"} {
		if _, ok := fields[f]; !ok {
			t.Errorf("%s: no %q in %s", row.Name, f, data)
		}
	}
}

// TestInterrupted: what was measured before is returned with the error.
func TestInterrupted(t *testing.T) {
	need(t, "relay")
	ctx, cancel := context.WithCancel(t.Context())
	o := calibrate.Options{Engines: []string{"relay"}, Loads: []string{calibrate.Idle}, Only: []string{"queue", "send"}, Quick: true}
	r, err := calibrate.Run(ctx, o, func(_, _ int, what string) {
		if strings.HasSuffix(what, "queue") { // the second of them
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) || len(r.Rows) == 0 {
		t.Errorf("%d rows, %v", len(r.Rows), err)
	}
	for _, row := range r.Rows {
		if !strings.HasPrefix(row.Name, "send") {
			t.Errorf("a row of what was interrupted: %+v", row)
		}
	}
}

func TestOptions(t *testing.T) {
	for _, tt := range []struct {
		o    calibrate.Options
		want string
	}{
		{calibrate.Options{Engines: []string{"ns3"}}, `engine "ns3": want relay or tc`},
		{calibrate.Options{Engines: []string{"relay"}, Loads: []string{"full"}}, `load "full": want idle or busy`},
		{calibrate.Options{Engines: []string{"relay"}, Only: []string{"jitter"}}, `part "jitter": want one of [goodput capacity`},
	} {
		need(t, "relay")
		_, err := calibrate.Run(t.Context(), tt.o, nil)
		if err == nil || !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("%+v: %v, want %s", tt.o, err, tt.want)
		}
	}
}
