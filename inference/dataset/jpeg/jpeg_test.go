package jpeg_test

import (
	"bytes"
	"errors"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/testbed/testbed/inference/dataset/jpeg"
)

// kinds are the files of testdata, by name.
func kinds(tb testing.TB) map[string][]byte {
	tb.Helper()
	names, err := filepath.Glob("testdata/*.jpg")
	if err != nil || len(names) < 24 {
		tb.Fatalf("%d files in testdata, want 24 or more (%v)", len(names), err)
	}
	files := make(map[string][]byte)
	for _, name := range names {
		file, err := os.ReadFile(name)
		if err != nil {
			tb.Fatal(err)
		}
		files[strings.TrimSuffix(filepath.Base(name), ".jpg")] = file
	}
	return files
}

// decode returns the pixels of a region: red, green, blue, 255.
func decode(file []byte, region image.Rectangle) (*image.RGBA, error) {
	f, err := jpeg.Open(file)
	if err != nil {
		return nil, err
	}
	region = region.Intersect(image.Rect(0, 0, f.Width, f.Height))
	img, err := f.Decode(region, new(jpeg.Buffer))
	if err != nil {
		return nil, err
	}
	out := image.NewRGBA(region)
	row := make([]uint32, region.Dx())
	for y := region.Min.Y; y < region.Max.Y; y++ {
		img.Row(y, region.Min.X, region.Max.X, row)
		for x, p := range row {
			copy(out.Pix[out.PixOffset(region.Min.X+x, y):], []byte{byte(p), byte(p >> 8), byte(p >> 16), byte(p >> 24)})
		}
	}
	return out, nil
}

var everything = image.Rect(0, 0, 1<<20, 1<<20)

// TestPixelsArePillows: every kind of file has the very pixels that Pillow has
// for it. Those that the standard library decodes may be off where its inverse
// transform rounds otherwise.
func TestPixelsArePillows(t *testing.T) {
	for name, file := range kinds(t) {
		got, err := decode(file, everything)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		want := pillows(t, name)
		if got.Rect != want.Bounds() {
			t.Errorf("%s: %v, want %v", name, got.Rect, want.Bounds())
			continue
		}
		most := 0
		if strings.HasPrefix(name, "progressive") {
			most = 3
		}
		if d := distance(got, want); d > most {
			t.Errorf("%s: a colour is off by %d, want at most %d", name, d, most)
		}
	}
}

