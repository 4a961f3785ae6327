package onnx

import (
	"cmp"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// prune drops what was used longest ago until the cache has no more than limit
// bytes, and what a process that was killed left behind. The newest stays,
// whatever its size. Other files are left alone.
func prune(cache string, limit int64, now time.Time) error {
	entries, err := os.ReadDir(cache)
	if err != nil {
		return err
	}
	var files []fs.FileInfo
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			continue // another process has dropped it
		}
		switch {
		case e.IsDir() && strings.HasPrefix(e.Name(), temporary) && now.Sub(info.ModTime()) > abandoned:
			os.RemoveAll(filepath.Join(cache, e.Name()))
		case info.Mode().IsRegular() && strings.HasSuffix(e.Name(), suffix):
			files = append(files, info)
		}
	}
	newestFirst := func(a, b fs.FileInfo) int { return cmp.Compare(b.ModTime().UnixNano(), a.ModTime().UnixNano()) }
	slices.SortFunc(files, newestFirst)
	var total int64
	for i, info := range files {
		if total += info.Size(); i > 0 && total > limit {
			os.Remove(filepath.Join(cache, info.Name()))
		}
	}
	return nil
}
