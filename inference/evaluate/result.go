package evaluate

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// A Result is what a model made of each image of a dataset.
type Result struct {
	Dataset string
	Rows    []Row // in the dataset's order
	Top1    int   // images whose best class is the label
	Top5    int   // images whose label is among the best five classes
}

// A Row is one image.
type Row struct {
	Image  string // its ID in the dataset
	Label  int
	Top1   int     // the class with the largest logit, the first of equals
	Margin float32 // that logit less the second best; 0 of a tie; of one class it is the logit
	Top5   bool    // whether the label is among the five best
}

func newResult(name string, rows []Row) Result {
	r := Result{Dataset: name, Rows: rows}
	for _, row := range rows {
		if row.Top1 == row.Label {
			r.Top1++
		}
		if row.Top5 {
			r.Top5++
		}
	}
	return r
}

// errNumbers is what judge says of a model that computes nonsense.
var errNumbers = errors.New("logits that are not numbers")

// judge fills in what the logits say.
func (r *Row) judge(logits []float32) error {
	if r.Label < 0 || r.Label >= len(logits) {
		return fmt.Errorf("label %d: want 0 to %d", r.Label, len(logits)-1)
	}
	var second float32
	r.Top1 = -1
	better := 0 // classes before the label, in order of their logits
	for i, x := range logits {
		if x != x {
			return errNumbers
		}
		switch {
		case r.Top1 < 0:
			r.Top1 = i
		case x > logits[r.Top1]:
			r.Top1, second = i, logits[r.Top1]
		case i == 1 || x > second:
			second = x
		}
		if l := logits[r.Label]; x > l || x == l && i < r.Label {
			better++
		}
	}
	r.Margin = logits[r.Top1] - second
	r.Top5 = better < 5
	return nil
}

// WriteCSV writes a line for each image: image,label,top1,margin, the margin to
// four decimals. The first column is called index where the images are records
// of one file, and their IDs are their numbers there.
func (r Result) WriteCSV(w io.Writer) error {
	column := "image"
	if r.Dataset == "cifar10" {
		column = "index"
	}
	c := csv.NewWriter(w)
	if err := c.Write([]string{column, "label", "top1", "margin"}); err != nil {
		return err
	}
	for _, row := range r.Rows {
		err := c.Write([]string{row.Image, strconv.Itoa(row.Label), strconv.Itoa(row.Top1),
			strconv.FormatFloat(float64(row.Margin), 'f', 4, 32)})
		if err != nil {
			return err
		}
	}
	c.Flush()
	return c.Error()
}