func pillows(t *testing.T, name string) image.Image {
	t.Helper()
	file, err := os.ReadFile(filepath.Join("testdata", name+".png"))
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// distance is the largest difference of a colour, 0 to 255.
func distance(a, b image.Image) (d int) {
	for y := a.Bounds().Min.Y; y < a.Bounds().Max.Y; y++ {
		for x := a.Bounds().Min.X; x < a.Bounds().Max.X; x++ {
			r, g, b0, _ := a.At(x, y).RGBA()
			r2, g2, b2, _ := b.At(x, y).RGBA()
			for _, pair := range [][2]uint32{{r, r2}, {g, g2}, {b0, b2}} {
				d = max(d, int(pair[0]>>8)-int(pair[1]>>8), int(pair[1]>>8)-int(pair[0]>>8))
			}
		}
	}
	return d
}

// TestRegions: a part of the image is what it is in the whole, wherever its
// corners lie in blocks and samples.
func TestRegions(t *testing.T) {
	for name, file := range kinds(t) {
		whole, err := decode(file, everything)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, r := range []image.Rectangle{
			image.Rect(0, 0, 1, 1), image.Rect(7, 8, 16, 17), image.Rect(15, 15, 17, 17), image.Rect(16, 16, 32, 32),
			image.Rect(31, 1, 61, 2), image.Rect(1, 33, 2, 47), image.Rect(40, 30, 61, 47), image.Rect(60, 46, 61, 47),
		} {
			if r = r.Intersect(whole.Rect); r.Empty() {
				continue
			}
			part, err := decode(file, r)
			if err != nil {
				t.Fatalf("%s, %v: %v", name, r, err)
			}
			if d := distance(part, whole); d > 0 {
				t.Errorf("%s, %v: a colour is off by %d, want the same", name, r, d)
			}
		}
	}
}

// TestBufferIsUsedAgain: what one image leaves in a buffer does not show in the
// next, and images of a size do not take memory anew.
func TestBufferIsUsedAgain(t *testing.T) {
	var b jpeg.Buffer
	files := kinds(t)
	row, fresh := make([]uint32, 61), make([]uint32, 61)
	for _, name := range []string{"fine", "grey", "ycck", "coarse", "1x1", "420", "444"} {
		f, err := jpeg.Open(files[name])
		if err != nil {
			t.Fatal(err)
		}
		again, err := f.Decode(everything, &b)
		if err != nil {
			t.Fatal(err)
		}
		once, err := f.Decode(everything, new(jpeg.Buffer))
		if err != nil {
			t.Fatal(err)
		}
		for y := range f.Height {
			again.Row(y, 0, f.Width, row)
			once.Row(y, 0, f.Width, fresh)
			for x := range f.Width {
				if row[x] != fresh[x] {
					t.Fatalf("%s: pixel (%d, %d) is %08x in a used buffer, %08x in a fresh one", name, x, y, row[x], fresh[x])
				}
			}
		}
	}
	kept := b.Len()
	if kept == 0 {
		t.Error("a used buffer keeps nothing")
	}
	if f, _ := jpeg.Open(files["420"]); f != nil {
		if n := testing.AllocsPerRun(20, func() { f.Decode(everything, &b) }); n > 1 { // the scanner
			t.Errorf("%v allocations, want at most 1", n)
		}
	}
}

// TestCutShort: a file that ends anywhere before its end is an error, and one of
// data that is cut says so.
func TestCutShort(t *testing.T) {
	for name, file := range kinds(t) {
		for n := 0; n < len(file); n += 1 + max(min(len(file)/100, len(file)-2-n), 0) {
			_, err := decode(file[:n], everything)
			if err == nil {
				t.Fatalf("%s: the first %d of %d bytes are no error", name, n, len(file))
			}
			if n > len(file)/2 && !strings.HasPrefix(name, "progressive") && !errors.Is(err, jpeg.ErrShort) {
				t.Fatalf("%s: the first %d of %d bytes: %v; want one of ErrShort", name, n, len(file), err)
			}
		}
		if _, err := decode(append(bytes.Clone(file), "behind"...), everything); err != nil {
			t.Errorf("%s: with bytes behind it: %v", name, err)
		}
	}
}

func TestRefuses(t *testing.T) {
	good := kinds(t)["444"]
	frame, scan := bytes.Index(good, []byte{0xff, 0xc0}), bytes.Index(good, []byte{0xff, 0xda})
	tables, steps := bytes.Index(good, []byte{0xff, 0xc4}), bytes.Index(good, []byte{0xff, 0xdb})
	for _, tt := range []struct {
		name string
		at   int
		to   []byte
		want string
	}{
		{"not a JPEG", 0, []byte("BM"), "begin with ff d8"},
		{"lossless", frame, []byte{0xff, 0xc3}, "frame header c3"},
		{"arithmetic", frame, []byte{0xff, 0xc9}, "frame header c9"},
		{"12 bits", frame + 4, []byte{12}, "3 components of 12 bits: want 1, 3 or 4 of 8"},
		{"no height", frame + 5, []byte{0, 0}, "61 x 0 pixels"},
		{"no width", frame + 7, []byte{0, 0}, "0 x 47 pixels"},
		{"a header that lies", frame + 5, []byte{0xff, 0xff, 0xff, 0xff}, "65535 x 65535 pixels in 2274 bytes: file is cut short"},
		{"two components", frame + 9, []byte{2}, "frame header of 15 bytes"},
		{"sampling of 0", frame + 11, []byte{0x01}, "component 1: sampling 0 x 1"},
		{"sampling of 5", frame + 11, []byte{0x15}, "component 1: sampling 1 x 5"},
		{"quantization table 7", frame + 12, []byte{7}, "table 7"},
		{"no such quantization table", frame + 12, []byte{3}, "component 1: a table is missing"},
		{"no such Huffman table", scan + 6, []byte{0x22}, "component 1: a table is missing"},
		{"Huffman table 15", scan + 6, []byte{0xff}, "tables 15 and 15"},
		{"a component twice", scan + 5, []byte{3}, "scan of component 3"},
		{"too many codes of a bit", tables + 5, []byte{3, 1, 2}, "more codes of 1 bits"},
		{"Huffman table of class 2", tables + 4, []byte{0x20}, "class 2"},
		{"a difference of 16 bits", tables + 5 + 16, []byte{16}, "difference of 16 bits"},
		{"quantization table of 32 bits", steps + 4, []byte{0x20}, "precision 2"},
		{"a segment of 0 bytes", steps + 2, []byte{0, 0}, "length 0: want 2 or more"},
		{"a segment that is too long", steps + 2, []byte{0xff, 0xff}, "cut short"},
		{"no frame", frame, []byte{0xff, 0xe5}, "a scan before the frame header"},
		{"no scan", scan, []byte{0xff, 0xd9}, "no picture"},
		{"a marker amid the data", scan + 60, []byte{0xff, 0xd9}, "cut short"},
	} {
		bad := bytes.Clone(good)
		copy(bad[tt.at:], tt.to)
		if _, err := decode(bad, everything); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v; want an error with %q", tt.name, err, tt.want)
		}
	}
	restarts := kinds(t)["restart"]
	at := bytes.Index(restarts, []byte{0xff, 0xd1})
	bad := bytes.Clone(restarts)
	bad[at+1] = 0xd5
	if _, err := decode(bad, everything); err == nil || !strings.Contains(err.Error(), "before MCU 6: marker d5") {
		t.Errorf("restarts out of order: %v", err)
	}
}

// TestAHeaderThatLiesTakesNoMemory: 60 MB of samples are not made room for before
// it is known that a file of 3 kB cannot have them.
func TestAHeaderThatLiesTakesNoMemory(t *testing.T) {
	file := bytes.Clone(kinds(t)["444"])
	frame := bytes.Index(file, []byte{0xff, 0xc0})
	copy(file[frame+5:], []byte{0x10, 0, 0x14, 0})
	result := testing.Benchmark(func(b *testing.B) {
		for b.Loop() {
			if _, err := decode(file, everything); !errors.Is(err, jpeg.ErrShort) {
				b.Fatalf("%v, want ErrShort", err)
			}
		}
	})
	if n := result.AllocedBytesPerOp(); n > 1<<20 {
		t.Errorf("%d bytes allocated, want less than 1 MiB", n)
	}
}
