package dataset_test

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"math"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/testbed/testbed/inference/dataset"
	"github.com/testbed/testbed/inference/model"
)

// TestDecodeTurnsUpright: of a picture whose stored corners are a b above c d,
// each of the eight orientations of EXIF shows its own.
func TestDecodeTurnsUpright(t *testing.T) {
	// What is seen, given which corner of the stored picture is at the top left,
	// top right, bottom left and bottom right (EXIF 2.32, 4.6.5, Orientation).
	for orientation, want := range []string{1: "abcd", 2: "badc", 3: "dcba", 4: "cdab", 5: "acbd", 6: "cadb", 7: "dbca", 8: "bdac"} {
		if want == "" {
			continue
		}
		file := withOrientation(read(t, "testdata/corners.jpg"), byte(orientation))
		img, err := dataset.Decode(file)
		if err != nil {
			t.Fatal(err)
		}
		size := image.Pt(48, 32)
		if orientation >= 5 {
			size = image.Pt(32, 48)
		}
		if img.Bounds() != (image.Rectangle{Max: size}) {
			t.Errorf("orientation %d: %v, want %v", orientation, img.Bounds(), size)
			continue
		}
		w, h := size.X, size.Y
		got := ""
		for _, p := range []image.Point{{4, 4}, {w - 5, 4}, {4, h - 5}, {w - 5, h - 5}} {
			got += corner(img.At(p.X, p.Y))
		}
		if got != want {
			t.Errorf("orientation %d: corners %s, want %s", orientation, got, want)
		}
		var x, y []float32
		r := model.Recipe{Resize: 20, Size: 16, Std: [3]float32{1, 1, 1}}
		if x, err = dataset.Preprocess(file, r, nil); err != nil {
			t.Fatal(err)
		}
		if y, err = dataset.Tensor(img, r, nil); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(y, x); diff != "" {
			t.Errorf("orientation %d: Preprocess gives others than Tensor", orientation)
		}
	}
}

// corner names the colours of corners.jpg: red, green, blue and white.
func corner(c color.Color) string {
	r, g, b, _ := c.RGBA()
	switch {
	case r > 0xc000 && g > 0xc000 && b > 0xc000:
		return "d"
	case r > 0xc000:
		return "a"
	case g > 0xc000:
		return "b"
	case b > 0xc000:
		return "c"
	}
	return "?"
}

func withOrientation(file []byte, o byte) []byte {
	body := "Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00" + string(o) + "\x00\x00\x00\x00\x00\x00"
	return append(append([]byte{0xff, 0xd8, 0xff, 0xe1, 0, byte(len(body) + 2)}, body...), file[2:]...)
}

// TestDecodeCutShort: no beginning of a file is a picture.
func TestDecodeCutShort(t *testing.T) {
	names, err := filepath.Glob("jpeg/testdata/*.png")
	if err != nil || len(names) < 24 {
		t.Fatalf("%d files (%v)", len(names), err)
	}
	for _, name := range append(names[:4], "testdata/corners.jpg", "jpeg/testdata/progressive.jpg") {
		file := read(t, name)
		for n := 0; n < len(file); n += 1 + max(min(len(file)/100, len(file)-2-n), 0) {
			if _, err := dataset.Decode(file[:n]); err == nil {
				t.Errorf("%s: the first %d of %d bytes are no error", name, n, len(file))
			}
			if _, err := dataset.Preprocess(file[:n], half(8), nil); err == nil {
				t.Errorf("%s: the first %d of %d bytes are preprocessed", name, n, len(file))
			}
		}
	}
}

// TestDecodeTakesNoMemoryForNothing: headers that claim more than the file can
// hold are refused before there is room made for it.
func TestDecodeTakesNoMemoryForNothing(t *testing.T) {
	var buf bytes.Buffer
	if err := png.Encode(&buf, image.NewRGBA(image.Rect(0, 0, 8, 8))); err != nil {
		t.Fatal(err)
	}
	file := claiming(buf.Bytes(), 8000, 8000) // 244 MiB
	result := testing.Benchmark(func(b *testing.B) {
		for b.Loop() {
			if _, err := dataset.Decode(file); err == nil {
				b.Fatal("no error")
			}
		}
	})
	if n := result.AllocedBytesPerOp(); n > 1<<20 {
		t.Errorf("%d bytes allocated, want less than 1 MiB", n)
	}
}

