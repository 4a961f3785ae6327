package onnx

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestPrune: of files of 400 bytes that were used 1, 2, 3 and 4 hours ago,
// 1000 bytes keep the first two.
func TestPrune(t *testing.T) {
	dir := t.TempDir()
	now := time.Now()
	put := func(name string, bytes int, age time.Duration) {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, make([]byte, bytes), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, p := range []string{path, filepath.Dir(path)} {
			if p == dir {
				continue
			}
			if err := os.Chtimes(p, now, now.Add(-age)); err != nil {
				t.Fatal(err)
			}
		}
	}
	put("c.ort", 400, 3*time.Hour)
	put("a.ort", 400, 1*time.Hour)
	put("d.ort", 400, 4*time.Hour)
	put("b.ort", 400, 2*time.Hour)
	put("notes.txt", 4000, 100*time.Hour)
	put("new-1/model.ort", 4000, 23*time.Hour)
	put("new-2/model.ort", 4000, 25*time.Hour)
	left := func() []string {
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, e := range entries {
			names = append(names, e.Name())
		}
		slices.Sort(names)
		return names
	}
	for _, tt := range []struct {
		limit int64
		want  []string
	}{
		{1600, []string{"a.ort", "b.ort", "c.ort", "d.ort", "new-1", "notes.txt"}},
		{1000, []string{"a.ort", "b.ort", "new-1", "notes.txt"}},
		{10, []string{"a.ort", "new-1", "notes.txt"}},
	} {
		if err := prune(dir, tt.limit, now); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tt.want, left()); diff != "" {
			t.Errorf("limit %d (-want +got):\n%s", tt.limit, diff)
		}
	}
}

// TestKey: whatever an optimised model depends on is in its key.
func TestKey(t *testing.T) {
	flags := []string{"avx2", "fma"}
	base := key("ab", "1.29.0", flags, Options{})
	for _, tt := range []struct {
		name string
		key  string
		same bool
	}{
		{"the file's hash in capitals", key("AB", "1.29.0", flags, Options{}), true},
		{"threads, spinning and the cache's place", key("ab", "1.29.0", flags, Options{Threads: 7, Spinning: true, Cache: "/x"}), true},
		{"the defaults by name", key("ab", "1.29.0", flags, Options{Provider: "cpu", Optimization: "all"}), true},
		{"another file", key("ac", "1.29.0", flags, Options{}), false},
		{"another version", key("ab", "1.30.0", flags, Options{}), false},
		{"another CPU", key("ab", "1.29.0", []string{"avx2"}, Options{}), false},
		{"another provider", key("ab", "1.29.0", flags, Options{Provider: "xnnpack"}), false},
		{"another level", key("ab", "1.29.0", flags, Options{Optimization: "extended"}), false},
	} {
		if same := tt.key == base; same != tt.same {
			t.Errorf("%s: the same key %v; want %v", tt.name, same, tt.same)
		}
	}
}
