package trace_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/testbed/testbed/emulator/trace"
)

const second = time.Second

// stairs is 4 for a second, 1 for two, 2 for one.
func stairs(w trace.Wrap) *trace.Series {
	return &trace.Series{Name: "stairs", At: []time.Duration{0, 1 * second, 3 * second},
		Value: []float64{4, 1, 2}, Period: 4 * second, Wrap: w}
}

func TestSeriesCheck(t *testing.T) {
	at := func(ts ...time.Duration) []time.Duration { return ts }
	is := func(vs ...float64) []float64 { return vs }
	for _, tt := range []struct {
		series trace.Series
		want   string // empty: nothing is wrong
	}{
		{trace.Series{At: at(0), Value: is(0), Period: 1}, ""},
		{trace.Series{At: at(0, 5), Value: is(1, 2), Period: 6, Wrap: trace.Stop}, ""},
		{trace.Series{Period: 5}, "x: no values: want at least one"},
		{trace.Series{At: at(0, 1), Value: is(1), Period: 5}, "x: 2 times and 1 values: want as many"},
		{trace.Series{At: at(1), Value: is(1), Period: 5}, "x: begins at 1ns: want 0"},
		{trace.Series{At: at(0), Value: is(1), Period: 5, Wrap: 3}, "x: wrap 3: want loop, hold or stop"},
		{trace.Series{At: at(0), Value: is(1), Period: 5, Wrap: -1}, "x: wrap -1: want loop, hold or stop"},
		{trace.Series{At: at(0, 3, 2), Value: is(1, 1, 1), Period: 5}, "x: time goes backwards: 2ns after 3ns"},
		{trace.Series{At: at(0, 3, 3), Value: is(1, 1, 1), Period: 5}, "x: time goes backwards: 3ns after 3ns"},
		{trace.Series{At: at(0), Value: is(-1), Period: 5}, "x: value -1 at 0s: want a number, 0 or more"},
		{trace.Series{At: at(0, 2), Value: is(1, math.NaN()), Period: 5}, "x: value NaN at 2ns: want a number, 0 or more"},
		{trace.Series{At: at(0), Value: is(math.Inf(1)), Period: 5}, "x: value +Inf at 0s: want a number, 0 or more"},
		{trace.Series{At: at(0, 5), Value: is(1, 1), Period: 5}, "x: period 5ns: want above 5ns and at most 8784h0m0s"},
		{trace.Series{At: at(0), Value: is(1), Period: 367 * 24 * time.Hour}, "x: period 8808h0m0s: want above 0s and at most 8784h0m0s"},
	} {
		tt.series.Name = "x"
		err := tt.series.Check()
		if err == nil && tt.want != "" || err != nil && err.Error() != tt.want {
			t.Errorf("%+v: %v, want %q", tt.series, err, tt.want)
		}
	}
	back := trace.Series{At: at(0, 3, 2), Value: is(1, 1, 1), Period: 5}
	if err := back.Check(); !errors.Is(err, trace.ErrBackwards) {
		t.Errorf("%v is not ErrBackwards", err)
	}
}

func TestSeriesStep(t *testing.T) {
	const never = trace.Forever
	for _, tt := range []struct {
		wrap  trace.Wrap
		t     time.Duration
		value float64
		until time.Duration
	}{
		{trace.Loop, -5, 4, 1 * second},
		{trace.Loop, 0, 4, 1 * second},
		{trace.Loop, 1*second - 1, 4, 1 * second},
		{trace.Loop, 1 * second, 1, 3 * second},
		{trace.Loop, 3*second - 1, 1, 3 * second},
		{trace.Loop, 3 * second, 2, 4 * second},
		{trace.Loop, 4 * second, 4, 5 * second},
		{trace.Loop, 4001*second + 7, 1, 4003 * second},
		{trace.Loop, never, 4, never}, // 9223372036.85 s: 0.85 s into a period, in whose first second time ends
		{trace.Hold, 3 * second, 2, never},
		{trace.Hold, 1 * second, 1, 3 * second},
		{trace.Hold, 40 * second, 2, never},
		{trace.Stop, 3 * second, 2, 4 * second},
		{trace.Stop, 4*second - 1, 2, 4 * second},
		{trace.Stop, 4 * second, 0, never},
	} {
		value, until := stairs(tt.wrap).Step(tt.t)
		if value != tt.value || until != tt.until {
			t.Errorf("wrap %d at %v: %v until %v, want %v until %v", tt.wrap, tt.t, value, until, tt.value, tt.until)
		}
	}
}

