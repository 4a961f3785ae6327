package node

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// TestEvict: what was written is in the file cache, and after evict it is not;
// what was read is again.
func TestEvict(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	var fs unix.Statfs_t
	if err := unix.Statfs(filepath.Dir(path), &fs); err != nil || fs.Type == unix.TMPFS_MAGIC || fs.Type == unix.RAMFS_MAGIC {
		t.Skip("temporary files are in memory here")
	}
	if err := os.WriteFile(path, bytes.Repeat([]byte("model"), 1<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	share := func(want float64, when string) {
		t.Helper()
		if got, err := cachedShare(f); err != nil || got < want-mostLeft || got > want+mostLeft {
			t.Errorf("%s: %.2f of it is cached (%v), want %v", when, got, err, want)
		}
	}
	share(1, "written")
	if err := evict(f); err != nil {
		t.Error(err)
	}
	share(0, "evicted")
	if err := read(f); err != nil {
		t.Error(err)
	}
	share(1, "read")

	mapped, err := unix.Mmap(int(f.Fd()), 0, 5<<20, unix.PROT_READ, unix.MAP_SHARED|unix.MAP_POPULATE)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Munmap(mapped)
	if err := evict(f); err == nil {
		t.Error("a file that is mapped was evicted, it says")
	}
}
