package record

import (
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// FuzzEncode fills lines of every file at random, and wants of each what
// encoding/json makes of it, and makes of it when it is read.
func FuzzEncode(f *testing.F) {
	for seed := range uint64(40) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		for file, of := range []any{requests: Request{}, decisions: Decision{}, telemetry: Telemetry{}, checks: Check{}, replays: Replay{}} {
			v := reflect.New(reflect.TypeOf(of))
			fill(rand.New(rand.NewPCG(seed, uint64(file))), v.Elem(), 3)
			var got lines
			if err := got.add(file, v.Interface()); err != nil {
				t.Fatal(err)
			}
			want, err := json.Marshal(v.Interface())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want)+"\n", got.String()); diff != "" {
				t.Errorf("%s (-want +got):\n%s", lineFiles[file], diff)
			}
		}
	})
}

// FuzzDecode spoils lines of every file, and wants of each what encoding/json
// makes of it.
func FuzzDecode(f *testing.F) {
	for seed := range uint64(300) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		for file, of := range []any{requests: Request{}, decisions: Decision{}, telemetry: Telemetry{}, checks: Check{}, replays: Replay{}} {
			rng := rand.New(rand.NewPCG(seed, uint64(file)))
			v := reflect.New(reflect.TypeOf(of))
			fill(rng, v.Elem(), 3)
			line, err := json.Marshal(v.Interface())
			if err != nil {
				t.Fatal(err)
			}
			line = spoil(rng, line)
			got, want := reflect.New(v.Type().Elem()), reflect.New(v.Type().Elem())
			gotErr, wantErr := decode(line, got.Interface()), json.Unmarshal(line, want.Interface())
			if (gotErr == nil) != (wantErr == nil && line[0] == '{') {
				t.Fatalf("%s: %v, want %v:\n%s", lineFiles[file], gotErr, wantErr, line)
			}
			if diff := cmp.Diff(want.Interface(), got.Interface()); diff != "" && gotErr == nil {
				t.Errorf("%s (-want +got):\n%s\n%s", lineFiles[file], diff, line)
			}
		}
	})
}

// spoil cuts a line, takes a byte of it away or sets one to another, or leaves
// it as it is.
func spoil(rng *rand.Rand, line []byte) []byte {
	i := rng.IntN(len(line))
	switch rng.IntN(5) {
	case 0:
		return line[:i]
	case 1:
		line[i] = byte(rng.IntN(256))
	case 2:
		return slices.Delete(line, i, i+1)
	case 3:
		line[i] = `{}[]":,0-.etf`[rng.IntN(13)]
	}
	return line
}

// fill sets v, and what it holds to this depth, to anything, which is nothing in
// a third of the cases.
func fill(rng *rand.Rand, v reflect.Value, depth int) {
	if rng.IntN(3) == 0 {
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fill(rng, v.Field(i), depth)
		}
	case reflect.Pointer:
		if depth > 0 {
			v.Set(reflect.New(v.Type().Elem()))
			fill(rng, v.Elem(), depth-1)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), rng.IntN(4), 4))
		for i := range v.Len() {
			fill(rng, v.Index(i), depth)
		}
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(rng.Uint64()) >> rng.IntN(64))
	case reflect.Uint64:
		v.SetUint(rng.Uint64() >> rng.IntN(64))
	case reflect.Float64:
		v.SetFloat(rng.NormFloat64() * []float64{1e-9, 1e-6, 1, 1e6, 1e22, 5e-324}[rng.IntN(6)])
	case reflect.String:
		odd := []string{"edge", "→", "<&>", `"\`, "\n\x00\x1f\x7f", "\u2028\u2029", "\xff\xed\xa0\x80", "🙂", "ä"}
		s := ""
		for range rng.IntN(5) {
			s += odd[rng.IntN(len(odd))]
		}
		v.SetString(s)
	default:
		panic("a kind of field that was not there: " + v.Kind().String())
	}
}
