package dataset_test

import (
	"bytes"
	"image/color"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/testbed/testbed/inference/dataset"
)

// record is an image of CIFAR-10's binary version: red grows by 8
// a column, green by 8 a row, blue is 77.
func record(label byte) []byte {
	b := []byte{label}
	for plane := range 3 {
		for i := range 1024 {
			b = append(b, []byte{byte(8 * (i % 32)), byte(8 * (i / 32)), 77}[plane])
		}
	}
	return b
}

func cifar(t *testing.T, parts ...[]byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "test_batch.bin")
	write(t, path, bytes.Join(parts, nil))
	return path
}

func TestCIFAR10(t *testing.T) {
	path := cifar(t, record(3), record(9), record(3))
	names := "airplane\nautomobile\nbird\ncat\ndeer\ndog\nfrog\nhorse\nship\ntruck\n\n"
	write(t, filepath.Join(filepath.Dir(path), "batches.meta.txt"), []byte(names))
	d, err := dataset.Open(dataset.Spec{Name: "cifar10", Path: path})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"0:cat", "1:truck", "2:cat"}, labels(t, d)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if d.Name() != "cifar10" || d.Len() != 3 || !d.Labelled() {
		t.Errorf("%s, %d images, labelled %v", d.Name(), d.Len(), d.Labelled())
	}
	s, err := d.Sample(1)
	if err != nil {
		t.Fatal(err)
	}
	img, err := dataset.Decode(s.Image)
	if err != nil {
		t.Fatal(err)
	}
	if b := img.Bounds(); b.Dx() != 32 || b.Dy() != 32 {
		t.Errorf("%v, want 32 x 32", b)
	}
	if got, want := color.RGBAModel.Convert(img.At(5, 20)), (color.RGBA{40, 160, 77, 255}); got != want {
		t.Errorf("pixel (5, 20) is %v, want %v", got, want)
	}
	for _, i := range []int{-1, 3} {
		if _, err := d.Sample(i); err == nil {
			t.Errorf("Sample(%d) of 3: no error", i)
		}
	}
}

// TestCIFAR10Sample: a sample is balanced, and its images keep their numbers.
func TestCIFAR10Sample(t *testing.T) {
	d, err := dataset.OpenCIFAR10(data(t, "cifar-10", "test_batch.bin"), 105, 4)
	if err != nil {
		t.Fatal(err)
	}
	if d.Classes()[6] != "frog" {
		t.Errorf("class 6 is %q, want frog", d.Classes()[6])
	}
	each := make(map[int]int)
	for i := range d.Len() {
		s, err := d.Sample(i)
		if err != nil {
			t.Fatal(err)
		}
		each[s.Label]++
		// The shipped file has class k mod 10 in record k.
		if k, err := strconv.Atoi(s.ID); err != nil || k%10 != s.Label {
			t.Errorf("image %s has label %d (%v)", s.ID, s.Label, err)
		}
	}
	for label := range 10 {
		if each[label] != 10 && each[label] != 11 {
			t.Errorf("%d images of class %d in 105, want 10 or 11", each[label], label)
		}
	}
}

func TestCIFAR10Refuses(t *testing.T) {
	named := func(text string) string {
		path := cifar(t, record(0))
		write(t, filepath.Join(filepath.Dir(path), "batches.meta.txt"), []byte(text))
		return path
	}
	for _, tt := range []struct {
		name, path string
		images     int
		want       string
	}{
		{"no such file", filepath.Join(t.TempDir(), "none.bin"), 0, "no such file"},
		{"a directory", t.TempDir(), 0, "want a regular file"},
		{"an endless file", "/dev/zero", 0, "want a regular file"},
		{"nothing", cifar(t), 0, "0 bytes: want whole records of 3073"},
		{"cut short", cifar(t, record(0), record(1)[:3000]), 0, "test_batch.bin: 6073 bytes: want whole records of 3073"},
		{"a label of CIFAR-100", cifar(t, record(0), record(10)), 0, "record 1: label 10: want 0 to 9"},
		{"more than there are", cifar(t, record(0)), 2, "test_batch.bin: 2 images asked for: want at most 1"},
		{"nine names", named("1\n2\n3\n4\n5\n6\n7\n8\n9\n"), 0, "batches.meta.txt: 9 names: want 10"},
	} {
		_, err := dataset.OpenCIFAR10(tt.path, tt.images, 1)
		if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), filepath.Dir(tt.path)) {
			t.Errorf("%s: %v; want an error with %q and the path", tt.name, err, tt.want)
		}
	}
	unnamed, err := dataset.OpenCIFAR10(cifar(t, record(0)), 0, 1)
	if err != nil || unnamed.Classes()[9] != "9" {
		t.Errorf("without names: %v; want them to be numbers", err)
	}
}
