package profile

import (
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/testbed/testbed/emulator/unit"
)

func full() Profile {
	p := device()
	p.Device = Device{Name: "box", OS: "linux", Arch: "amd64", CPU: "AMD EPYC: 2", CPUs: 2, Memory: 16 * unit.GiB, Provider: "cpu", Runtime: "onnxruntime 1.29.0", Options: map[string]string{"spinning": "off"}}
	p.Measured = time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC)
	p.Notes = []string{"a note: with a colon", "12ms"}
	m := &p.Models[0]
	m.Memory = Memory{Before: 3 * unit.MiB, Loaded: 50_000_001, Unloaded: unit.KiB}
	m.Dataset = "signs"
	m.Threads[0].Loaded = []Loaded{{0.25, 0.26, Sample{1500 * time.Microsecond, 2 * ms, 3 * ms, 30}}}
	m.Threads[2].P95, m.Threads[2].Runs = time.Second, 31
	p.Slowdown[0].Alpha, p.Slowdown[0].Knee = 0.65, 0.5
	return p
}

func TestWhatIsWrittenReadsBack(t *testing.T) {
	for _, p := range append(Published(), full(), device()) {
		var b strings.Builder
		if err := p.Write(&b); err != nil {
			t.Fatal(err)
		}
		got, err := Read(strings.NewReader(b.String()), "p.yaml")
		if err != nil {
			t.Fatalf("%v\n%s", err, b.String())
		}
		if diff := cmp.Diff(p, got); diff != "" {
			t.Errorf("%s (-written +read):\n%s\n%s", p.Name, diff, b.String())
		}
	}
}

// mistakes are of testdata/good.yaml, with one thing broken each.
var mistakes = []struct{ name, old, new, want string }{
	{"a time without unit", "40ms", "40", `p.yaml:10:14: "40": want a time with its unit, such as 12.5ms`},
	{"no time", "40ms", "soon", `p.yaml:10:14: "soon": want a time with its unit, such as 12.5ms`},
	{"a negative time", "40ms", "-40ms", `p.yaml:10:14: models[0].threads[0].p50: -40ms: want 0 to 1h0m0s`},
	{"no time at all", "p50: 40ms", "p95: 40ms", `p.yaml:9:9: models[0].threads[0].p50: want mean or p50, of which there is neither`},
	{"p95 below p50", "p50: 40ms", "{p50: 40ms", `p.yaml:10:9: unexpected map key`},
	{"a size without unit", "1MB", "1", `p.yaml:7:11: "1": want a size with its unit, such as 44.7MB`},
	{"an unknown key", "size: 1MB", "sise: 1MB", `p.yaml:7:5: unknown field "sise"`},
	{"a key twice", "schema: 1", "schema: 1\nschema: 1", `p.yaml:2:1: mapping key "schema" already defined at [1:1]`},
	{"another version", "schema: 1", "schema: 2", `p.yaml:1:9: schema: 2: want 1`},
	{"threads in no order", "threads: 2", "threads: 1", `p.yaml:11:18: models[0].threads[1].threads: 1: want more than the timing before`},
	{"threads left out", "threads: 1\n", "runs: 3\n", `p.yaml:9:9: models[0].threads[0].threads: want a number: there are several timings`},
	{"utilization in percent", "0.5", "50", `p.yaml:13:32: models[0].threads[1].loaded[0].utilization: 50: want a share above 0 and up to 1`},
	{"a curve that falls", "slowdown: 1.5", "slowdown: 0.9", `p.yaml:16:74: slowdown[0].points[1].slowdown: 0.9: want 1 to 1000`},
	{"a curve that does not begin", "{utilization: 0, slowdown: 1}", "{utilization: 0.1, slowdown: 1}", `p.yaml:16:43: slowdown[0].points[0].slowdown: 1 at 0.1: want the first point to be 1 at 0`},
	{"alpha", "alpha: 0.6", "alpha: 1", `p.yaml:17:12: slowdown[0].alpha: 1: want 0 up to, and less than, 1`},
	{"not YAML", "schema: 1", "schema: [", `p.yaml:1:9: sequence end`},
	{"two documents", "schema: 1", "schema: 1\n---\nschema: 1", `p.yaml: want one YAML document`},
}

