package host_test

import (
	"runtime"
	"strings"
	"testing"

	"github.com/testbed/testbed/inference/host"
)

func TestCacheDir(t *testing.T) {
	t.Setenv("HOME", "/home/x")
	t.Setenv("XDG_CACHE_HOME", "")
	t.Setenv("TESTBED_CACHE", "/c")
	if got, err := host.CacheDir(); got != "/c" || err != nil {
		t.Errorf("CacheDir = %q, %v; want /c", got, err)
	}
	if runtime.GOOS != "linux" {
		t.Skip("the user's cache is elsewhere")
	}
	t.Setenv("TESTBED_CACHE", "")
	if got, err := host.CacheDir(); got != "/home/x/.cache/testbed" || err != nil {
		t.Errorf("CacheDir = %q, %v; want testbed in the home's", got, err)
	}
	t.Setenv("XDG_CACHE_HOME", "/x")
	if got, err := host.CacheDir(); got != "/x/testbed" || err != nil {
		t.Errorf("CacheDir = %q, %v; want /x/testbed", got, err)
	}
	t.Setenv("XDG_CACHE_HOME", "")
	t.Setenv("HOME", "")
	if got, err := host.CacheDir(); err == nil || !strings.Contains(err.Error(), "TESTBED_CACHE") {
		t.Errorf("CacheDir without a home = %q, %v; want an error that names TESTBED_CACHE", got, err)
	}
}
