package formats_test

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/testbed/testbed/emulator/trace"
	"github.com/testbed/testbed/emulator/trace/formats"
)

func TestWriteCSV(t *testing.T) {
	down := networkColumn("down", formats.Rate, 2500*ms, []time.Duration{0, 500 * ms}, 12e6, 1)
	loss := networkColumn("loss", formats.Loss, 2500*ms, []time.Duration{0, 2 * sec}, 0, .02)
	long := networkColumn("a: b,c", formats.Utilization, 3*sec+1, []time.Duration{0, 500 * ms}, .125, 1)
	long.Wrap = trace.Stop
	r := &formats.Recording{Name: "x.csv", Format: "irish", Notes: []string{"gaps: 1\n"}, Columns: []formats.Column{down, loss, long}}
	const want = `# source: x.csv (irish)
# note: gaps: 1 
# hold: start
# length_s: 2.5
# length_s of a: b,c: 3.000000001
# wrap: loop
# wrap of a: b,c: stop
t_s,down_kbps,loss,"a: b,c_pct"
0,12000,0,12.5
0.5,0.001,,100
2,,0.02,
`
	var out bytes.Buffer
	if err := formats.WriteCSV(&out, r); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	got, err := formats.Read(&out, "f", "")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(r.Columns, got.Columns); diff != "" {
		t.Errorf("read back (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"source: x.csv (irish)", "gaps: 1"}, got.Notes); diff != "" {
		t.Errorf("notes (-want +got):\n%s", diff)
	}
}

// randomRecording has columns of all quantities, with values from the smallest
// to the largest that there are.
func randomRecording(rng *rand.Rand) *formats.Recording {
	r := &formats.Recording{Name: "random", Format: "none"}
	for i := range 1 + rng.IntN(4) {
		c := formats.Column{Name: fmt.Sprintf("c%d", i), Quantity: formats.Quantity(rng.IntN(4))}
		if c.Quantity == formats.Loss {
			c.Name += " loss"
		}
		c.Series.Name = "f"
		at := time.Duration(0)
		for range 1 + rng.IntN(20) {
			v := math.Abs(math.Float64frombits(rng.Uint64()))
			if rng.IntN(3) == 0 || math.IsNaN(v) || v > 1e300 {
				v = rng.Float64() * 1e9
			}
			if c.Quantity == formats.Loss || c.Quantity == formats.Utilization {
				v = rng.Float64()
			}
			c.At, c.Value = append(c.At, at), append(c.Value, v)
			at += 1 + time.Duration(rng.Int64N(int64(sec)))
		}
		c.Period, c.Wrap = at, trace.Wrap(rng.IntN(3))
		r.Columns = append(r.Columns, c)
	}
	return r
}

// TestWriteCSVRoundTrip: to the last bit.
func TestWriteCSVRoundTrip(t *testing.T) {
	for seed := range uint64(500) {
		r := randomRecording(rand.New(rand.NewPCG(seed, 7)))
		var out bytes.Buffer
		if err := formats.WriteCSV(&out, r); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		text := out.String()
		got, err := formats.Read(&out, "f", "")
		if err != nil {
			t.Fatalf("seed %d: %v\n%s", seed, err, text)
		}
		if diff := cmp.Diff(r.Columns, got.Columns); diff != "" {
			t.Fatalf("seed %d (-want +got):\n%s\n%s", seed, diff, text)
		}
	}
}

// TestWriteCSVOfAll: what is read from any format can be written.
func TestWriteCSVOfAll(t *testing.T) {
	for _, tt := range networkExamples {
		r, err := formats.Read(strings.NewReader(tt.in), "f", tt.format)
		if err != nil || r.Trace != nil {
			continue
		}
		var out bytes.Buffer
		if err := formats.WriteCSV(&out, r); err != nil {
			t.Errorf("%s: %v", tt.format, err)
			continue
		}
		got, err := formats.Read(&out, "f", "")
		if err != nil {
			t.Errorf("%s: %v", tt.format, err)
			continue
		}
		if diff := cmp.Diff(r.Columns, got.Columns); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.format, diff)
		}
	}
}

