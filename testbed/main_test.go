package main

import (
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/testbed/testbed/emulator/load"
	"github.com/testbed/testbed/emulator/needs"
	"github.com/testbed/testbed/emulator/netns"
	"github.com/testbed/testbed/inference/onnx"
)

// TestMain lets the test binary be the program, and so its router and nodes.
func TestMain(m *testing.M) {
	netns.Main(nodeMain)
	load.Main()
	testscript.Main(m, map[string]func(){"testbed": main})
}

// raceEnabled is set by race_test.go.
var raceEnabled bool

// TestScripts are transcripts: testdata/script/*.txtar.
func TestScripts(t *testing.T) {
	lib, libErr := onnx.Find()
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			env.Setenv("TESTBED_ONNXRUNTIME", lib)
			shipped, err := os.Getwd()
			env.Setenv("SCENARIOS", shipped+"/../scenarios")
			env.Setenv("DATA", shipped+"/../../shared/data")
			return err
		},
		Condition: func(cond string) (bool, error) {
			switch cond {
			case "gpu":
				return probeGPU() == nil, nil
			case "race":
				return raceEnabled, nil
			case "data":
				_, err := os.Stat("../../shared/data")
				return err == nil, nil
			}
			if cond != "world" {
				return false, nil
			}
			for _, name := range []string{"netns", "relay"} {
				if err := netns.Probe(name); err != nil {
					if needs.Named(name) {
						t.Errorf("needed here: %s: %v", name, err)
					}
					return false, nil
				}
			}
			if libErr != nil && needs.Named("onnx") {
				t.Error(libErr)
			}
			return libErr == nil, nil
		},
	})
}