func TestMistakes(t *testing.T) {
	source, err := os.ReadFile("testdata/good.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Read(strings.NewReader(string(source)), "p.yaml"); err != nil {
		t.Fatal(err)
	}
	for _, tt := range mistakes {
		broken := strings.Replace(string(source), tt.old, tt.new, 1)
		if broken == string(source) {
			t.Fatalf("%s: %q is not in the file", tt.name, tt.old)
		}
		if _, err := Read(strings.NewReader(broken), "p.yaml"); err == nil || !strings.HasPrefix(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s:\n got %v\nwant %s", tt.name, err, tt.want)
		}
	}
	if _, err := Read(strings.NewReader(""), "p.yaml"); err == nil || err.Error() != "p.yaml: empty: want a profile" {
		t.Errorf("an empty file: %v", err)
	}
	if _, err := Read(strings.NewReader(strings.Repeat("# \n", int(maxFile))), "p.yaml"); err == nil || !strings.Contains(err.Error(), "more than 4MiB") {
		t.Errorf("a large file: %v", err)
	}
}

// TestQuantities: every field with a unit is known to the search for mistakes.
func TestQuantities(t *testing.T) {
	var walk func(reflect.Type)
	walk = func(typ reflect.Type) {
		switch typ.Kind() {
		case reflect.Slice:
			walk(typ.Elem())
		case reflect.Struct:
			if typ == reflect.TypeFor[time.Time]() {
				return
			}
			for i := range typ.NumField() {
				f := typ.Field(i)
				key, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
				if (f.Type == reflect.TypeFor[time.Duration]() || f.Type == reflect.TypeFor[unit.Bytes]()) && !slices.Contains(quantities, key) {
					t.Errorf("%v.%s: its key %q is not among the quantities", typ, f.Name, key)
				}
				walk(f.Type)
			}
		}
	}
	walk(reflect.TypeFor[Profile]())
}

// TestPublished holds the files against the tables that they are of.
func TestPublished(t *testing.T) {
	for _, tt := range []struct {
		name, model string
		mean, p50   time.Duration
		accuracy    float64
	}{
		{"vv-rtx3080ti-gpu", "resnet18", 1680 * time.Microsecond, 0, 0.9104},
		{"vv-rtx3080ti-gpu", "resnet152", 3079 * time.Microsecond, 0, 0.9511},
		{"vv-rtx3080ti-cpu", "resnet34", 28055 * time.Microsecond, 0, 0.9284},
		{"vv-rtx3080ti-cpu", "resnet152", 112101 * time.Microsecond, 0, 0.9511},
		{"vv-nuc-gpu", "resnet101", 6503 * time.Microsecond, 0, 0.9173},
		{"vv-nuc-gpu", "resnet152", 8739 * time.Microsecond, 0, 0.9130},
		{"proteus-cpu", "resnet50", 0, 96900 * time.Microsecond, 0},
		{"proteus-ampere", "efficientnet_b7", 0, 52500 * time.Microsecond, 0},
		{"proteus-pascal", "resnet34", 0, 25500 * time.Microsecond, 0},
	} {
		p, err := Lookup(tt.name)
		if err != nil {
			t.Fatal(err)
		}
		m, err := p.Model(tt.model)
		if err != nil {
			t.Fatal(err)
		}
		if got := m.Threads[0]; got.Mean != tt.mean || got.P50 != tt.p50 || m.Accuracy != tt.accuracy {
			t.Errorf("%s, %s: %v mean, %v median, accuracy %v; want %v, %v, %v", tt.name, tt.model, got.Mean, got.P50, m.Accuracy, tt.mean, tt.p50, tt.accuracy)
		}
	}
	for _, p := range Published() {
		if p.Published == "" || len(p.Notes) < 2 || len(p.Models) < 5 {
			t.Errorf("%s: published by %q, %d notes, %d models", p.Name, p.Published, len(p.Notes), len(p.Models))
		}
	}
	if _, err := Lookup("toaster"); err == nil || !strings.Contains(err.Error(), "vv-nuc-gpu") {
		t.Errorf("an unknown name: %v", err)
	}
}

func FuzzRead(f *testing.F) {
	source, err := os.ReadFile("testdata/good.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(source))
	for _, tt := range mistakes {
		f.Add(strings.Replace(string(source), tt.old, tt.new, 1))
	}
	f.Fuzz(func(t *testing.T, source string) {
		p, err := Read(strings.NewReader(source), "p.yaml")
		if err != nil {
			return
		}
		for _, m := range p.Models {
			for _, u := range []float64{0, 0.3, 1} {
				if d, err := p.Infer(m.Name, 0, u); err != nil || d < 0 {
					t.Errorf("Infer(%s, 0, %v) = %v, %v", m.Name, u, d, err)
				}
			}
		}
		var b strings.Builder
		if err := p.Write(&b); err != nil {
			t.Fatal(err)
		}
		if _, err := Read(strings.NewReader(b.String()), "p.yaml"); err != nil {
			t.Errorf("what was written does not read back: %v\n%s", err, b.String())
		}
	})
}
