package node

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// newMemoryFile makes an empty one in memory; on the disk, where the kernel
// does not have such files.
func newMemoryFile() (*file, error) {
	fd, err := unix.MemfdCreate("testbed-model", unix.MFD_CLOEXEC)
	if err != nil {
		return newDiskFile()
	}
	return &file{File: os.NewFile(uintptr(fd), "model in memory")}, nil
}

// unnamed makes a file on the file system of dir that never has a name.
func unnamed(dir string) (*os.File, error) {
	fd, err := unix.Open(dir, unix.O_TMPFILE|unix.O_RDWR|unix.O_CLOEXEC, 0o600)
	if err != nil { // not every file system can
		return unlinked(dir)
	}
	return os.NewFile(uintptr(fd), "model on the disk"), nil
}

// path opens the file anew, as long as it is open here.
func (f *file) path() string { return fmt.Sprintf("/proc/self/fd/%d", f.Fd()) }
