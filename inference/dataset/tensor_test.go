package dataset_test

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/testbed/testbed/inference/dataset"
	"github.com/testbed/testbed/inference/model"
)

// half is a recipe whose arithmetic can be done in the head, another for each
// channel: red x/255, green (x/255 - 0.5)/0.5, blue (x/255 - 1)/0.25.
func half(size int) model.Recipe {
	return model.Recipe{Size: size, Mean: [3]float32{0, 0.5, 1}, Std: [3]float32{1, 0.5, 0.25}}
}

// two is red 255, green 0, blue 51 at the left of (0, 0), and black, green 255,
// blue 255 at its right; below it is white, then red 102.
var two = [4]color.NRGBA{{255, 0, 51, 255}, {0, 255, 255, 255}, {255, 255, 255, 255}, {102, 0, 0, 255}}

var wantTwo = []float32{
	1, 0, 1, 0.4, // 255/255, 0, 255/255, 102/255
	-1, 1, 1, -1, // (0 - 0.5)/0.5, (1 - 0.5)/0.5
	-3.2, 0, 0, -4, // (51/255 - 1)/0.25, 0/0.25, -1/0.25
}

func TestTensor(t *testing.T) {
	rgba, nrgba := image.NewRGBA(image.Rect(5, 7, 7, 9)), image.NewNRGBA(image.Rect(0, 0, 2, 2))
	wide := image.NewRGBA(image.Rect(0, 0, 9, 9))
	paletted := image.NewPaletted(image.Rect(0, 0, 2, 2), color.Palette{two[0], two[1], two[2], two[3]})
	for i, c := range two {
		rgba.Set(5+i%2, 7+i/2, c)
		nrgba.Set(i%2, i/2, c)
		wide.Set(4+i%2, 3+i/2, c)
		paletted.Set(i%2, i/2, c)
	}
	for name, img := range map[string]image.Image{
		"RGBA away from the origin": rgba,
		"NRGBA":                     nrgba,
		"a part of a larger image":  wide.SubImage(image.Rect(4, 3, 6, 5)),
		"a palette":                 paletted,
	} {
		got, err := dataset.Tensor(img, half(2), nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(wantTwo, got, cmp.Comparer(near)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func near(a, b float32) bool { return math.Abs(float64(a-b)) < 1e-6 }

func TestTensorOfGrey(t *testing.T) {
	grey := image.NewGray(image.Rect(0, 0, 1, 1))
	grey.SetGray(0, 0, color.Gray{51})
	got, err := dataset.Tensor(grey, half(1), nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]float32{0.2, -0.6, -3.2}, got, cmp.Comparer(near)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestTensorResizes: an image 8 wide and 4 high, in columns of 1, is resized
// to 4 by 2, of which the middle two columns remain: source columns 2 to 5.
func TestTensorResizes(t *testing.T) {
	img := image.NewRGBA(image.Rect(0, 0, 8, 4))
	for x := range 8 {
		for y := range 4 {
			img.Set(x, y, color.NRGBA{uint8(20 * x), 100, 0, 255})
		}
	}
	got, err := dataset.Tensor(img, model.Recipe{Size: 2, Std: [3]float32{1, 1, 1}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	// A column of the result is at 2.5 or 4.5 of the source, where a ramp of 20
	// has 50 and 90, whatever symmetric filter is used.
	want := []float32{50, 90, 50, 90, 100, 100, 100, 100, 0, 0, 0, 0}
	for i, x := range got {
		if math.Abs(float64(255*x-want[i])) > 1.01 { // one rounding
			t.Errorf("element %d is %v of 255, want %v", i, 255*x, want[i])
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d numbers, want %d", len(got), len(want))
	}
}

// TestTensorAveragesWhatItShrinks: fine stripes become grey. A resizer that
// picks pixels would keep them, or lose them, depending on where it picks.
func TestTensorAveragesWhatItShrinks(t *testing.T) {
	img := image.NewRGBA(image.Rect(0, 0, 256, 256))
	for x := range 256 {
		for y := range 256 {
			img.Set(x, y, color.NRGBA{uint8(255 * (x % 2)), 0, 0, 255})
		}
	}
	got, err := dataset.Tensor(img, model.Recipe{Size: 32, Std: [3]float32{1, 1, 1}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, x := range got[:32*32] {
		if x < 0.45 || x > 0.55 {
			t.Fatalf("pixel %d is %v, want about 0.5", i, x)
		}
	}
}

func TestTensorRefuses(t *testing.T) {
	img := image.NewRGBA(image.Rect(0, 0, 2, 2))
	for name, try := range map[string]struct {
		img image.Image
		r   model.Recipe
	}{
		"no size":      {img, model.Recipe{Std: [3]float32{1, 1, 1}}},
		"std of 0":     {img, model.Recipe{Size: 2, Std: [3]float32{1, 0, 1}}},
		"empty image":  {image.NewRGBA(image.Rectangle{}), half(2)},
		"a long strip": {image.NewRGBA(image.Rect(0, 0, 1000, 1)), half(2)},
	} {
		if _, err := dataset.Tensor(try.img, try.r, nil); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestTensorUsesItsBuffer(t *testing.T) {
	img := dataset.NewSigns(dataset.Test, 1).Render(0)
	r := model.Builtin()[0].Recipe
	buf := make([]float32, 3*32*32)
	if n := testing.AllocsPerRun(100, func() {
		if _, err := dataset.Tensor(img, r, buf); err != nil {
			t.Fatal(err)
		}
	}); n > 0 && !raced {
		t.Errorf("%v allocations, want 0", n)
	}
}

func TestDecode(t *testing.T) {
	img := dataset.NewSigns(dataset.Test, 1).Render(0)
	var asPNG, asJPEG bytes.Buffer
	if err := png.Encode(&asPNG, img); err != nil {
		t.Fatal(err)
	}
	if err := jpeg.Encode(&asJPEG, img, &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	for name, file := range map[string][]byte{"PNG": asPNG.Bytes(), "JPEG": asJPEG.Bytes()} {
		got, err := dataset.Decode(file)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		a, _ := dataset.Tensor(img, half(32), nil)
		b, err := dataset.Tensor(got, half(32), nil)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		sum := 0.0
		for i := range 32 * 32 { // red is x/255 under this recipe
			sum += math.Abs(float64(a[i] - b[i]))
		}
		if mean := sum / (32 * 32); (name == "PNG" && mean > 0) || mean > 0.1 {
			t.Errorf("%s: red is off by %v on average", name, mean)
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	var buf bytes.Buffer
	if err := png.Encode(&buf, dataset.NewSigns(dataset.Test, 1).Render(0)); err != nil {
		t.Fatal(err)
	}
	whole := buf.Bytes()
	for _, tt := range []struct {
		name string
		file []byte
		want string
	}{
		{"nothing", nil, "want PNG or JPEG"},
		{"text", []byte("a picture"), "want PNG or JPEG"},
		{"cut in the header", whole[:20], "image: png: unexpected EOF"},
		{"cut in the pixels", whole[:len(whole)/2], "image: "},
		{"a bomb", claiming(whole, 1<<20, 1<<20), "1048576 x 1048576"},
	} {
		if _, err := dataset.Decode(tt.file); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v; want an error with %q", tt.name, err, tt.want)
		}
	}
}

// claiming is a PNG file whose header claims other dimensions.
func claiming(file []byte, width, height uint32) []byte {
	out := bytes.Clone(file)
	ihdr := out[12:29] // after the signature and the chunk's length: type and 13 bytes
	binary.BigEndian.PutUint32(ihdr[4:], width)
	binary.BigEndian.PutUint32(ihdr[8:], height)
	binary.BigEndian.PutUint32(out[29:], crc32.ChecksumIEEE(ihdr))
	return out
}
