//go:build !linux

package node

import (
	"fmt"
	"os"
)

func newMemoryFile() (*file, error) { return newDiskFile() }

func unnamed(dir string) (*os.File, error) { return unlinked(dir) }

// path is the file's as long as it is open here.
func (f *file) path() string { return fmt.Sprintf("/dev/fd/%d", f.Fd()) }
