package node

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// Reexec starts this program again in its place, with the same arguments, if
// its environment lacks what MallocEnv says; else it returns at once. It is for
// the beginning of main.
func Reexec() error {
	missing := MallocEnv()
	if len(missing) == 0 {
		return nil
	}
	err := unix.Exec("/proc/self/exe", os.Args, append(os.Environ(), missing...))
	return fmt.Errorf("start again with %v: %w", missing, err)
}
