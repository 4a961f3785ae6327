package dataset_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"testing"

	"github.com/testbed/testbed/inference/dataset"
)

func TestSynthetic(t *testing.T) {
	d, err := dataset.Open(dataset.Spec{Name: "synthetic", Images: 1200, Seed: 5})
	if err != nil {
		t.Fatal(err)
	}
	if d.Name() != "synthetic" || d.Len() != 1200 || len(d.Classes()) != 1000 || d.Classes()[7] != "class 7" || d.Labelled() {
		t.Errorf("%s: %d images of %d classes, labelled %v", d.Name(), d.Len(), len(d.Classes()), d.Labelled())
	}
	total, images := 0, [][]byte{}
	for _, i := range []int{0, 1, 2, 3, 1003} {
		s, err := d.Sample(i)
		if err != nil {
			t.Fatal(err)
		}
		again, _ := d.Sample(i)
		if s.Label != i%1000 || !bytes.Equal(s.Image, again.Image) {
			t.Errorf("image %d: label %d, the same a second time: %v", i, s.Label, bytes.Equal(s.Image, again.Image))
		}
		img, err := dataset.Decode(s.Image)
		if err != nil || img.Bounds().Dx() != 500 || img.Bounds().Dy() != 375 {
			t.Fatalf("image %d: %v (%v), want 500 x 375", i, img.Bounds(), err)
		}
		for _, other := range images {
			if bytes.Equal(other, s.Image) {
				t.Errorf("image %d is another one's", i)
			}
		}
		images = append(images, s.Image)
		total += len(s.Image)
	}
	// The files of ImageNet have 110 kB on average.
	if mean := total / len(images); mean < 80e3 || mean > 140e3 {
		t.Errorf("%d bytes a file on average, want about 110,000", mean)
	}
	other, err := dataset.NewSynthetic(6, 1).Sample(0)
	if err != nil || bytes.Equal(other.Image, images[0]) {
		t.Errorf("another seed draws the same (%v)", err)
	}
	if _, err := d.Sample(1200); err == nil {
		t.Error("Sample(1200) of 1200: no error")
	}
}

// TestSyntheticStaysTheSame: runs of different years and machines are compared on
// these pictures.
func TestSyntheticStaysTheSame(t *testing.T) {
	h := sha256.New()
	for i := range 3 {
		img := dataset.NewSynthetic(1, 3).Render(i)
		h.Write(img.Y)
		h.Write(img.Cb)
		h.Write(img.Cr)
	}
	const want = "827c4ef8799c8bb4451807f0ba523fcf2b4cc7dabf8c23ce8eefe776ed2f185e"
	if got := hex.EncodeToString(h.Sum(nil)); got != want {
		t.Errorf("SHA-256 of the samples of 3 images is %s, want %s", got, want)
	}
}

func BenchmarkSyntheticSample(b *testing.B) {
	b.ReportAllocs()
	d := dataset.NewSynthetic(1, 1000)
	for i := 0; b.Loop(); i++ {
		if _, err := d.Sample(i % 1000); err != nil {
			b.Fatal(err)
		}
	}
}
