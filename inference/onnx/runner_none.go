//go:build !cgo || !unix

package onnx

import (
	"errors"

	"github.com/testbed/testbed/inference/onnxfile"
)

// errNoCgo is what a program says that was built for another system without a
// C compiler for it.
var errNoCgo = errors.New("this program was built without cgo and cannot run ONNX Runtime: build it with CGO_ENABLED=1 and a C compiler, on Linux or macOS")

type (
	runner    struct{}
	workspace struct{}
)

func openLibrary(string) (string, error)                              { return "", errNoCgo }
func newRunner(source, onnxfile.Classifier, Options) (*runner, error) { return nil, errNoCgo }
func availableProviders() []string                                    { return nil }
func (*runner) usesCPU() bool                                         { return false }
func (*runner) close() error                                          { return nil }
func (*workspace) free() error                                        { return nil }
func (*runner) run(*workspace, []float32, [4]int64) ([]float32, []int64, error) {
	return nil, nil, errNoCgo
}
