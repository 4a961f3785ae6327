package dataset_test

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/testbed/testbed/inference/dataset"
	"github.com/testbed/testbed/inference/model"
)

// data is where the images and the reference's results are. A test that needs
// them is skipped only where there is no such folder.
func data(tb testing.TB, parts ...string) string {
	tb.Helper()
	root := filepath.Join("..", "..", "..", "shared", "data")
	if _, err := os.Stat(root); errors.Is(err, fs.ErrNotExist) {
		tb.Skipf("no folder %s", root)
	}
	return filepath.Join(append([]string{root}, parts...)...)
}

func read(tb testing.TB, name string) []byte {
	tb.Helper()
	file, err := os.ReadFile(name)
	if err != nil {
		tb.Fatal(err)
	}
	return file
}

// TestCropsAreTheReferences compares with what the reference pipeline made of
// eight photographs, at each size of a model. What is asked for is 99 % of the
// pixels within 2 of 255; what holds is all of them the same.
func TestCropsAreTheReferences(t *testing.T) {
	var names []string
	if err := json.Unmarshal(read(t, data(t, "expected", "golden", "images.json")), &names); err != nil {
		t.Fatal(err)
	}
	for size, resize := range map[int]int{128: 146, 160: 183, 192: 219, 224: 256} {
		golden := npy(t, data(t, "expected", "golden", fmt.Sprintf("crops_%d.npy", size)))
		if len(golden) != len(names)*size*size*3 {
			t.Fatalf("%d: %d bytes of crops of %d images", size, len(golden), len(names))
		}
		r := model.Recipe{Resize: resize, Size: size, Std: [3]float32{1, 1, 1}}
		for i, name := range names {
			want := golden[i*size*size*3:][:size*size*3]
			if different, most := compare(t, read(t, data(t, "imagenet-sample", name)), r, want); different > 0 {
				t.Errorf("%s at %d: %d of %d numbers differ, by up to %d", name, size, different, len(want), most)
			}
		}
	}
}

// compare counts the colours that differ, and by how much at most.
func compare(t *testing.T, file []byte, r model.Recipe, want []byte) (different, most int) {
	t.Helper()
	img, err := dataset.Decode(file)
	if err != nil {
		t.Fatal(err)
	}
	crop, err := dataset.Crop(img, r)
	if err != nil {
		t.Fatal(err)
	}
	for i, x := range packed(crop) {
		if d := int(x) - int(want[i]); d != 0 {
			different++
			most = max(most, d, -d)
		}
	}
	return different, most
}

// packed is the red, green and blue of an image, without opacity.
func packed(img *image.RGBA) []byte {
	b := make([]byte, 0, len(img.Pix)/4*3)
	for i := 0; i < len(img.Pix); i += 4 {
		b = append(b, img.Pix[i:i+3]...)
	}
	return b
}

// npy reads the numbers of a NumPy file of unsigned bytes in C order.
func npy(t *testing.T, name string) []byte {
	t.Helper()
	file := read(t, name)
	header := 10 + int(binary.LittleEndian.Uint16(file[8:]))
	if h := string(file[10:header]); !strings.Contains(h, "'|u1'") || !strings.Contains(h, "'fortran_order': False") {
		t.Fatalf("%s: header %q: want unsigned bytes in C order", name, h)
	}
	return file[header:]
}

// TestPhotographsArePillows: photographs of all sizes, with colour at half the
// resolution or not, have the very pixels that Pillow gives, and so have crops of
// them by both filters, to smaller and to larger.
func TestPhotographsArePillows(t *testing.T) {
	rows, err := csv.NewReader(strings.NewReader(string(read(t, "testdata/pillow.csv")))).ReadAll()
	if err != nil || len(rows) < 41 {
		t.Fatalf("%d rows (%v)", len(rows), err)
	}
	sum := func(img *image.RGBA) string {
		s := sha256.Sum256(packed(img))
		return hex.EncodeToString(s[:8])
	}
	for _, row := range rows[1:] {
		img, err := dataset.Decode(read(t, data(t, row[0])))
		if err != nil {
			t.Errorf("%s: %v", row[0], err)
			continue
		}
		if got := sum(img.(*image.RGBA)); got != row[1] {
			t.Errorf("%s: pixels %s, Pillow's are %s", row[0], got, row[1])
		}
		for i, want := range row[2:] {
			crop, err := dataset.Crop(img, recipe(t, rows[0][2+i]))
			if err != nil {
				t.Fatal(err)
			}
			if got := sum(crop); got != want {
				t.Errorf("%s: %s is %s, Pillow's is %s", row[0], rows[0][2+i], got, want)
			}
		}
	}
}

// recipe reads "bicubic-232-224".
func recipe(t *testing.T, text string) model.Recipe {
	t.Helper()
	r := model.Recipe{Std: [3]float32{1, 1, 1}}
	filter, sizes, _ := strings.Cut(text, "-")
	if filter == "bicubic" {
		r.Interpolation = model.Bicubic
	}
	if _, err := fmt.Sscanf(sizes, "%d-%d", &r.Resize, &r.Size); err != nil {
		t.Fatalf("recipe %q: %v", text, err)
	}
	return r
}

// TestManyAtOnce: images that are preprocessed at the same time do not mix.
func TestManyAtOnce(t *testing.T) {
	names, err := filepath.Glob("jpeg/testdata/4*.jpg")
	if err != nil || len(names) < 5 {
		t.Fatalf("%d files (%v)", len(names), err)
	}
	r := model.Recipe{Resize: 33, Size: 29, Std: [3]float32{1, 1, 1}}
	var group sync.WaitGroup
	for _, name := range names {
		file := read(t, name)
		want, err := dataset.Preprocess(file, r, nil)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		group.Go(func() {
			for range 100 {
				got, err := dataset.Preprocess(file, r, nil)
				if err != nil || !slices.Equal(got, want) {
					t.Errorf("%s: other numbers among others (%v)", name, err)
					return
				}
			}
		})
	}
	group.Wait()
}

// TestPreprocessIsDecodeAndTensor: the fast way gives the same numbers.
func TestPreprocessIsDecodeAndTensor(t *testing.T) {
	files, err := filepath.Glob(data(t, "imagenet-sample-original", "*", "*"))
	if err != nil || len(files) < 40 {
		t.Fatalf("%d files (%v)", len(files), err)
	}
	kinds, err := filepath.Glob("jpeg/testdata/*g") // .jpg and .png
	if err != nil || len(kinds) < 48 {
		t.Fatalf("%d files (%v)", len(kinds), err)
	}
	recipes := []model.Recipe{
		{Resize: 146, Size: 128, Mean: [3]float32{0.5, 0.4, 0.3}, Std: [3]float32{0.5, 0.25, 0.125}},
		{Resize: 33, Size: 9, Std: [3]float32{1, 1, 1}, Interpolation: model.Bicubic},
	}
	var x, y []float32
	for i, name := range append(files, kinds...) {
		r := recipes[i%2]
		file := read(t, name)
		if x, err = dataset.Preprocess(file, r, x); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		img, err := dataset.Decode(file)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if y, err = dataset.Tensor(img, r, y); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for k := range y {
			if x[k] != y[k] {
				t.Fatalf("%s: number %d is %v, decoded and then made a tensor %v", name, k, x[k], y[k])
			}
		}
	}
}
