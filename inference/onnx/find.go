// Package onnx runs image classifiers with ONNX Runtime. It is the only
// package that needs cgo; the runtime itself is a shared library that is
// opened when the program runs.
package onnx

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"github.com/testbed/testbed/inference/host"
)

// release is the version of ONNX Runtime that scripts/get-onnxruntime.sh gets.
// A later one does as well.
const release = "1.29.0"

// Find returns the path of ONNX Runtime's shared library: what the environment
// variable TESTBED_ONNXRUNTIME says, or else where scripts/get-onnxruntime.sh
// puts it, below host.CacheDir. The error says how to get one.
func Find() (string, error) {
	if path := os.Getenv("TESTBED_ONNXRUNTIME"); path != "" {
		if err := isFile(path); err != nil {
			return "", fmt.Errorf("TESTBED_ONNXRUNTIME: %w: want ONNX Runtime's shared library", err)
		}
		return path, nil
	}
	path, err := defaultPath()
	if err == nil {
		err = isFile(path)
	}
	if err != nil {
		return "", fmt.Errorf("ONNX Runtime's shared library is missing (%w): run make or scripts/get-onnxruntime.sh, or set TESTBED_ONNXRUNTIME=/path/to/%s", err, fileName())
	}
	return path, nil
}

func defaultPath() (string, error) {
	cache, err := host.CacheDir()
	if err != nil {
		return "", err
	}
	dir := fmt.Sprintf("onnxruntime-%s-%s-%s", release, runtime.GOOS, runtime.GOARCH)
	return filepath.Join(cache, dir, fileName()), nil
}

func fileName() string {
	if runtime.GOOS == "darwin" {
		return "libonnxruntime.dylib"
	}
	return "libonnxruntime.so.1"
}

func isFile(path string) error {
	info, err := os.Stat(path)
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s: not a file", path)
	}
	return err
}
