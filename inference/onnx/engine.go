package onnx

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"sync"

	ort "github.com/yalue/onnxruntime_go"
)

// An Engine is ONNX Runtime, opened.
type Engine struct {
	library string
	version string
}

// Options say how a Session runs.
type Options struct {
	Threads int // of one inference; 0: one
}

// engine is the one Engine that a process can have: the runtime's environment
// is global, and cannot be opened again from another file.
var engine struct {
	sync.Mutex
	opened *Engine
}

// Open opens the shared library at path lib. A process has one Engine: opening
// the same path again returns it, opening another is an error.
func Open(lib string) (*Engine, error) {
	engine.Lock()
	defer engine.Unlock()
	if e := engine.opened; e != nil {
		if e.library != lib {
			return nil, fmt.Errorf("open %s: this process runs %s already", lib, e.library)
		}
		return e, nil
	}
	if err := isFile(lib); err != nil {
		return nil, fmt.Errorf("open ONNX Runtime: %w", err)
	}
	// Before the library is loaded: it would else write a session file and a
	// log into the temporary directory, and leave them there. DisableTelemetry
	// comes too late for that.
	if err := os.Setenv("ORT_DISABLE_TELEMETRY", "1"); err != nil {
		return nil, fmt.Errorf("open ONNX Runtime: %w", err)
	}
	ort.SetSharedLibraryPath(lib)
	if err := ort.InitializeEnvironment(ort.WithLogLevelError()); err != nil {
		return nil, fmt.Errorf("open ONNX Runtime: %s: %w", lib, err)
	}
	if err := ort.DisableTelemetry(); err != nil {
		return nil, errors.Join(fmt.Errorf("ONNX Runtime: %w", err), ort.DestroyEnvironment())
	}
	engine.opened = &Engine{library: lib, version: ort.GetVersion()}
	return engine.opened, nil
}

// Version opens the shared library at path lib, as Open does, and says what
// version of ONNX Runtime it is.
func Version(lib string) (string, error) {
	e, err := Open(lib)
	if err != nil {
		return "", err
	}
	return e.version, nil
}

// Describe says what runs a session with these options, for the record.
func (e *Engine) Describe(o Options) map[string]string {
	return map[string]string{
		"runtime":       "onnxruntime",
		"version":       e.version,
		"library":       e.library,
		"platform":      runtime.GOOS + "/" + runtime.GOARCH,
		"provider":      "cpu",
		"intra_threads": strconv.Itoa(o.threads()),
		"inter_threads": "1",
		"execution":     "sequential",
		"spinning":      "off",
		"optimization":  "all",
		"telemetry":     "off",
	}
}

func (o Options) threads() int { return max(o.Threads, 1) }

// configure lays o into ONNX Runtime's own options.
//
// Spinning is off: a pool that spins burns tens of milliseconds of CPU after
// each run, on the very CPUs whose load is the subject of the experiment.
func (o Options) configure(so *ort.SessionOptions) error {
	return errors.Join(
		so.SetIntraOpNumThreads(o.threads()),
		so.SetInterOpNumThreads(1),
		so.SetExecutionMode(ort.ExecutionModeSequential),
		so.SetGraphOptimizationLevel(ort.GraphOptimizationLevelEnableAll),
		so.AddSessionConfigEntry("session.intra_op.allow_spinning", "0"),
		so.AddSessionConfigEntry("session.inter_op.allow_spinning", "0"),
	)
}