// TestTensorOfKindsOfImages: the same picture in another form gives the same
// numbers, resized and not.
func TestTensorOfKindsOfImages(t *testing.T) {
	b := image.Rect(0, 0, 24, 16)
	greys, rgba, nrgba, paletted := image.NewGray(b), image.NewRGBA(b), image.NewNRGBA(b), image.NewPaletted(b, nil)
	wide := image.NewRGBA64(b) // one that is converted colour by colour
	for i := range 256 {
		paletted.Palette = append(paletted.Palette, color.NRGBA{uint8(i), uint8(i), uint8(i), 255})
	}
	for y := range 16 {
		for x := range 24 {
			v := uint8(x*y*31 + 7*x)
			c := color.NRGBA{v, v, v, 255}
			for _, img := range []interface{ Set(x, y int, c color.Color) }{greys, rgba, wide} {
				img.Set(x, y, c)
			}
			nrgba.SetNRGBA(x, y, color.NRGBA{v, v, v, 3}) // opacity is left out
			paletted.SetColorIndex(x, y, v)
		}
	}
	for _, r := range []model.Recipe{half(16), {Resize: 9, Size: 7, Std: [3]float32{1, 1, 1}}, {Size: 29, Std: [3]float32{1, 1, 1}, Interpolation: model.Bicubic}} {
		want, err := dataset.Tensor(rgba, r, nil)
		if err != nil {
			t.Fatal(err)
		}
		for name, img := range map[string]image.Image{"grey": greys, "NRGBA": nrgba, "palette": paletted, "RGBA64": wide} {
			got, err := dataset.Tensor(img, r, nil)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s at %d differs (-want +got):\n%.300s", name, r.Size, diff)
			}
		}
	}
}

// TestTensorOfYCbCr: subsampled colour that was decoded elsewhere is treated as
// that of a file: a triangle is drawn through it.
func TestTensorOfYCbCr(t *testing.T) {
	img := image.NewYCbCr(image.Rect(0, 0, 8, 8), image.YCbCrSubsampleRatio420)
	for i := range img.Y {
		img.Y[i] = 100
	}
	for i := range img.Cr {
		img.Cb[i], img.Cr[i] = 128, []uint8{128, 128, 228, 228}[i%4]
	}
	x, err := dataset.Tensor(img, model.Recipe{Size: 8, Std: [3]float32{1, 1, 1}, Scale: 1}, nil)
	if err != nil {
		t.Fatal(err)
	}
	// Cr across: 128 128 128, then 1/4 and 3/4 of the way to 228, then 228. Red is
	// 100 + 1.402*(Cr-128).
	want := []float32{100, 100, 100, 135, 205, 240, 240, 240}
	for i, w := range want {
		if math.Abs(float64(x[i]-w)) > 1 {
			t.Errorf("red %d is %v, want %v", i, x[i], w)
		}
	}
}

// TestRecipes: what each field does, in numbers. The picture is a grey of 102 on
// the left half and 204 on the right.
func TestRecipes(t *testing.T) {
	img := image.NewGray(image.Rect(0, 0, 8, 4))
	for i := range img.Pix {
		img.Pix[i] = 102 + 102*uint8(i%8/4)
	}
	for _, tt := range []struct {
		name string
		r    model.Recipe
		want []float32 // the first row of red
	}{
		{"as it is, the middle 2 of 8", model.Recipe{Resize: 4, Size: 2}, []float32{0.4, 0.8}}, // 102/255, 204/255
		{"scale 1", model.Recipe{Resize: 4, Size: 2, Scale: 1}, []float32{102, 204}},
		{"scale 510, mean and std", model.Recipe{Resize: 4, Size: 2, Scale: 510, Mean: [3]float32{0.1}, Std: [3]float32{0.5, 1, 1}}, []float32{0.2, 0.6}}, // (0.2-0.1)/0.5
		// To 4 by 2: the weights of pixels 1 to 4 in pixel 1, whose centre is at 3,
		// are 1/8, 3/8, 3/8, 1/8: (7*102 + 204)/8 = 114.75, and 191.25 beside it.
		{"resize to half", model.Recipe{Size: 2, Scale: 1}, []float32{115, 191}},
		// Keys' kernel is 0.8672, 0.2266, -0.0703, -0.0234 at 0.25, 0.75, 1.25, 1.75.
		// In pixel 1 the sum of pixels 0 to 6 is 2.0234, that of 4 to 6 is 0.1328:
		// 102 + 102*0.1328/2.0234 = 108.7, and 197.3 beside it.
		{"bicubic", model.Recipe{Size: 2, Scale: 1, Interpolation: model.Bicubic}, []float32{109, 197}},
	} {
		if tt.r.Std == ([3]float32{}) {
			tt.r.Std = [3]float32{1, 1, 1}
		}
		x, err := dataset.Tensor(img, tt.r, nil)
		if err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		if diff := cmp.Diff(tt.want, x[:2], cmp.Comparer(near)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}
