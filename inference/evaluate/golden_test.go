package evaluate_test

import (
	"errors"
	"fmt"
	"image"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/testbed/testbed/emulator/needs"
	"github.com/testbed/testbed/inference/dataset"
	"github.com/testbed/testbed/inference/model"
	"github.com/testbed/testbed/inference/onnx"
)

// shared is where the real models and images are, beside the repository. They
// are no part of it: what needs them is skipped without them.
func shared(t testing.TB, path ...string) string {
	t.Helper()
	dir := filepath.Join("..", "..", "..", "shared", "data")
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		t.Skipf("no %s", dir)
	}
	return filepath.Join(append([]string{dir}, path...)...)
}

// models are the real ones, with their recipes.
func models(t testing.TB) []model.Model {
	t.Helper()
	all, err := model.ReadManifest(shared(t, "models", "models.json"))
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// open opens a session of m, or skips t where there is no engine (see needs).
func open(t testing.TB, m model.Model, o onnx.Options) *onnx.Session {
	t.Helper()
	engine, err := onnx.Open(needs.ONNX(t, onnx.Find))
	if err != nil {
		t.Fatal(err)
	}
	s, err := engine.LoadFile(m.File, m.SHA256, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// TestGolden: from the reference's own crops, every model with golden logits
// gives these within 1e-3, opened afresh and out of the cache.
func TestGolden(t *testing.T) {
	compared := 0
	for _, m := range models(t) {
		path := shared(t, "expected", "golden", "logits_"+m.Name+".npy")
		if _, err := os.Stat(path); err != nil {
			continue
		}
		compared++
		t.Run(m.Name, func(t *testing.T) {
			shape, want := readNPY[float32](t, path)
			in := goldenInput(t, m, shape[0])
			cache := t.TempDir()
			for _, cached := range []bool{false, true} {
				s := open(t, m, onnx.Options{Cache: cache})
				if s.Cached() != cached {
					t.Errorf("cached %v; want %v", s.Cached(), cached)
				}
				got, err := s.RunBatch(in, shape[0])
				if err != nil {
					t.Fatal(err)
				}
				if d := farthest(t, got, want); d > 1e-3 {
					t.Errorf("cached %v: a logit is %v off; want at most 1e-3", cached, d)
				}
			}
		})
	}
	if compared != 9 {
		t.Errorf("%d models have golden logits; want 9", compared)
	}
}

func farthest(t *testing.T, got, want []float32) (most float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d logits; want %d", len(got), len(want))
	}
	for i := range got {
		most = max(most, math.Abs(float64(got[i]-want[i])))
		if got[i] != got[i] {
			return math.Inf(1)
		}
	}
	return most
}

// goldenInput is the input of the first n images: the reference's crops, and of
// CIFAR-10, where nothing is cropped, the file's records.
func goldenInput(t *testing.T, m model.Model, n int) (in []float32) {
	t.Helper()
	r := m.Recipe
	r.Resize = 0 // done already
	for _, img := range goldenImages(t, m, n) {
		x, err := dataset.Tensor(img, r, nil)
		if err != nil {
			t.Fatal(err)
		}
		in = append(in, x...)
	}
	return in
}

func goldenImages(t *testing.T, m model.Model, n int) (images []image.Image) {
	t.Helper()
	if !isImageNet(m) {
		d := openDataset(t, m)
		for i := range n {
			s, err := d.Sample(i)
			if err != nil {
				t.Fatal(err)
			}
			img, err := dataset.Decode(s.Image)
			if err != nil {
				t.Fatal(err)
			}
			images = append(images, img)
		}
		return images
	}
	size := m.Recipe.Size
	shape, pixels := readNPY[uint8](t, shared(t, "expected", "golden", fmt.Sprintf("crops_%d.npy", size)))
	if !slices.Equal(shape, []int{n, size, size, 3}) {
		t.Fatalf("crops of shape %v; want %d of %d x %d", shape, n, size, size)
	}
	for crop := range slices.Chunk(pixels, size*size*3) {
		img := image.NewRGBA(image.Rect(0, 0, size, size))
		for i := range size * size {
			copy(img.Pix[4*i:], crop[3*i:3*i+3])
			img.Pix[4*i+3] = 255
		}
		images = append(images, img)
	}
	return images
}

func isImageNet(m model.Model) bool { return m.Dataset == "imagenet" }

// openDataset opens all labelled images that m is for.
func openDataset(t testing.TB, m model.Model) dataset.Dataset {
	t.Helper()
	spec := dataset.Spec{Name: "cifar10", Path: shared(t, "cifar-10", "test_batch.bin")}
	if isImageNet(m) {
		spec = dataset.Spec{Name: "folder", Path: shared(t, "imagenet-sample"), Classes: shared(t, "imagenet-classes.csv")}
	}
	d, err := dataset.Open(spec)
	if err != nil {
		t.Fatal(err)
	}
	return d
}