func TestWriteCSVErrors(t *testing.T) {
	rate := networkColumn("down", formats.Rate, sec, []time.Duration{0}, 1)
	named := func(name string, q formats.Quantity) formats.Column {
		c := rate
		c.Name, c.Quantity = name, q
		return c
	}
	bad := rate
	bad.Period = 0
	for want, columns := range map[string][]formats.Column{
		"r: no columns to write: want rates, or the mahimahi format":                                              nil,
		"column down: f: period 0s: want above 0s and at most 8784h0m0s":                                          {bad},
		`column "down": want it once`:                                                                             {rate, named("down", formats.Delay)},
		`column "loss": want loss in the names of losses, and of losses only`:                                     {named("loss", formats.Utilization)},
		`column "lost": want loss in the names of losses, and of losses only`:                                     {named("lost", formats.Loss)},
		"column x: quantity 4: want rate, delay, loss or utilization":                                             {named("x", 4)},
		`column "": want a name without quotes, line breaks and blanks at its ends, and not that of the time`:     {named("", formats.Rate)},
		`column " a": want a name without quotes, line breaks and blanks at its ends, and not that of the time`:   {named(" a", formats.Rate)},
		`column "a\nb": want a name without quotes, line breaks and blanks at its ends, and not that of the time`: {named("a\nb", formats.Rate)},
		`column "t": want a name without quotes, line breaks and blanks at its ends, and not that of the time`:    {named("t", formats.Delay)},
	} {
		var out bytes.Buffer
		err := formats.WriteCSV(&out, &formats.Recording{Name: "r", Columns: columns})
		if err == nil || err.Error() != want || out.Len() > 0 {
			t.Errorf("%v after %d bytes; want %s", err, out.Len(), want)
		}
	}
}

func TestToTrace(t *testing.T) {
	// 12.112 Mbit/s are 1514 · 8 bits a millisecond: one opportunity at the end
	// of each of the first three. Half of it carries half a frame in the fourth
	// millisecond, which the fifth makes whole; 0 has none; the last
	// millisecond at a tenth has none of its own, so the period gets its end.
	c := networkColumn("down", formats.Rate, 10*ms, []time.Duration{0, 3 * ms, 5 * ms, 9 * ms}, 12.112e6, 6.056e6, 0, 1.2112e6)
	got, err := formats.ToTrace(c)
	if err != nil {
		t.Fatal(err)
	}
	want := &trace.Trace{Name: "f", At: []time.Duration{1 * ms, 2 * ms, 3 * ms, 5 * ms, 10 * ms}, Period: 10 * ms, Quantum: 1514}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	var out strings.Builder
	if err := formats.WriteMahimahi(&out, c); err != nil || out.String() != "1\n2\n3\n5\n10\n" {
		t.Errorf("%q, %v", out.String(), err)
	}
}

// TestToTraceCarries: the number of opportunities is that of the whole, not of
// steps that are each rounded down. A step of 10 ms at 1 Mbit/s has 10 kbit,
// less than a frame of 12.112 kbit; floored, there would be none.
func TestToTraceCarries(t *testing.T) {
	c := formats.Column{Name: "down", Series: trace.Series{Name: "f", Period: 100 * sec}}
	for i := range 10_000 {
		c.At = append(c.At, time.Duration(i)*10*ms)
		c.Value = append(c.Value, 0.9e6+float64(i%3)*0.1e6)
	}
	got, err := formats.ToTrace(c)
	if err != nil {
		t.Fatal(err)
	}
	// The sum is 3333 · (9 + 10 + 11) kbit + 9 kbit = 99999 kbit; by 12.112 kbit
	// that is 8256.19, and one at the end.
	if len(got.At) != 8257 {
		t.Errorf("%d opportunities, want 8257", len(got.At))
	}
	if err := got.Check(); err != nil {
		t.Error(err)
	}
	sum, last := 0.0, time.Duration(0) // bits until last
	for k, at := range got.At[:8256] { // never early, and late by the grid at most
		due := float64(k+1) * 12112
		sum, last = sum+c.Integral(last, at), at
		if sum < due-1e-3 || sum-c.Integral(at-ms, at) > due+1e-3 {
			t.Fatalf("opportunity %d at %v: %v bits by then, want %v", k, at, sum, due)
		}
	}
}

func TestToTraceErrors(t *testing.T) {
	for want, c := range map[string]formats.Column{
		"column delay: want a rate": networkColumn("delay", formats.Delay, sec, []time.Duration{0}, 1),
		"column down: no delivery opportunity: it carries less than 1514 bytes": networkColumn("down", formats.Rate, sec, []time.Duration{0}, 0),
		"column down: f: no values: want at least one":                          networkColumn("down", formats.Rate, sec, nil),
		"column down: 82562748 opportunities: want at most 33554432: cut it":    networkColumn("down", formats.Rate, sec, []time.Duration{0}, 1e12), // 1e12 / 12112
	} {
		if _, err := formats.ToTrace(c); err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
}
