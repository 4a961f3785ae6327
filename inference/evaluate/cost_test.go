//go:build !race

package evaluate_test

import (
	"cmp"
	"slices"
	"testing"
	"time"

	"github.com/testbed/testbed/inference/dataset"
	"github.com/testbed/testbed/inference/model"
	"github.com/testbed/testbed/inference/onnx"
)

// costs are the least times of several that it took to make the files inputs,
// and to classify these, one after the other and all of an image on one thread;
// a mean over the images. Both are measured in turn, so that a busy machine
// slows both.
func costs(t testing.TB, m model.Model, files [][]byte, rounds int) (preprocess, infer time.Duration) {
	t.Helper()
	s := open(t, m, onnx.Options{Threads: 1})
	var in []float32
	for _, file := range files {
		var best [2]time.Duration
		for i := range rounds {
			start := time.Now()
			x, err := dataset.Preprocess(file, m.Recipe, in)
			if err != nil {
				t.Fatal(err)
			}
			in = x
			middle := time.Now()
			if _, err := s.Run(in); err != nil {
				t.Fatal(err)
			}
			took := [2]time.Duration{middle.Sub(start), time.Since(middle)}
			for k := range best {
				if i == 0 || took[k] < best[k] {
					best[k] = took[k]
				}
			}
		}
		preprocess += best[0]
		infer += best[1]
	}
	n := time.Duration(len(files))
	return preprocess / n, infer / n
}

// sampleFiles are n image files, evenly out of those of ImageNet.
func sampleFiles(t testing.TB, n int) (files [][]byte) {
	t.Helper()
	d := openDataset(t, model.Model{Dataset: "imagenet"})
	for i := range n {
		s, err := d.Sample(i * d.Len() / n)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, s.Image)
	}
	return files
}

// TestPreprocessingCostsLess: to decode, resize and normalise an image costs
// less than the inference of the smallest model of 224 pixels (41 M multiply-
// accumulates). The one model that is smaller yet, of 128 pixels and 14 M, takes
// less time than any decoder of JPEG does: see BenchmarkCost.
func TestPreprocessingCostsLess(t *testing.T) {
	of := slices.DeleteFunc(models(t), func(m model.Model) bool { return m.Recipe.Size != 224 })
	m := slices.MinFunc(of, func(a, b model.Model) int { return cmp.Compare(a.MACs, b.MACs) })
	preprocess, infer := costs(t, m, sampleFiles(t, 40), 20)
	ratio := float64(preprocess) / float64(infer)
	t.Logf("%s: preprocess %v, infer %v: %.2f of it", m.Name, preprocess, infer, ratio)
	if ratio >= 1 {
		t.Errorf("preprocessing takes %.2f times the inference of %s; want less than it", ratio, m.Name)
	}
}

// BenchmarkCost is the time of both phases for each model of ImageNet, one
// image at a time on one thread, and their ratio in the same run.
func BenchmarkCost(b *testing.B) {
	for _, m := range models(b) {
		if !isImageNet(m) {
			continue
		}
		b.Run(m.Name, func(b *testing.B) {
			files := sampleFiles(b, 20)
			var preprocess, infer time.Duration
			for b.Loop() {
				preprocess, infer = costs(b, m, files, 5)
			}
			b.ReportMetric(float64(preprocess.Microseconds()), "µs-preprocess")
			b.ReportMetric(float64(infer.Microseconds()), "µs-infer")
			b.ReportMetric(float64(preprocess)/float64(infer), "ratio")
		})
	}
}
