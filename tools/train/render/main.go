// Render writes images of the signs in the CIFAR-10 binary layout: for each
// image one byte of label, then 1024 bytes each of red, green and blue.
//
//	go run ./tools/train/render -split train -n 200000 -o train.bin
package main

import (
	"bufio"
	"flag"
	"fmt"
	"os"
	"runtime"

	"github.com/testbed/testbed/inference/dataset"
)

func main() {
	split := flag.String("split", "train", "train or test")
	n := flag.Int("n", 1000, "number of images")
	out := flag.String("o", "", "file to write")
	flag.Parse()
	if err := render(*split, *n, *out); err != nil {
		fmt.Fprintln(os.Stderr, "render:", err)
		os.Exit(1)
	}
}

func render(split string, n int, out string) error {
	which, ok := map[string]dataset.Split{"train": dataset.Train, "test": dataset.Test}[split]
	if !ok {
		return fmt.Errorf("-split %s: want train or test", split)
	}
	f, err := os.Create(out)
	if err != nil {
		return err
	}
	defer f.Close()
	w := bufio.NewWriterSize(f, 1<<20)
	set := dataset.NewSigns(which, n)

	// Workers take every k-th image; the writer takes them in order.
	k := runtime.NumCPU()
	lanes := make([]chan []byte, k)
	for lane := range k {
		lanes[lane] = make(chan []byte, 64)
		go func() {
			for i := lane; i < n; i += k {
				lanes[lane] <- record(set, i)
			}
		}()
	}
	for i := range n {
		if _, err := w.Write(<-lanes[i%k]); err != nil {
			return err
		}
	}
	return w.Flush()
}

// record is image i in the CIFAR-10 binary layout.
func record(set *dataset.Signs, i int) []byte {
	const pixels = dataset.SignsSize * dataset.SignsSize
	img := set.Render(i)
	rec := make([]byte, 1+3*pixels)
	rec[0] = byte(i % len(set.Classes()))
	for p := range pixels {
		for ch := range 3 {
			rec[1+ch*pixels+p] = img.Pix[4*p+ch]
		}
	}
	return rec
}
