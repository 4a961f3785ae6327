package dataset_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/testbed/testbed/inference/dataset"
	"github.com/testbed/testbed/inference/model"
)

// FuzzDecode: no file makes Decode panic or give an image that Tensor panics on,
// and Preprocess says of each file what they say.
func FuzzDecode(f *testing.F) {
	for _, pattern := range []string{"testdata/*.jpg", "jpeg/testdata/*.jpg", "jpeg/testdata/4*.png"} {
		names, err := filepath.Glob(pattern)
		if err != nil || len(names) == 0 {
			f.Fatalf("%s: %v", pattern, err)
		}
		for _, name := range names {
			file, err := os.ReadFile(name)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(file)
		}
	}
	r := model.Recipe{Resize: 10, Size: 8, Std: [3]float32{1, 1, 1}}
	f.Fuzz(func(t *testing.T, file []byte) {
		x, fast := dataset.Preprocess(file, r, nil)
		img, err := dataset.Decode(file)
		var y []float32
		if err == nil {
			y, err = dataset.Tensor(img, r, nil)
		}
		if (err == nil) != (fast == nil) {
			t.Fatalf("decoded: %v; preprocessed: %v", err, fast)
		}
		for i := range y {
			if x[i] != y[i] {
				t.Fatalf("number %d: decoded %v, preprocessed %v", i, y[i], x[i])
			}
		}
	})
}
