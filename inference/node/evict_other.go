//go:build !linux

package node

import (
	"errors"
	"os"
)

// evict does nothing where a program cannot ask for it.
func evict(*os.File) error {
	return errors.New("the file cache can be dropped on Linux only")
}
