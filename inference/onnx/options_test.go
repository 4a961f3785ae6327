package onnx_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/testbed/testbed/inference/model"
	"github.com/testbed/testbed/inference/onnx"
)

func TestCheck(t *testing.T) {
	for _, tt := range []struct {
		o    onnx.Options
		want string // in the error; empty: none
	}{
		{onnx.Options{}, ""},
		{onnx.Options{Threads: 8, Provider: "cuda", Optimization: "extended", Spinning: true}, ""},
		{onnx.Options{Threads: -1}, "threads -1: want 0 to"},
		{onnx.Options{Threads: 1 << 20}, "threads 1048576: want 0 to"},
		{onnx.Options{Provider: "tpu"}, `provider "tpu": want one of cpu, cuda, tensorrt, openvino, coreml, xnnpack`},
		{onnx.Options{Optimization: "most"}, `optimization "most": want one of all, basic, extended, off`},
	} {
		err := tt.o.Check()
		if (tt.want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("Check of %+v = %v; want %q", tt.o, err, tt.want)
		}
	}
}

// TestDescribe: the record says what the options come to, not what they leave
// open.
func TestDescribe(t *testing.T) {
	e := open(t)
	d := e.Describe(onnx.Options{})
	for key, want := range map[string]string{
		"runtime": "onnxruntime", "provider": "cpu", "optimization": "all", "spinning": "off", "cache": "off",
		"intra_threads": strconv.Itoa(onnx.UsableCPUs()), "version": e.Version(),
	} {
		if d[key] != want {
			t.Errorf("%s is %q; want %q", key, d[key], want)
		}
	}
	d = e.Describe(onnx.Options{Threads: 3, Optimization: "basic", Spinning: true, Cache: "/somewhere"})
	for key, want := range map[string]string{"optimization": "basic", "spinning": "on", "cache": "on", "intra_threads": "3"} {
		if d[key] != want {
			t.Errorf("%s is %q; want %q", key, d[key], want)
		}
	}
}

// TestProviderNeverFallsBack: a session has the provider that was asked for, or
// there is none.
func TestProviderNeverFallsBack(t *testing.T) {
	e := open(t)
	there := e.Providers()
	if !slices.Contains(there, "cpu") {
		t.Errorf("providers %v; want cpu among them", there)
	}
	data, err := model.Builtin()[0].ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	lacks := 0
	for _, p := range onnx.ProviderNames() {
		if slices.Contains(there, p) {
			continue
		}
		lacks++
		s, err := e.Load(data, onnx.Options{Provider: p})
		if err == nil {
			t.Errorf("provider %s: a session, though the library has %v", p, there)
			s.Close()
		} else if want := "provider " + p + ": this ONNX Runtime has " + strings.Join(there, ", "); !strings.Contains(err.Error(), want) {
			t.Errorf("provider %s: error %v; want %q", p, err, want)
		}
	}
	if lacks == 0 {
		t.Skip("this library has them all")
	}
}

// TestOptimizationLevels: each level is one that the runtime takes, and all
// give the same answers.
func TestOptimizationLevels(t *testing.T) {
	e := open(t)
	m := model.Builtin()[0]
	data, err := m.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	in, _ := tensors(t, m.Recipe, 1)
	var first []float32
	for _, level := range []string{"off", "basic", "extended", "all"} {
		s, err := e.Load(data, onnx.Options{Threads: 1, Optimization: level, Spinning: level == "off"})
		if err != nil {
			t.Fatalf("%s: %v", level, err)
		}
		logits, err := s.Run(in)
		if err != nil {
			t.Fatalf("%s: %v", level, err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if first == nil {
			first = logits
		}
		for i := range logits {
			if d := logits[i] - first[i]; d > 1e-3 || d < -1e-3 {
				t.Errorf("%s: logit %d is %v; %v unoptimised", level, i, logits[i], first[i])
			}
		}
	}
}
