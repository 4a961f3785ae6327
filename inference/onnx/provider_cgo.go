//go:build cgo && unix

package onnx

import (
	"errors"
	"fmt"
	"strings"
	"sync"

	ort "github.com/yalue/onnxruntime_go"
)

// appendProvider puts the provider of that name before the CPU's.
func appendProvider(so *ort.SessionOptions, name string) error {
	if name == cpuProvider {
		return nil // always there, and last
	}
	err := addProvider(so, name)
	if err == nil {
		return nil
	}
	return fmt.Errorf("provider %s: this ONNX Runtime has %s: %w", name, strings.Join(availableProviders(), ", "), err)
}

// availableProviders are those that a session can have. The binding has no
// list of them, and the library's own would have those, too, whose parts are
// missing.
func availableProviders() []string {
	var names []string
	for _, p := range providerNames {
		if tryProvider(p) == nil {
			names = append(names, p)
		}
	}
	return names
}

func tryProvider(name string) error {
	so, err := ort.NewSessionOptions()
	if err != nil {
		return err
	}
	return errors.Join(addProvider(so, name), so.Destroy())
}

// quiet guards the runtime's log level.
var quiet sync.Mutex

// addProvider asks for a provider. What the runtime would write to standard
// error of one that it lacks is in the error that it returns.
func addProvider(so *ort.SessionOptions, name string) error {
	quiet.Lock()
	defer quiet.Unlock()
	if err := ort.SetEnvironmentLogLevel(ort.LoggingLevelFatal); err != nil {
		return err
	}
	err := keepSignals(func() error { return ask(so, name) })
	return errors.Join(err, ort.SetEnvironmentLogLevel(ort.LoggingLevelError))
}

// ask has a way of its own for each provider, as the C API does.
func ask(so *ort.SessionOptions, name string) error {
	switch name {
	case "cuda":
		p, err := ort.NewCUDAProviderOptions()
		if err != nil {
			return err
		}
		return errors.Join(so.AppendExecutionProviderCUDA(p), p.Destroy())
	case "tensorrt":
		p, err := ort.NewTensorRTProviderOptions()
		if err != nil {
			return err
		}
		return errors.Join(so.AppendExecutionProviderTensorRT(p), p.Destroy())
	case "openvino":
		return so.AppendExecutionProviderOpenVINO(map[string]string{})
	case "coreml":
		return so.AppendExecutionProviderCoreMLV2(map[string]string{})
	case "xnnpack":
		return so.AppendExecutionProvider("XNNPACK", map[string]string{})
	}
	return nil // the CPU's is always there
}
