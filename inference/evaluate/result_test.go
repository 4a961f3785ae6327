package evaluate

import (
	"bytes"
	"math"
	"testing"
)

func TestJudge(t *testing.T) {
	for _, tt := range []struct {
		name   string
		logits []float32
		label  int
		want   Row
	}{
		{"the largest", []float32{1, 4, 2}, 1, Row{Top1: 1, Margin: 2, Top5: true}},
		{"the first", []float32{4, 1, 2}, 1, Row{Top1: 0, Margin: 2, Top5: true}},
		{"the last, from below", []float32{-4, -3, -1}, 0, Row{Top1: 2, Margin: 2, Top5: true}},
		{"the first, all below 0", []float32{-1, -4, -3}, 0, Row{Top1: 0, Margin: 2, Top5: true}},
		{"second before the best", []float32{3, 5}, 0, Row{Top1: 1, Margin: 2, Top5: true}},
		{"a tie goes to the first", []float32{1, 4, 4}, 2, Row{Top1: 1, Margin: 0, Top5: true}},
		{"fifth of seven", []float32{7, 6, 5, 4, 3, 2, 1}, 4, Row{Top1: 0, Margin: 1, Top5: true}},
		{"sixth of seven", []float32{7, 6, 5, 4, 3, 2, 1}, 5, Row{Top1: 0, Margin: 1, Top5: false}},
		{"sixth of equals", []float32{1, 1, 1, 1, 1, 1}, 5, Row{Top1: 0, Margin: 0, Top5: false}},
		{"one class", []float32{-2}, 0, Row{Top1: 0, Margin: -2, Top5: true}},
	} {
		tt.want.Label = tt.label
		got := Row{Label: tt.label}
		if err := got.judge(tt.logits); err != nil || got != tt.want {
			t.Errorf("%s: judge = %+v, %v; want %+v", tt.name, got, err, tt.want)
		}
	}
	nan := float32(math.NaN())
	for _, logits := range [][]float32{{nan, 1}, {1, nan}} {
		if err := new(Row).judge(logits); err == nil {
			t.Errorf("judge of %v: no error", logits)
		}
	}
	for _, label := range []int{-1, 2} {
		if err := (&Row{Label: label}).judge([]float32{0, 1}); err == nil {
			t.Errorf("judge of 2 classes by label %d: no error", label)
		}
	}
}

func TestWriteCSV(t *testing.T) {
	rows := []Row{
		{Image: "n01/a,b.jpg", Label: 3, Top1: 3, Margin: 2.84474, Top5: true},
		{Image: "n02/c.jpg", Label: 0, Top1: 7, Margin: 0.00004},
	}
	for _, tt := range []struct{ dataset, want string }{
		{"folder", "image,label,top1,margin\n\"n01/a,b.jpg\",3,3,2.8447\nn02/c.jpg,0,7,0.0000\n"},
		{"cifar10", "index,label,top1,margin\n\"n01/a,b.jpg\",3,3,2.8447\nn02/c.jpg,0,7,0.0000\n"},
	} {
		var got bytes.Buffer
		if err := newResult(tt.dataset, rows).WriteCSV(&got); err != nil || got.String() != tt.want {
			t.Errorf("%s: WriteCSV = %q, %v; want %q", tt.dataset, got.String(), err, tt.want)
		}
	}
}