func TestSeriesIntegral(t *testing.T) {
	for _, tt := range []struct {
		wrap     trace.Wrap
		from, to time.Duration
		want     float64
	}{
		{trace.Loop, 0, 4 * second, 8}, // 4·1 + 1·2 + 2·1
		{trace.Loop, 500 * time.Millisecond, 1500 * time.Millisecond, 2.5},
		{trace.Loop, 3 * second, 5 * second, 6},           // 2 + 4
		{trace.Loop, 3 * second, 15 * second, 24},         // three whole periods
		{trace.Loop, 3 * second, 16 * second, 26},         // and 2 more: of 3 to 4 s
		{trace.Loop, 1 * second, 4_000_001 * second, 8e6}, // a million
		{trace.Hold, 3 * second, 14 * second, 22},
		{trace.Hold, 0, 4 * second, 8},
		{trace.Stop, 0, 400 * second, 8},
		{trace.Stop, 5 * second, 6 * second, 0},
		{trace.Loop, 2 * second, 2 * second, 0},
		{trace.Loop, 2 * second, 1 * second, 0},
	} {
		if got := stairs(tt.wrap).Integral(tt.from, tt.to); math.Abs(got-tt.want) > 1e-9*tt.want {
			t.Errorf("wrap %d, %v to %v: %v, want %v", tt.wrap, tt.from, tt.to, got, tt.want)
		}
	}
	if got := stairs(trace.Hold).Mean(); got != 2 {
		t.Errorf("mean %v, want 8/4", got)
	}
	if least, most := stairs(trace.Loop).Range(); least != 1 || most != 4 {
		t.Errorf("range %v to %v, want 1 to 4", least, most)
	}
}

// TestSeriesIntegralOfALongTime would not end if it looked at each of the 10¹⁵
// steps.
func TestSeriesIntegralOfALongTime(t *testing.T) {
	s := &trace.Series{Period: second, Wrap: trace.Loop}
	for i := range 100_000 {
		s.At, s.Value = append(s.At, time.Duration(i)*10*time.Microsecond), append(s.Value, float64(i%3))
	}
	// 33333 times 0, 1, 2 and one more 0, of 10 µs each: 0.99999 a second.
	want := 0.99999 * 9e9
	if got := s.Integral(0, 9e9*second); math.Abs(got-want) > 1e-9*want {
		t.Errorf("%v, want %v", got, want)
	}
}

func randomSeries(rng *rand.Rand) *trace.Series {
	s := &trace.Series{Name: "random", Wrap: trace.Wrap(rng.IntN(3))}
	at := time.Duration(0)
	for range 1 + rng.IntN(8) {
		s.At, s.Value = append(s.At, at), append(s.Value, float64(rng.IntN(5)))
		at += time.Duration(1 + rng.IntN(6))
	}
	s.Period = at
	return s
}

// TestSeriesSlowTwin counts nanosecond by nanosecond, on a table of values that
// is made by writing out the series.
func TestSeriesSlowTwin(t *testing.T) {
	const length = 200
	for seed := range uint64(2000) {
		rng := rand.New(rand.NewPCG(seed, 1))
		s := randomSeries(rng)
		if err := s.Check(); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		var table [length + 50]float64
		for i := range table {
			into, last := time.Duration(i), len(s.At)-1
			switch {
			case into >= s.Period && s.Wrap == trace.Hold:
				table[i] = s.Value[last]
				continue
			case into >= s.Period && s.Wrap == trace.Stop:
				continue
			}
			into %= s.Period
			for k := range s.At {
				if s.At[k] <= into {
					table[i] = s.Value[k]
				}
			}
		}
		for at := range length {
			value, until := s.Step(time.Duration(at))
			if value != table[at] || until <= time.Duration(at) {
				t.Fatalf("seed %d: %v until %v at %d, want %v (%+v)", seed, value, until, at, table[at], s)
			}
			for i := at; i < len(table) && time.Duration(i) < until; i++ {
				if table[i] != value {
					t.Fatalf("seed %d: %v until %v at %d, but %v at %d (%+v)", seed, value, until, at, table[i], i, s)
				}
			}
		}
		from := rng.IntN(length)
		middle := from + rng.IntN(length-from)
		to := middle + rng.IntN(length-middle)
		var want float64
		for _, v := range table[from:to] {
			want += v / 1e9
		}
		got := s.Integral(time.Duration(from), time.Duration(to))
		if math.Abs(got-want) > 1e-15 {
			t.Fatalf("seed %d: %v from %d to %d, want %v (%+v)", seed, got, from, to, want, s)
		}
		parts := s.Integral(time.Duration(from), time.Duration(middle)) + s.Integral(time.Duration(middle), time.Duration(to))
		if math.Abs(parts-got) > 1e-15 {
			t.Fatalf("seed %d: %v from %d to %d, in two parts at %d %v", seed, got, from, to, middle, parts)
		}
	}
}
