package node

import (
	"fmt"
	"os"

	"github.com/testbed/testbed/inference/host"
)

// A file is that of a model, verified, on this machine. It has no name, so that
// nothing is left of it however the node ends, and it is not in the heap, where
// a collector that is slow on purpose would keep several times its size.
type file struct {
	*os.File
	kept bool // somebody else closes it
}

// newFile makes an empty one that is to hold size bytes: in memory, where that
// leaves enough of it to open a session, else on the disk.
func newFile(size int64) (*file, error) {
	if free, ok := host.Memory(); ok && size > free/4 {
		return newDiskFile()
	}
	return newMemoryFile()
}

// newDiskFile makes an empty one in the folder for temporary files.
func newDiskFile() (*file, error) {
	f, err := unnamed(os.TempDir())
	if err != nil {
		return nil, fmt.Errorf("a file for a model: %w", err)
	}
	return &file{File: f}, nil
}

// unlinked makes a file in dir and removes its name. It is for systems that
// cannot make one without.
func unlinked(dir string) (*os.File, error) {
	f, err := os.CreateTemp(dir, "testbed-model-")
	if err != nil {
		return nil, err
	}
	if err := os.Remove(f.Name()); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// release closes the file, which is the end of it.
func (f *file) release() error {
	if f == nil || f.kept {
		return nil
	}
	return f.Close()
}
