// Package needs is for tests only: it skips those that want a feature that this
// machine lacks. A machine that is known to have it must not lose a test to a
// skip: there the environment variable TESTBED_NEED names it, among others
// divided by commas, and its tests fail instead.
package needs

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/testbed/testbed/emulator"
)

// Named reports whether TESTBED_NEED names a feature.
func Named(feature string) bool {
	return slices.Contains(strings.Split(os.Getenv("TESTBED_NEED"), ","), feature)
}

// Skip ends t if err says why this machine lacks a feature; nil: it has it.
func Skip(t testing.TB, feature string, err error) {
	t.Helper()
	switch {
	case err == nil:
	case Named(feature):
		t.Fatalf("needed here: %s: %v", feature, err)
	default:
		t.Skipf("%s: %v", feature, err)
	}
}

// Probed skips t for the first of features that probe, as netns.Probe, finds to
// be missing: with an error that wraps emulator.ErrUnsupported. t fails for any
// other, as it is then not known.
func Probed(t testing.TB, probe func(feature string) error, features ...string) {
	t.Helper()
	for _, f := range features {
		err := probe(f)
		if err != nil && !errors.Is(err, emulator.ErrUnsupported) {
			t.Fatalf("%s: %v", f, err)
		}
		Skip(t, f, err)
	}
}

// ONNX is the path of ONNX Runtime's library, which onnx.Find finds; its
// feature is called onnx.
func ONNX(t testing.TB, find func() (string, error)) string {
	t.Helper()
	path, err := find()
	Skip(t, "onnx", err)
	return path
}
