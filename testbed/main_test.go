package main

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/testbed/testbed/emulator/netns"
	"github.com/testbed/testbed/inference/node"
	"github.com/testbed/testbed/inference/onnx"
)

// TestMain lets the test binary be the program, and so its router and nodes.
func TestMain(m *testing.M) {
	netns.Main(nodeMain)
	node.Main()
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
			case "race":
				return raceEnabled, nil
			case "data":
				_, err := os.Stat("../../shared/data")
				return err == nil, nil
			}
			if cond != "world" {
				return false, nil
			}
			need := strings.Split(os.Getenv("TESTBED_NEED"), ",")
			for _, name := range []string{"netns", "relay"} {
				if err := netns.Probe(name); err != nil {
					if slices.Contains(need, name) {
						t.Errorf("needed here: %s: %v", name, err)
					}
					return false, nil
				}
			}
			if libErr != nil && slices.Contains(need, "onnx") {
				t.Error(libErr)
			}
			return libErr == nil, nil
		},
	})
}
