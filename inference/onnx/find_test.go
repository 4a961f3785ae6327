package onnx_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/testbed/testbed/inference/onnx"
)

func TestFindTakesWhatItIsTold(t *testing.T) {
	lib := filepath.Join(t.TempDir(), "lib.so")
	if err := os.WriteFile(lib, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TESTBED_ONNXRUNTIME", lib)
	if got, err := onnx.Find(); got != lib || err != nil {
		t.Errorf("Find() = %q, %v; want %q", got, err, lib)
	}
}

func TestFindLooksInTheCache(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the library's name is another")
	}
	cache := t.TempDir()
	t.Setenv("TESTBED_ONNXRUNTIME", "")
	t.Setenv("TESTBED_CACHE", cache)
	want := filepath.Join(cache, "onnxruntime-1.29.0-linux-"+runtime.GOARCH, "libonnxruntime.so.1")
	if err := os.MkdirAll(filepath.Dir(want), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(want, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := onnx.Find(); got != want || err != nil {
		t.Errorf("Find() = %q, %v; want %q", got, err, want)
	}
}

func TestFindSaysWhatToDo(t *testing.T) {
	t.Setenv("TESTBED_ONNXRUNTIME", "")
	t.Setenv("TESTBED_CACHE", t.TempDir())
	_, err := onnx.Find()
	if err == nil {
		t.Fatal("found a library in an empty directory")
	}
	for _, want := range []string{"make", "scripts/get-onnxruntime.sh", "TESTBED_ONNXRUNTIME=/path/to/"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error %q does not name %s", err, want)
		}
	}
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("error %q is not one line", err)
	}

	t.Setenv("TESTBED_ONNXRUNTIME", "/nowhere/lib.so")
	if _, err := onnx.Find(); err == nil || !strings.Contains(err.Error(), "/nowhere/lib.so") {
		t.Errorf("error %v; want one that names /nowhere/lib.so", err)
	}
}
