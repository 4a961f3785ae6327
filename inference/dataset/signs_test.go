package dataset_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"runtime"
	"testing"

	"github.com/testbed/testbed/inference/dataset"
)

func TestOpen(t *testing.T) {
	d, err := dataset.Open(dataset.Spec{Name: "signs", Images: 80})
	if err != nil {
		t.Fatal(err)
	}
	if d.Name() != "signs" || d.Len() != 80 || len(d.Classes()) != 40 {
		t.Errorf("%s of %d images, %d classes; want signs, 80, 40", d.Name(), d.Len(), len(d.Classes()))
	}
	first, err := d.Sample(0)
	if err != nil {
		t.Fatal(err)
	}
	test, err := dataset.NewSigns(dataset.Test, 1).Sample(0)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first.Image, test.Image) {
		t.Error("Open gives another split than Test")
	}
}

func TestOpenRefuses(t *testing.T) {
	for _, tt := range []struct {
		spec dataset.Spec
		want string
	}{
		{dataset.Spec{Name: "imagenet", Images: 10}, `no dataset "imagenet": want signs, synthetic, blank, cifar10 or folder`},
		{dataset.Spec{Name: "signs"}, "dataset signs: 0 images: want at least 1"},
		{dataset.Spec{Name: "signs", Images: -5}, "dataset signs: -5 images: want at least 1"},
		{dataset.Spec{Name: "signs", Images: 5, Path: "x"}, `dataset signs: path "x": want none, it is built in`},
		{dataset.Spec{Name: "blank", Images: 5, Size: 9}, "dataset blank: 9B a file, 0 labels: want both above 0"},
		{dataset.Spec{Name: "blank", Images: 5, Labels: 9}, "dataset blank: 0B a file, 9 labels: want both above 0"},
		{dataset.Spec{Name: "blank", Size: 5, Labels: 9}, "dataset blank: 0 images: want at least 1"},
		{dataset.Spec{Name: "synthetic"}, "dataset synthetic: 0 images: want at least 1"},
		{dataset.Spec{Name: "cifar10"}, "dataset cifar10: no path: want a binary file such as test_batch.bin"},
		{dataset.Spec{Name: "cifar10", Path: "x", Images: -1}, "dataset cifar10: -1 images: want at least 1, or 0 for all"},
		{dataset.Spec{Name: "cifar10", Path: "x", Classes: "y"}, `dataset cifar10: class map "y": want none, only a folder has one`},
		{dataset.Spec{Name: "folder"}, "dataset folder: no path: want a directory with a folder of images for each class"},
	} {
		if _, err := dataset.Open(tt.spec); err == nil || err.Error() != tt.want {
			t.Errorf("%+v: %v; want %s", tt.spec, err, tt.want)
		}
	}
}

func TestSignsSample(t *testing.T) {
	d := dataset.NewSigns(dataset.Test, 400)
	ids := make(map[string]bool)
	perClass := make(map[int]int)
	for i := range 400 {
		a, err := d.Sample(i)
		if err != nil {
			t.Fatal(err)
		}
		ids[a.ID] = true
		perClass[a.Label]++
		if i%97 > 0 {
			continue
		}
		if b, err := d.Sample(i); err != nil || !bytes.Equal(a.Image, b.Image) || a.ID != b.ID {
			t.Errorf("image %d is another the second time (%v)", i, err)
		}
	}
	if len(ids) != 400 {
		t.Errorf("%d different IDs of 400 images", len(ids))
	}
	for label := range 40 {
		if perClass[label] != 10 { // 400 images over 40 classes
			t.Errorf("class %d: %d images, want 10", label, perClass[label])
		}
	}
	for _, i := range []int{-1, 400} {
		if _, err := d.Sample(i); err == nil {
			t.Errorf("Sample(%d) of 400: no error", i)
		}
	}
}

// TestSignsDiffer: no two images of either split are the same, none is blank,
// and the length of a dataset does not change its images.
func TestSignsDiffer(t *testing.T) {
	seen := make(map[string]string)
	for name, split := range map[string]dataset.Split{"train": dataset.Train, "test": dataset.Test} {
		d := dataset.NewSigns(split, 80)
		for i := range 80 {
			img := d.Render(i)
			colours := make(map[[3]byte]bool)
			for p := 0; p < len(img.Pix); p += 4 {
				colours[[3]byte(img.Pix[p:p+3])] = true
				if img.Pix[p+3] != 255 {
					t.Fatalf("%s %d: alpha %d, want 255", name, i, img.Pix[p+3])
				}
			}
			if len(colours) < 50 {
				t.Errorf("%s %d has %d colours: is it blank?", name, i, len(colours))
			}
			sum := sha256.Sum256(img.Pix)
			if other, ok := seen[string(sum[:])]; ok {
				t.Errorf("%s %d is the same image as %s", name, i, other)
			}
			seen[string(sum[:])] = name
		}
	}
	short, long := dataset.NewSigns(dataset.Test, 8), dataset.NewSigns(dataset.Test, 8000)
	if !bytes.Equal(short.Render(7).Pix, long.Render(7).Pix) {
		t.Error("image 7 depends on how many there are")
	}
}

// TestSignsStayTheSame: the built-in models were trained on these pixels, and
// runs of different years are compared on them. Other architectures may fuse
// multiplications and additions, and so round otherwise.
func TestSignsStayTheSame(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skip("the sums are of amd64")
	}
	for split, want := range map[dataset.Split]string{
		dataset.Train: "fb0f9fbc95d1b83dbd06db881c22884117ea503b9e5ca8bffe0afe392ee4e49c",
		dataset.Test:  "d2eabd40e7c7c18cffef7b2a1fdff01ee559e57c22d574b5f47e6b27135d8f69",
	} {
		h := sha256.New()
		d := dataset.NewSigns(split, 80)
		for i := range 80 {
			h.Write(d.Render(i).Pix)
		}
		if got := hex.EncodeToString(h.Sum(nil)); got != want {
			t.Errorf("split %x: SHA-256 of the pixels of 80 images is %s, want %s", split, got, want)
		}
	}
}

func TestSignsAllocateLittle(t *testing.T) {
	d := dataset.NewSigns(dataset.Test, 40)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for i := range 40 {
		if _, err := d.Sample(i); err != nil {
			t.Fatal(err)
		}
	}
	runtime.ReadMemStats(&after)
	// An image has 32*32*4 bytes = 4 KiB; a compressor of PNG takes some 0.8 MiB.
	if each := (after.TotalAlloc - before.TotalAlloc) / 40; each > 4<<20 {
		t.Errorf("%d bytes allocated a sample; want less than 4 MiB", each)
	}
}

func BenchmarkSignsSample(b *testing.B) {
	b.ReportAllocs()
	d := dataset.NewSigns(dataset.Test, 4000)
	for i := 0; b.Loop(); i++ {
		if _, err := d.Sample(i % 4000); err != nil {
			b.Fatal(err)
		}
	}
}
