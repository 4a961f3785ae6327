package dataset_test

import (
	"path/filepath"
	"testing"

	"github.com/testbed/testbed/inference/dataset"
	"github.com/testbed/testbed/inference/model"
)

// BenchmarkPreprocess is what a request costs before its inference: of the
// photographs with a shorter side of 256, of their originals, and of others.
func BenchmarkPreprocess(b *testing.B) {
	small := model.Recipe{Resize: 146, Size: 128, Std: [3]float32{1, 1, 1}}
	usual := model.Recipe{Resize: 256, Size: 224, Std: [3]float32{1, 1, 1}}
	bicubic := usual
	bicubic.Interpolation = model.Bicubic
	photos := files(b, data(b, "imagenet-sample", "n01*", "*"))
	originals := files(b, data(b, "imagenet-sample-original", "*", "*"))
	for _, bb := range []struct {
		name   string
		files  [][]byte
		recipe model.Recipe
	}{
		{"photo-256/146-128", photos, small},
		{"photo-256/224", photos, usual},
		{"original/146-128", originals, small},
		{"original/256-224", originals, usual},
		{"original/256-224-bicubic", originals, bicubic},
		{"cifar10/32", samples(b, dataset.Spec{Name: "cifar10", Path: data(b, "cifar-10", "test_batch.bin"), Images: 50}), model.Recipe{Size: 32, Std: [3]float32{1, 1, 1}}},
		{"signs/32", samples(b, dataset.Spec{Name: "signs", Images: 40}), model.Builtin()[0].Recipe},
		{"synthetic/256-224", samples(b, dataset.Spec{Name: "synthetic", Images: 10}), usual},
	} {
		b.Run(bb.name, func(b *testing.B) {
			var x []float32
			var err error
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if x, err = dataset.Preprocess(bb.files[i%len(bb.files)], bb.recipe, x); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func files(b *testing.B, pattern string) (all [][]byte) {
	b.Helper()
	names, err := filepath.Glob(pattern)
	if err != nil || len(names) == 0 {
		b.Fatalf("%s: %v", pattern, err)
	}
	for _, name := range names {
		all = append(all, read(b, name))
	}
	return all
}

func samples(b *testing.B, spec dataset.Spec) (all [][]byte) {
	b.Helper()
	d, err := dataset.Open(spec)
	if err != nil {
		b.Fatal(err)
	}
	for i := range d.Len() {
		s, err := d.Sample(i)
		if err != nil {
			b.Fatal(err)
		}
		all = append(all, s.Image)
	}
	return all
}
