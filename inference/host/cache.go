package host

import (
	"fmt"
	"os"
	"path/filepath"
)

// CacheDir is the folder below which this user's downloads and what is made of
// them are kept: TESTBED_CACHE if it is set, else testbed in os.UserCacheDir.
// It need not exist.
func CacheDir() (string, error) {
	if dir := os.Getenv("TESTBED_CACHE"); dir != "" {
		return dir, nil
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("the user's cache directory: %w: set TESTBED_CACHE", err)
	}
	return filepath.Join(dir, "testbed"), nil
}
