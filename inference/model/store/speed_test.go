package store_test

import (
	"bufio"
	"crypto/sha256"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/testbed/testbed/inference/arch"
	"github.com/testbed/testbed/inference/model"
)

// resnet152 writes the largest of the ResNets, 240 MB of seeded weights.
func resnet152(tb testing.TB) string {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "resnet152.onnx")
	f, err := os.Create(path)
	if err != nil {
		tb.Fatal(err)
	}
	w := bufio.NewWriterSize(f, 1<<20)
	if err := arch.Write(w, "resnet152", 1); err != nil {
		tb.Fatal(err)
	}
	if err := w.Flush(); err != nil {
		tb.Fatal(err)
	}
	if err := f.Close(); err != nil {
		tb.Fatal(err)
	}
	return path
}

func hashOf(tb testing.TB, path string) {
	tb.Helper()
	f, err := os.Open(path)
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	if _, err := io.CopyBuffer(struct{ io.Writer }{sha256.New()}, struct{ io.Reader }{f}, make([]byte, 1<<20)); err != nil {
		tb.Fatal(err)
	}
}

// BenchmarkAdd adds a model of 240 MB: once for the time, which is to be below
// 2 s, and beside it how many times as long as hashing the file alone it takes.
func BenchmarkAdd(b *testing.B) {
	path := resnet152(b)
	info, err := os.Stat(path)
	if err != nil {
		b.Fatal(err)
	}
	m := model.Model{Name: "resnet152"}
	if m.Recipe, err = model.ParseRecipe("imagenet"); err != nil {
		b.Fatal(err)
	}
	var hashing, adding time.Duration
	for b.Loop() {
		start := time.Now()
		hashOf(b, path)
		hashing += time.Since(start)
		s := open(b)
		start = time.Now()
		if _, err := s.Add(background, path, m); err != nil {
			b.Fatal(err)
		}
		adding += time.Since(start)
		os.RemoveAll(s.Dir())
	}
	n := float64(b.N)
	b.ReportMetric(adding.Seconds()/n, "s/add")
	b.ReportMetric(float64(info.Size())*n/1e6/adding.Seconds(), "addMB/s")
	b.ReportMetric(float64(adding)/float64(hashing), "add/hash")
}
