package node

import (
	"errors"
	"os"
	"testing"

	"github.com/testbed/testbed/emulator/needs"
	"github.com/testbed/testbed/inference/dataset"
	"github.com/testbed/testbed/inference/model"
	"github.com/testbed/testbed/inference/onnx"
)

// TestBench: sessions are kept one for each setting until another model is
// measured, and neither they nor the folder of optimised models outlive that.
func TestBench(t *testing.T) {
	lib := needs.ONNX(t, onnx.Find)
	models := model.Builtin()[:2]
	n, err := newInference(Config{Name: "edge", Library: lib, Models: models}, sockets{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	sample, err := dataset.NewSigns(dataset.Test, 1).Sample(0)
	if err != nil {
		t.Fatal(err)
	}
	visit := func(args MeasureArgs) *onnx.Session {
		t.Helper()
		args.Model, args.Image, args.Runs = models[0].Name, sample.Image, 1
		if _, err := n.measure(t.Context(), args); err != nil {
			t.Fatal(err)
		}
		return n.bench.sessions[n.measured(args)]
	}
	one, two := visit(MeasureArgs{Threads: 1, Keep: true}), visit(MeasureArgs{Threads: 2, Keep: true})
	if one == nil || two == nil || one == two {
		t.Fatalf("kept %p with one thread and %p with two", one, two)
	}
	if again := visit(MeasureArgs{Threads: 1, Keep: true}); again != one {
		t.Error("a session that was kept was opened again")
	}
	if fresh := visit(MeasureArgs{Threads: 1, Loads: 1, Keep: true}); fresh == one {
		t.Error("a load was asked for, and the session that was kept was run")
	}
	optimised := MeasureArgs{Threads: 1, Loads: 1, Cached: true, Keep: true}
	if s := visit(optimised); s == nil || !s.Cached() {
		t.Error("the session is not of the optimised model")
	}
	cache := n.bench.cache
	if entries, err := os.ReadDir(cache); err != nil || len(entries) == 0 {
		t.Errorf("optimised models: %v, %v", entries, err)
	}
	if visit(MeasureArgs{Threads: 2}) != nil {
		t.Error("a session was kept that should not be")
	}
	if _, err := n.measure(t.Context(), MeasureArgs{Model: models[1].Name}); err != nil {
		t.Fatal(err)
	}
	if _, err := one.Run(make([]float32, 3*32*32)); !errors.Is(err, onnx.ErrClosed) {
		t.Errorf("another model is measured, and a session of the last is open: %v", err)
	}
	if _, err := os.Stat(cache); !os.IsNotExist(err) {
		t.Errorf("the optimised models of the last are there: %v", err)
	}
	cache = n.bench.cache
	if err := n.close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(cache); !os.IsNotExist(err) {
		t.Errorf("the node is closed, and its folder is there: %v", err)
	}
}
