//go:build cgo && unix

package onnx

import (
	"errors"
	"fmt"
	"maps"

	"github.com/testbed/testbed/inference/onnxfile"
	ort "github.com/yalue/onnxruntime_go"
)

// openLibrary opens the runtime's environment and says its version.
func openLibrary(lib string) (version string, err error) {
	ort.SetSharedLibraryPath(lib)
	if err := ort.InitializeEnvironment(ort.WithLogLevelError()); err != nil {
		return "", fmt.Errorf("%s: %w", lib, err)
	}
	if err := ort.DisableTelemetry(); err != nil {
		return "", errors.Join(err, ort.DestroyEnvironment())
	}
	return ort.GetVersion(), nil
}

// A runner is a session of the runtime.
type runner struct {
	session *ort.DynamicAdvancedSession
	weights mapping // which the session reads in place; nil: it has its own

	fallback bool // the CPU runs what the provider cannot
}

// newRunner opens a session of src, and owns src.optimized from then on.
func newRunner(src source, g onnxfile.Classifier, o Options) (*runner, error) {
	defer trim() // what opening takes and is no longer needed
	if o.provider() == cpuProvider {
		s, err := create(src, g, o, nil)
		if err != nil {
			return nil, err
		}
		return &runner{session: s, weights: src.optimized}, nil
	}
	// The runtime gives the CPU what the provider cannot run and says nothing,
	// unless it is told to refuse.
	var r runner
	err := keepSignals(func() (err error) {
		if r.session, err = create(src, g, o, map[string]string{"session.disable_cpu_ep_fallback": "1"}); err == nil {
			return nil
		}
		r.fallback = true
		r.session, err = create(src, g, o, nil)
		return err
	})
	if err != nil {
		return nil, err
	}
	return &r, nil
}

// create opens a session, with more entries in its configuration.
func create(src source, g onnxfile.Classifier, o Options, more map[string]string) (*ort.DynamicAdvancedSession, error) {
	so, err := ort.NewSessionOptions()
	if err != nil {
		return nil, fmt.Errorf("session options: %w", err)
	}
	defer so.Destroy()
	if err := configure(so, src, o, more); err != nil {
		return nil, err
	}
	s, err := newSession(src, g, so)
	if err != nil {
		return nil, fmt.Errorf("load: %w", err)
	}
	return s, nil
}

func newSession(src source, g onnxfile.Classifier, so *ort.SessionOptions) (*ort.DynamicAdvancedSession, error) {
	in, out := []string{g.Input}, []string{g.Output}
	switch {
	case src.optimized != nil:
		return ort.NewDynamicAdvancedSessionWithONNXData(src.optimized, in, out, so)
	case src.path != "":
		return ort.NewDynamicAdvancedSession(src.path, in, out, so)
	}
	return ort.NewDynamicAdvancedSessionWithONNXData(src.data, in, out, so)
}

// configure lays o into ONNX Runtime's own options.
func configure(so *ort.SessionOptions, src source, o Options, more map[string]string) error {
	level := optimizations[o.optimization()]
	entries := map[string]string{
		"session.intra_op.allow_spinning": zeroOne(o.Spinning),
		"session.inter_op.allow_spinning": zeroOne(o.Spinning),
	}
	maps.Copy(entries, more)
	if src.optimized != nil {
		// The optimisation has been done. The bytes are used where they are,
		// which takes a tenth of the time that copying them does.
		level = optimizations["off"]
		entries["session.load_model_format"] = "ORT"
		entries["session.use_ort_model_bytes_directly"] = "1"
		entries["session.use_ort_model_bytes_for_initializers"] = "1"
	}
	errs := []error{
		so.SetIntraOpNumThreads(o.threads()),
		so.SetInterOpNumThreads(1),
		so.SetExecutionMode(ort.ExecutionModeSequential),
		so.SetGraphOptimizationLevel(ort.GraphOptimizationLevel(level)),
	}
	if src.save != "" {
		entries["session.save_model_format"] = "ORT"
		errs = append(errs, so.SetOptimizedModelFilePath(src.save))
	}
	for key, value := range entries {
		errs = append(errs, so.AddSessionConfigEntry(key, value))
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("session options: %w", err)
	}
	return appendProvider(so, o.provider())
}

func zeroOne(on bool) string {
	if on {
		return "1"
	}
	return "0"
}

func (r *runner) usesCPU() bool { return r.fallback }

func (r *runner) close() error {
	err := errors.Join(r.session.Destroy(), r.weights.unmap())
	trim()
	return err
}
