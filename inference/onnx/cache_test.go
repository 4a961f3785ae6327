package onnx_test

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/testbed/testbed/inference/model"
	"github.com/testbed/testbed/inference/onnx"
)

// A cacheTest is a model's file, an input, and a directory for a cache.
type cacheTest struct {
	*testing.T
	engine *onnx.Engine
	file   string
	m      model.Model
	in     []float32
	dir    string
}

func newCacheTest(t *testing.T) cacheTest {
	c := cacheTest{T: t, engine: open(t), m: model.Builtin()[1], dir: filepath.Join(t.TempDir(), "cache")}
	data, err := c.m.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	c.file = filepath.Join(t.TempDir(), "model.onnx")
	if err := os.WriteFile(c.file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	c.in, _ = tensors(t, c.m.Recipe, 2)
	return c
}

// load opens the model, runs it, and says whether it came out of the cache.
func (c cacheTest) load(sha256 string, o onnx.Options) (cached bool, logits []float32) {
	c.Helper()
	s, err := c.engine.LoadFile(c.file, sha256, o)
	if err != nil {
		c.Fatal(err)
	}
	defer s.Close()
	logits, err = s.Run(c.in)
	if err != nil {
		c.Fatal(err)
	}
	return s.Cached(), logits
}

// files are those in the cache.
func (c cacheTest) files() []string {
	c.Helper()
	files, err := filepath.Glob(filepath.Join(c.dir, "*"))
	if err != nil {
		c.Fatal(err)
	}
	return files
}

func TestCache(t *testing.T) {
	c := newCacheTest(t)
	o := onnx.Options{Threads: 1, Cache: c.dir}
	_, want := c.load(c.m.SHA256, onnx.Options{Threads: 1})
	if len(c.files()) != 0 {
		t.Errorf("files %v without a cache", c.files())
	}
	for i, wantCached := range []bool{false, true, true} {
		cached, logits := c.load(c.m.SHA256, o)
		if cached != wantCached {
			t.Errorf("load %d: cached %v; want %v", i, cached, wantCached)
		}
		if diff := cmp.Diff(want, logits); diff != "" {
			t.Errorf("load %d: other logits than without a cache (-want +got):\n%s", i, diff)
		}
	}
	if len(c.files()) != 1 {
		t.Errorf("files %v; want one", c.files())
	}
}

// TestCacheKey: what the optimised model depends on has a file of its own, and
// what it does not depend on has none.
func TestCacheKey(t *testing.T) {
	c := newCacheTest(t)
	o := onnx.Options{Threads: 1, Cache: c.dir}
	c.load(c.m.SHA256, o)
	for _, tt := range []struct {
		name   string
		sha256 string
		change func(*onnx.Options)
		cached bool
		files  int
	}{
		{"more threads", c.m.SHA256, func(o *onnx.Options) { o.Threads = 2 }, true, 1},
		{"spinning", c.m.SHA256, func(o *onnx.Options) { o.Spinning = true }, true, 1},
		{"the defaults by name", strings.ToUpper(c.m.SHA256), func(o *onnx.Options) { o.Provider, o.Optimization = "cpu", "all" }, true, 1},
		{"less optimisation", c.m.SHA256, func(o *onnx.Options) { o.Optimization = "basic" }, false, 2},
		{"another file", strings.Repeat("0", 64), func(*onnx.Options) {}, false, 3},
		{"no optimisation", c.m.SHA256, func(o *onnx.Options) { o.Optimization = "off" }, false, 3},
	} {
		o := o
		tt.change(&o)
		cached, _ := c.load(tt.sha256, o)
		if cached != tt.cached || len(c.files()) != tt.files {
			t.Errorf("%s: cached %v, %d files; want %v, %d", tt.name, cached, len(c.files()), tt.cached, tt.files)
		}
	}
}

// TestCacheDamaged: a file that is not what was written is not run, and made
// again. A flipped bit in the weights is a model like any other to the runtime.
func TestCacheDamaged(t *testing.T) {
	c := newCacheTest(t)
	o := onnx.Options{Threads: 1, Cache: c.dir}
	_, want := c.load(c.m.SHA256, o)
	for _, tt := range []struct {
		name   string
		damage func(data []byte) []byte
	}{
		{"a bit flipped", func(data []byte) []byte { data[len(data)*2/3] ^= 0x40; return data }},
		{"cut short", func(data []byte) []byte { return data[:len(data)-100] }},
		{"nothing in it", func([]byte) []byte { return nil }},
		{"something else", func([]byte) []byte { return []byte("<html>") }},
	} {
		file := c.files()[0]
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, tt.damage(data), 0o600); err != nil {
			t.Fatal(err)
		}
		cached, logits := c.load(c.m.SHA256, o)
		if diff := cmp.Diff(want, logits); cached || diff != "" {
			t.Errorf("%s: cached %v, logits (-want +got):\n%s", tt.name, cached, diff)
		}
		if cached, _ := c.load(c.m.SHA256, o); !cached || len(c.files()) != 1 {
			t.Errorf("%s: the next load: cached %v, files %v; want it made again", tt.name, cached, c.files())
		}
	}
}

// TestCacheOfMany: sessions that are opened at once leave whole files and
// nothing else.
func TestCacheOfMany(t *testing.T) {
	c := newCacheTest(t)
	o := onnx.Options{Threads: 1, Cache: c.dir}
	_, want := c.load(c.m.SHA256, onnx.Options{Threads: 1})
	var group sync.WaitGroup
	for range 6 {
		group.Go(func() {
			s, err := c.engine.LoadFile(c.file, c.m.SHA256, o)
			if err != nil {
				t.Error(err)
				return
			}
			defer s.Close()
			if logits, err := s.Run(c.in); err != nil || cmp.Diff(want, logits) != "" {
				t.Errorf("logits %v, %v; want %v", logits[:3], err, want[:3])
			}
		})
	}
	group.Wait()
	for _, f := range c.files() {
		if !strings.HasSuffix(f, ".ort") {
			t.Errorf("left behind: %s", f)
		}
	}
	if cached, _ := c.load(c.m.SHA256, o); !cached {
		t.Error("not cached after that")
	}
}

func TestCacheThatCannotBe(t *testing.T) {
	c := newCacheTest(t)
	_, err := c.engine.LoadFile(c.file, c.m.SHA256, onnx.Options{Cache: c.file})
	if err == nil || !strings.Contains(err.Error(), "cache: ") || !strings.Contains(err.Error(), c.file) {
		t.Errorf("a file for a cache: error %v; want one that names it", err)
	}
}
