//go:build !linux

package thread

import "errors"

// CPUs is an error: which ones a process may run on is asked on Linux only.
func CPUs() ([]int, error) {
	return nil, errors.New("CPUs of this process: known on Linux only")
}
