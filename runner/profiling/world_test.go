package profiling

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/testbed/testbed/inference/arch"
	"github.com/testbed/testbed/inference/dataset"
	"github.com/testbed/testbed/inference/model"
	"github.com/testbed/testbed/inference/node"
)

// image is that of a sign, for every model: to make a photograph smaller is not
// what is measured here.
func image(model.Model) ([]byte, error) {
	s, err := dataset.NewSigns(dataset.Test, 1).Sample(0)
	return s.Image, err
}

// seededModel writes ResNet-18 with seeded weights.
func seededModel(t *testing.T) model.Model {
	t.Helper()
	path := filepath.Join(t.TempDir(), "resnet18.onnx")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := arch.Write(f, "resnet18", 1); err != nil {
		t.Fatal(err)
	}
	recipe, err := model.ParseRecipe("imagenet")
	if err != nil {
		t.Fatal(err)
	}
	m, err := model.FromFile(path, model.Model{Name: "resnet18-seeded", MACs: 1814e6, Recipe: recipe, Weights: model.Seeded})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// builtin is the built-in model of most work: an inference of some
// milliseconds.
func builtin() model.Model {
	all := model.Builtin()
	return all[len(all)-1]
}

// A machine may be too busy to be measured, but not for ever: so many attempts
// are made, and none is begun after this long.
const (
	attempts = 3
	patience = 90 * time.Second
)

// TestPredictsWhatWasHeldOut measures this machine with two models, a small one
// that was trained and a large one with seeded weights, and holds what the
// profile predicts of settings that it is not made of (loads of 40 and 60 %,
// with each number of threads) to what was measured of them in the same rounds.
//
// What else runs on the machine, other tests for instance, takes CPUs from one
// visit and not from another, and no profile can predict that. So an attempt
// is judged by the middle error of its eight predictions on a machine of two
// CPUs; of several attempts one must succeed; and where others disturbed most of
// the visits of every one of them, the machine cannot be measured now, and the
// test says so instead of judging.
func TestPredictsWhatWasHeldOut(t *testing.T) {
	lib := library(t)
	if testing.Short() {
		t.Skip("measures for a minute")
	}
	o := Options{Models: []model.Model{builtin(), seededModel(t)}, Image: image, HoldOut: true, Loads: []float64{0, 0.25, 0.5, 1},
		Opens: 1, Rounds: 4, Runs: 20, Now: time.Now()}
	var middles []float64
	busy := 0
	for begun := time.Now(); len(middles) < attempts && time.Since(begun) < patience; o.Seed++ {
		r := measureHere(t, lib, o)
		var errors []float64
		for _, p := range r.HeldOut {
			t.Logf("%s, %d threads, background %.0f %%: predicted %v, measured %v: %+.1f %%", p.Model, p.Threads, 100*p.Utilization, p.Predicted, p.Measured, 100*p.Error())
			errors = append(errors, max(p.Error(), -p.Error()))
		}
		slices.Sort(errors)
		middle := errors[len(errors)/2]
		t.Logf("middle error %.1f %%, worst %.1f %%; %d of %d visits disturbed", 100*middle, 100*errors[len(errors)-1], r.Disturbed, r.Visits)
		if middle <= Within {
			return
		}
		middles = append(middles, middle)
		if 2*r.Disturbed > r.Visits {
			busy++
		}
	}
	if busy == len(middles) {
		t.Skipf("others use the CPUs of this machine too much to measure it: middle errors %.3f", middles)
	}
	t.Errorf("middle errors %.3f, want one within %v", middles, Within)
}

func measureHere(t *testing.T, lib string, o Options) Result {
	t.Helper()
	l, err := OpenLocal(t.Context(), LocalOptions{Models: o.Models, Library: lib})
	if err != nil {
		t.Fatal(err)
	}
	r, err := Run(t.Context(), l, o, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	return r
}

// TestLocal: what a profile of this machine says holds together, and nothing is
// left of measuring it.
func TestLocal(t *testing.T) {
	lib := library(t)
	m := builtin()
	tmp := t.TempDir()
	t.Setenv("TMPDIR", tmp)
	defer func() {
		if left, err := os.ReadDir(tmp); err != nil || len(left) > 0 {
			t.Errorf("left behind: %v (%v)", left, err)
		}
	}()
	r := measureHere(t, lib, Options{Models: []model.Model{m}, Image: image, Loads: []float64{0, 1}, Runs: 2, Rounds: 2, Opens: 2})
	p := r.Profile
	if err := p.Check(); err != nil {
		t.Fatal(err)
	}
	if p.Device.CPUs < 1 || p.Device.Memory < 1<<20 || !strings.Contains(p.Device.Runtime, "onnxruntime 1.") || p.Device.Provider != "cpu" || p.Device.Options["spinning"] != "off" {
		t.Errorf("device %+v", p.Device)
	}
	got := p.Models[0]
	if got.SHA256 != m.SHA256 || got.Load.Warm <= 0 || got.Load.Cached <= 0 || got.Memory.Loaded <= got.Memory.Before || len(got.Threads) != p.Device.CPUs {
		t.Errorf("%+v", got)
	}
	for _, at := range got.Threads {
		if at.Preprocess <= 0 || at.P95 < at.P50 || at.Runs < 2 || len(at.Loaded) != 1 || at.Loaded[0].Mean <= 0 {
			t.Errorf("%+v", at)
		}
	}
	if len(p.Slowdown) != p.Device.CPUs {
		t.Errorf("%d curves, want one for each number of threads", len(p.Slowdown))
	}
}

func TestLocalMistakes(t *testing.T) {
	lib := library(t)
	if l, err := OpenLocal(t.Context(), LocalOptions{Library: lib, CPUs: 1 << 20}); err == nil {
		l.Close()
		t.Error("a million CPUs: no error")
	}
	if l, err := OpenLocal(t.Context(), LocalOptions{Library: lib + "x"}); err == nil || !strings.Contains(err.Error(), lib+"x") {
		l.Close()
		t.Errorf("no library: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	l, err := OpenLocal(ctx, LocalOptions{Models: []model.Model{builtin()}, Library: lib})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	time.AfterFunc(300*time.Millisecond, cancel)
	begun := time.Now()
	if _, err := Run(ctx, l, Options{Models: []model.Model{builtin()}, Image: image}, nil); err == nil || !strings.Contains(err.Error(), "context canceled") {
		t.Errorf("interrupted: %v", err)
	}
	if took := time.Since(begun); took > 20*time.Second {
		t.Errorf("it took %v to be interrupted", took)
	}
}

// TestRemote: a node that listens is measured the same way, with a model that
// it gets from here, and is free for the next one afterwards.
func TestRemote(t *testing.T) {
	lib := library(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	at, ended := make(chan net.Addr, 1), make(chan error, 1)
	go func() {
		ended <- node.Listen(ctx, node.ListenOptions{Address: "127.0.0.1:0", Name: "box", Token: "secret", Library: lib, Listening: func(a net.Addr) { at <- a }})
	}()
	var url string
	select {
	case a := <-at:
		url = "http://" + a.String()
	case err := <-ended:
		t.Fatal(err)
	}
	models := []model.Model{model.Builtin()[0]}
	if _, err := OpenRemote(t.Context(), RemoteOptions{Dial: node.DialOptions{URL: url, Token: "guess"}, Models: models}); err == nil || !strings.Contains(err.Error(), "401") {
		t.Errorf("a wrong token: %v", err)
	}
	for range 2 {
		n, err := OpenRemote(t.Context(), RemoteOptions{Dial: node.DialOptions{URL: url, Token: "secret"}, Models: models})
		if err != nil {
			t.Fatal(err)
		}
		r, err := Run(t.Context(), n, Options{Models: models, Image: image, Loads: []float64{0, 0.5}, Threads: []int{1}, Runs: 2, Rounds: 1, Opens: 1}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Profile.Check(); err != nil || len(r.Profile.Slowdown) != 1 || r.Profile.Models[0].Load.Warm <= 0 {
			t.Errorf("%v; %+v", err, r.Profile)
		}
		if err := n.Close(); err != nil {
			t.Error(err)
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
