//go:build !linux

package node

import (
	"fmt"
	"os"
)

// Main makes this program a background load if it was started as one by
// SetLoad, and then does not return; else it returns at once. It must be among
// the first things that main (or TestMain) does.
func Main() {
	if len(os.Args) == 3 && os.Args[1] == argBurn {
		fmt.Fprintln(os.Stderr, "background load: not on this system: CPU time of threads is read and pinned on Linux only")
		os.Exit(1)
	}
}
