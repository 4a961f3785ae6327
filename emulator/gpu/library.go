//go:build linux && (amd64 || arm64)

package gpu

import (
	"cmp"
	"fmt"
	"os"

	"github.com/ebitengine/purego"
)

// A library is one file of the driver. It is never closed: the driver has
// threads of its own.
type library struct {
	name   string
	handle uintptr
}

// find opens a library: name, or else what an environment variable says, or else
// what it is usually called. The error says what was looked for.
func find(name, variable, usual string) (*library, error) {
	name = cmp.Or(name, os.Getenv(variable), usual)
	handle, err := purego.Dlopen(name, purego.RTLD_NOW|purego.RTLD_LOCAL)
	if err != nil {
		return nil, fmt.Errorf("%w: looked for %s (%w): want NVIDIA's driver, or %s=/path/to/%s", ErrNone, name, err, variable, usual)
	}
	return &library{name, handle}, nil
}

// A binding is a function of a library, by the name that it has there.
type binding struct {
	name string
	fn   any // pointer to a variable of function type
}

// bind sets the variables to the functions.
func (l *library) bind(all []binding) error {
	for _, b := range all {
		at, err := purego.Dlsym(l.handle, b.name)
		if err != nil {
			return fmt.Errorf("%w: looked for %s in %s: want a driver of CUDA 11 or later", ErrNone, b.name, l.name)
		}
		purego.RegisterFunc(b.fn, at)
	}
	return nil
}
