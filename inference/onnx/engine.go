package onnx

import (
	"fmt"
	"os"
	"sync"
)

// An Engine is ONNX Runtime, opened.
type Engine struct {
	library string
	version string
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
	// log into the temporary directory, and leave them there. Its own switch
	// comes too late for that.
	if err := os.Setenv("ORT_DISABLE_TELEMETRY", "1"); err != nil {
		return nil, fmt.Errorf("open ONNX Runtime: %w", err)
	}
	version, err := openLibrary(lib)
	if err != nil {
		return nil, fmt.Errorf("open ONNX Runtime: %w", err)
	}
	engine.opened = &Engine{library: lib, version: version}
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

// Version is that of ONNX Runtime.
func (e *Engine) Version() string { return e.version }

// Describe says what runs a session with these options, for the record.
func (e *Engine) Describe(o Options) map[string]string {
	d := o.describe()
	d["runtime"], d["version"], d["library"] = "onnxruntime", e.version, e.library
	return d
}

// Providers are what Options.Provider may say with this library on this
// machine, found by asking it for each; cpu is always one.
func (e *Engine) Providers() []string { return availableProviders() }
