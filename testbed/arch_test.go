package main

import (
	"go/build"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/testbed/testbed/"

// mayImport is the architecture: for each package of this module, the packages
// of this module that it may import. It is a statement of policy; a change here
// is a change of ARCHITECTURE.md.
var mayImport = map[string]string{
	"emulator/unit":            "",
	"emulator/trace":           "emulator/unit",
	"emulator/trace/formats":   "emulator/unit emulator/trace",
	"emulator/trace/host":      "emulator/unit",
	"emulator/tc/wire":         "emulator/unit emulator",
	"emulator":                 "emulator/unit emulator/trace",
	"emulator/thread":          "",
	"emulator/needs":           "emulator", // which nothing may import but tests, whose imports are not in this table
	"emulator/lag":             "",
	"emulator/relay":           "emulator/unit emulator/trace emulator emulator/thread emulator/lag",
	"emulator/tc":              "emulator/unit emulator/trace emulator emulator/tc/wire emulator/thread emulator/lag",
	"emulator/cgroup":          "emulator emulator/unit",
	"emulator/gpu":             "emulator/unit",
	"emulator/gpu/gputest":     "emulator/gpu emulator/needs", // for tests
	"emulator/load":            "emulator/unit emulator/trace emulator emulator/thread emulator/cgroup emulator/gpu",
	"emulator/traffic":         "emulator/unit emulator/trace emulator emulator/thread",
	"emulator/netns":           "emulator/unit emulator/trace emulator emulator/relay emulator/tc emulator/load emulator/traffic emulator/cgroup emulator/thread",
	"emulator/sim":             "emulator/unit emulator/trace emulator",
	"emulator/worldtest":       "emulator/unit emulator/trace emulator",
	"emulator/calibrate":       "emulator/unit emulator/trace emulator emulator/netns emulator/thread",
	"inference/clock":          "",
	"inference/host":           "emulator/cgroup",
	"inference/onnxfile":       "",
	"inference/arch":           "inference/onnxfile",
	"inference/model":          "emulator/unit inference/clock",
	"inference/model/transfer": "",
	"inference/model/store":    "inference/host inference/model inference/model/transfer inference/onnxfile",
	"inference/dataset/jpeg":   "",
	"inference/dataset":        "emulator/unit inference/dataset/jpeg inference/model",
	"inference/onnx":           "inference/host inference/onnxfile",
	"inference/evaluate":       "inference/dataset inference/host inference/model",
	"inference/oip":            "emulator/unit inference/clock",
	"inference/estimate":       "emulator/unit",
	"inference/node":           "emulator/unit emulator emulator/thread emulator/load emulator/gpu inference/clock inference/estimate inference/host inference/model inference/model/transfer inference/dataset inference/onnx inference/oip selector",
	"inference/profile":        "emulator/unit inference/model selector",
	"selector":                 "emulator/unit",
	"selector/external":        "selector",
	"scenarios":                "emulator/unit emulator/trace emulator/trace/formats emulator inference/model inference/dataset selector",
	"runner/record":            "emulator/unit selector",
	"runner/record/columns":    "runner/record selector",
	"runner":                   "emulator/unit emulator scenarios selector inference/dataset runner/record",
	"runner/local":             "emulator/unit emulator emulator/thread emulator/netns inference/clock inference/estimate inference/model inference/node scenarios selector runner runner/record runner/nodes",
	"runner/devices":           "emulator/unit emulator inference/clock inference/estimate inference/dataset inference/model inference/node inference/oip inference/onnx scenarios selector runner runner/record runner/nodes",
	"runner/nodes":             "emulator/unit emulator emulator/load inference/model scenarios inference/estimate inference/node selector runner/record",
	"runner/virtual":           "emulator/unit emulator emulator/trace emulator/sim inference/estimate inference/model inference/profile scenarios selector runner runner/record",
	"runner/replay":            "emulator/unit emulator emulator/trace inference/dataset inference/dataset scenarios selector runner runner/record",
	"runner/profiling":         "emulator/unit emulator emulator/thread emulator/netns inference/model inference/node inference/profile",
	"plots/stats":              "emulator/unit selector runner/record",
	"plots":                    "emulator/unit plots/stats",
	"plots/view":               "plots/stats runner/record",
	"plots/browsertest":        "emulator/needs", // for tests
	"testbed": "emulator/unit emulator emulator/trace emulator/trace/formats emulator/trace/host emulator/tc emulator/thread emulator/cgroup emulator/gpu emulator/load emulator/netns emulator/calibrate scenarios selector selector/external " +
		"inference/arch inference/dataset inference/evaluate inference/host inference/model inference/model/store inference/node inference/onnx inference/onnxfile inference/profile " +
		"runner runner/devices runner/local runner/profiling runner/record runner/record/columns runner/replay runner/virtual plots plots/stats plots/view",
	"tools/train/render": "inference/dataset",
}

// onlyIn names the packages that may import a library, and why.
var onlyIn = map[string]struct{ packages, why string }{
	"github.com/vishvananda/netlink":   {"emulator/netns emulator/tc", "all else builds and tests without the kernel's network"},
	"github.com/yalue/onnxruntime_go":  {"inference/onnx", "cgo and a shared library stay out of the rest"},
	"github.com/spf13/viper":           {"testbed", "its leniency is kept to flags and the environment"},
	"github.com/spf13/cobra":           {"testbed", "flags are the command's"},
	"github.com/goccy/go-yaml":         {"scenarios inference/profile", "what reads YAML says where a mistake is"},
	"github.com/parquet-go/parquet-go": {"runner/record/columns", "a table is made in one place"},
	"github.com/goccy/go-json":         {"runner/record", "what is faster than the standard library is held to it by tests there"},
	"gonum.org/v1/plot":                {"plots", "what computes does not draw"},
	"github.com/chromedp/chromedp":     {"plots/browsertest", "what is built needs no browser"},
	"github.com/chromedp/cdproto":      {"plots/browsertest", "what is built needs no browser"},
	"github.com/ebitengine/purego":     {"emulator/gpu", "what is loaded at run time stays in one place"},
}

func TestImports(t *testing.T) {
	for _, dir := range packages(t) {
		allowed, known := mayImport[dir]
		if !known {
			t.Errorf("%s: a package that the architecture does not know", dir)
			continue
		}
		pkg, err := build.ImportDir(filepath.Join("..", dir), 0)
		if err != nil {
			t.Errorf("%s: %v", dir, err)
			continue
		}
		for _, imp := range pkg.Imports {
			if ours, ok := strings.CutPrefix(imp, module); ok && !slices.Contains(strings.Fields(allowed), ours) {
				t.Errorf("%s must not import %s", dir, ours)
			}
			for lib, rule := range onlyIn {
				if (imp == lib || strings.HasPrefix(imp, lib+"/")) && !slices.Contains(strings.Fields(rule.packages), dir) {
					t.Errorf("%s must not import %s, only %s may: %s", dir, imp, rule.packages, rule.why)
				}
			}
		}
	}
}

// TestArchitectureIsReal fails on a rule about a package that is gone, and on
// a package without exactly one package comment.
func TestArchitectureIsReal(t *testing.T) {
	dirs := packages(t)
	for dir := range mayImport {
		if !slices.Contains(dirs, dir) {
			t.Errorf("%s: in the table, but not in the tree", dir)
		}
	}
	for _, dir := range dirs {
		if pkg, err := build.ImportDir(filepath.Join("..", dir), build.ImportComment); err == nil && pkg.Doc == "" {
			t.Errorf("%s: no package comment", dir)
		}
	}
}

// packages are the folders of the module that hold Go code, tests apart.
func packages(t *testing.T) (dirs []string) {
	t.Helper()
	err := fs.WalkDir(os.DirFS(".."), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && name != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || d.Name() == "node_modules") {
			return fs.SkipDir
		}
		dir := path.Dir(name)
		if strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") && !slices.Contains(dirs, dir) {
			if _, err := build.ImportDir(filepath.Join("..", dir), 0); err == nil {
				dirs = append(dirs, dir)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return dirs
}
