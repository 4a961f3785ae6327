package node

import (
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// evict drops a file from the kernel's page cache, and looks whether it is
// gone: what is being written, mapped, or on a file system that lives in memory
// stays.
func evict(f *os.File) error {
	if err := f.Sync(); err != nil { // a page that is not on the disk yet is not dropped
		return err
	}
	if err := unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_DONTNEED); err != nil {
		return fmt.Errorf("drop from the file cache: %w", err)
	}
	left, err := cachedShare(f)
	if err != nil {
		return err
	}
	if left > mostLeft {
		return fmt.Errorf("%.0f %% of the file stays in the file cache", 100*left)
	}
	return nil
}

// mostLeft is how much of a file that counts as dropped may be in the cache:
// the kernel keeps its memory in folios of many pages.
const mostLeft = 0.05

// cachedShare is how much of a file is in the page cache, 0 to 1.
func cachedShare(f *os.File) (float64, error) {
	info, err := f.Stat()
	if err != nil || info.Size() == 0 {
		return 0, err
	}
	data, err := unix.Mmap(int(f.Fd()), 0, int(info.Size()), unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		return 0, fmt.Errorf("look into the file cache: %w", err)
	}
	defer unix.Munmap(data)
	page := os.Getpagesize()
	resident := make([]byte, (len(data)+page-1)/page)
	_, _, errno := unix.Syscall(unix.SYS_MINCORE, uintptr(unsafe.Pointer(&data[0])), uintptr(len(data)), uintptr(unsafe.Pointer(&resident[0])))
	if errno != 0 {
		return 0, fmt.Errorf("look into the file cache: %w", errno)
	}
	n := 0
	for _, r := range resident {
		n += int(r & 1)
	}
	return float64(n) / float64(len(resident)), nil
}
