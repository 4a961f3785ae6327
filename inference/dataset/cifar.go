package dataset

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
)

const (
	cifarSide    = 32
	cifarClasses = 10
	cifarPlane   = cifarSide * cifarSide
	cifarRecord  = 1 + 3*cifarPlane // label, then red, green and blue planes
	maxCIFAR     = 1 << 30          // bytes of a file: over five times all of CIFAR-10
)

// CIFAR10 is a file of CIFAR-10's binary version: records of 3073 bytes, the
// label and then 1024 bytes each of red, green and blue, row by row.
type CIFAR10 struct {
	path    string
	data    []byte
	classes []string
	records []int // the sample
}

// OpenCIFAR10 reads such a file, and the names of the classes from
// batches.meta.txt beside it; where there is none the names are "0" to "9". It
// draws a stratified sample of n images, or all in the order of the file where n
// is 0.
func OpenCIFAR10(path string, n int, seed uint64) (*CIFAR10, error) {
	data, err := readFile(path, maxCIFAR)
	if err != nil {
		return nil, fmt.Errorf("dataset cifar10: %w", err)
	}
	if len(data) == 0 || len(data)%cifarRecord != 0 {
		return nil, fmt.Errorf("dataset cifar10: %s: %d bytes: want whole records of %d", path, len(data), cifarRecord)
	}
	names, err := cifarNames(filepath.Join(filepath.Dir(path), "batches.meta.txt"))
	if err != nil {
		return nil, fmt.Errorf("dataset cifar10: %w", err)
	}
	d := &CIFAR10{path: path, data: data, classes: names}
	if err := d.draw(n, seed); err != nil {
		return nil, fmt.Errorf("dataset cifar10: %s: %w", path, err)
	}
	return d, nil
}

func (d *CIFAR10) draw(n int, seed uint64) error {
	var of [cifarClasses][]int // the records of each class
	for r := range len(d.data) / cifarRecord {
		label := d.data[r*cifarRecord]
		if label >= cifarClasses {
			return fmt.Errorf("record %d: label %d: want 0 to %d", r, label, cifarClasses-1)
		}
		of[label] = append(of[label], r)
	}
	if n == all {
		for r := range len(d.data) / cifarRecord {
			d.records = append(d.records, r)
		}
		return nil
	}
	var have [cifarClasses]int
	for c := range of {
		have[c] = len(of[c])
	}
	items, err := stratified(have[:], n, seed)
	for _, it := range items {
		d.records = append(d.records, of[it.class][it.index])
	}
	return err
}

// cifarNames reads one name a line; empty lines do not count.
func cifarNames(path string) ([]string, error) {
	data, err := readFile(path, 1<<16)
	if errors.Is(err, fs.ErrNotExist) {
		names := make([]string, cifarClasses)
		for i := range names {
			names[i] = strconv.Itoa(i)
		}
		return names, nil
	}
	if err != nil {
		return nil, err
	}
	var names []string
	for lines := bufio.NewScanner(bytes.NewReader(data)); lines.Scan(); {
		if name := string(bytes.TrimSpace(lines.Bytes())); name != "" {
			names = append(names, name)
		}
	}
	if len(names) != cifarClasses {
		return nil, fmt.Errorf("%s: %d names: want %d, one a line", path, len(names), cifarClasses)
	}
	return names, nil
}

// Name returns "cifar10".
func (d *CIFAR10) Name() string { return "cifar10" }

// Len returns the number of images.
func (d *CIFAR10) Len() int { return len(d.records) }

// Classes returns the names of the ten classes.
func (d *CIFAR10) Classes() []string { return append([]string(nil), d.classes...) }

// Labelled returns true.
func (d *CIFAR10) Labelled() bool { return true }

// Sample returns image i, 0 ≤ i < Len, as a PNG file. Its ID is the number of
// its record in the file, from 0.
func (d *CIFAR10) Sample(i int) (Sample, error) {
	if i < 0 || i >= len(d.records) {
		return Sample{}, fmt.Errorf("cifar10: no image %d: want 0 to %d", i, len(d.records)-1)
	}
	r := d.records[i]
	record := d.data[r*cifarRecord : (r+1)*cifarRecord]
	img := image.NewRGBA(image.Rect(0, 0, cifarSide, cifarSide))
	for p := range cifarPlane {
		copy(img.Pix[4*p:], []byte{record[1+p], record[1+cifarPlane+p], record[1+2*cifarPlane+p], 255})
	}
	var buf bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&buf, img); err != nil {
		return Sample{}, fmt.Errorf("cifar10: record %d: %w", r, err)
	}
	return Sample{ID: strconv.Itoa(r), Label: int(record[0]), Image: buf.Bytes()}, nil
}

// readFile reads a regular file of at most limit bytes. Opening anything else,
// such as a pipe, could wait for ever.
func readFile(path string, limit int64) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: is %s: want a regular file", path, info.Mode().Type())
	}
	if info.Size() > limit {
		return nil, fmt.Errorf("%s: %d bytes: want at most %d", path, info.Size(), limit)
	}
	return os.ReadFile(path)
}
