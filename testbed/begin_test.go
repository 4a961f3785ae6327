package main

import (
	"bytes"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/viper"

	"github.com/testbed/testbed/runner/record"
	"github.com/testbed/testbed/selector"
)

// nowhere is a scenario whose world cannot be had: nobody listens at port 1.
const nowhere = `
world: devices
nodes: [{name: far, address: "http://127.0.0.1:1"}]
dataset: {name: signs, images: 50}
models: [signs-resnet8, signs-resnet14]
load: {requests: 2, repetitions: 1, warmup: 0}
`

// begun makes a directory in which a run of the scenario at file was begun.
func begun(t *testing.T, file, dir string, change func(*record.Header)) {
	t.Helper()
	a := &app{out: io.Discard, diag: io.Discard, settings: viper.New()}
	plan, err := readScenario(file, nil)
	if err != nil {
		t.Fatal(err)
	}
	s, err := a.prepare(t.Context(), plan)
	if err != nil {
		t.Fatal(err)
	}
	w, err := record.Create(dir, header(plan, s), plan.Source)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.SetHeader(change); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestCannotBegin: a run that cannot begin leaves what was there before, and of
// a run that is gone on with everything.
func TestCannotBegin(t *testing.T) {
	for name, tt := range map[string]struct {
		before func(t *testing.T, file, dir string)
		resume bool
	}{
		"new":        {func(*testing.T, string, string) {}, false},
		"the user's": {func(t *testing.T, _, dir string) { mkdir(t, dir) }, false},
		"resumed":    {func(t *testing.T, file, dir string) { begun(t, file, dir, func(*record.Header) {}) }, true},
		"resumed, failed": {func(t *testing.T, file, dir string) {
			begun(t, file, dir, func(h *record.Header) { h.Status = "failed" })
		}, true},
		"resumed, profiled": {func(t *testing.T, file, dir string) {
			begun(t, file, dir, func(h *record.Header) { h.Profile = []selector.Option{{}} })
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			tmp := t.TempDir()
			file, dir := filepath.Join(tmp, "nowhere.yaml"), filepath.Join(tmp, "out")
			if err := os.WriteFile(file, []byte(nowhere), 0o644); err != nil {
				t.Fatal(err)
			}
			tt.before(t, file, dir)
			before := tree(t, tmp)
			args := []string{"run", file, "--out", dir}
			if tt.resume {
				args = []string{"run", "--resume", dir}
			}
			var diag bytes.Buffer
			if status := run(t.Context(), args, io.Discard, &diag); status != exitFailed {
				t.Errorf("status %d, want %d", status, exitFailed)
			}
			if !strings.Contains(diag.String(), "127.0.0.1:1") {
				t.Errorf("does not say what could not be had:\n%s", &diag)
			}
			if diff := cmp.Diff(before, tree(t, tmp)); diff != "" {
				t.Errorf("in place (-before +after):\n%s", diff)
			}
			if !tt.resume {
				return
			}
			kept, err := record.Read(dir)
			if err != nil || kept.Header.Status != "failed" || !strings.Contains(kept.Header.Error, "127.0.0.1:1") {
				t.Errorf("status %q, error %q, %v", kept.Header.Status, kept.Header.Error, err)
			}
		})
	}
}

// tree are the files and directories below dir.
func tree(t *testing.T, dir string) (names []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(name string, _ fs.DirEntry, err error) error {
		names = append(names, name)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func mkdir(t *testing.T, dir string) {
	t.Helper()
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
}
