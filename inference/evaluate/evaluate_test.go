package evaluate_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/testbed/testbed/inference/dataset"
	"github.com/testbed/testbed/inference/evaluate"
	"github.com/testbed/testbed/inference/model"
)

// greys is a dataset of one-pixel images: image i is as bright as i, its label
// is i mod 3.
type greys struct {
	images int
	broken int // an image that is no image; -1: none
}

func (greys) Name() string      { return "greys" }
func (d greys) Len() int        { return d.images }
func (greys) Classes() []string { return []string{"a", "b", "c"} }
func (greys) Labelled() bool    { return true }

func (d greys) Sample(i int) (dataset.Sample, error) {
	img := image.NewGray(image.Rect(0, 0, 1, 1))
	img.SetGray(0, 0, color.Gray{Y: uint8(i)})
	var file bytes.Buffer
	if err := png.Encode(&file, img); err != nil {
		return dataset.Sample{}, err
	}
	s := dataset.Sample{ID: fmt.Sprintf("grey-%d", i), Label: i % 3, Image: file.Bytes()}
	if i == d.broken {
		s.Image = s.Image[:len(s.Image)/2]
	}
	return s, nil
}

// A brightness answers class x mod 3 for an image of brightness x, but for
// multiples of 10, which it calls the class after.
type brightness struct {
	classes int
	nan     int // an image for which it computes nonsense; -1: none
	calls   atomic.Int64
}

func (b *brightness) RunBatch(in []float32, n int) ([]float32, error) {
	b.calls.Add(1)
	out := make([]float32, n*b.classes)
	for i := range n {
		x := int(math.Round(float64(in[i*len(in)/n])))
		best := x % 3
		if x%10 == 0 {
			best = (best + 1) % 3
		}
		out[i*b.classes+best] = 1 + float32(x)/4
		if x == b.nan {
			out[i*b.classes] = float32(math.NaN())
		}
	}
	return out, nil
}

// raw leaves pixels the numbers they are.
var raw = model.Recipe{Size: 1, Scale: 1, Std: [3]float32{1, 1, 1}}

func options(images, workers int) evaluate.Options {
	return evaluate.Options{
		Session: &brightness{classes: 3, nan: -1}, Recipe: raw,
		Dataset: greys{images, -1}, Workers: workers,
	}
}

// TestRun: 100 images, of which 0, 10, … 90 are taken for another class, so 90
// are right, and with three classes all are among the best five. Image i has a
// margin of 1+i/4. Many workers give the rows of one.
func TestRun(t *testing.T) {
	for _, workers := range []int{1, 7} {
		var mu sync.Mutex
		var told []int
		o := options(100, workers)
		o.Progress = func(done, total int) {
			mu.Lock()
			defer mu.Unlock()
			if told = append(told, done); total != 100 {
				t.Errorf("progress of %d images; want 100", total)
			}
		}
		r, err := evaluate.Run(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		if r.Dataset != "greys" || r.Top1 != 90 || r.Top5 != 100 || len(r.Rows) != 100 {
			t.Errorf("%d workers: %s: %d right, %d among five, of %d; want greys: 90, 100, of 100", workers, r.Dataset, r.Top1, r.Top5, len(r.Rows))
		}
		for i, row := range r.Rows {
			want := evaluate.Row{Image: fmt.Sprintf("grey-%d", i), Label: i % 3, Top1: i % 3, Margin: 1 + float32(i)/4, Top5: true}
			if i%10 == 0 {
				want.Top1 = (want.Top1 + 1) % 3
			}
			if diff := cmp.Diff(want, row); diff != "" {
				t.Fatalf("%d workers, image %d (-want +got):\n%s", workers, i, diff)
			}
		}
		// 12 batches of 8, and one of 4.
		if len(told) != 13 || told[0] < 4 || told[12] != 100 {
			t.Errorf("progress %v; want 13 steps up to 100", told)
		}
	}
}

func TestRunNamesWhatIsWrong(t *testing.T) {
	for _, tt := range []struct {
		name  string
		spoil func(*evaluate.Options)
		want  string
	}{
		{"no images", func(o *evaluate.Options) { o.Dataset = greys{0, -1} }, "dataset greys: no images"},
		{"a broken image", func(o *evaluate.Options) { o.Dataset = greys{100, 37} }, "image grey-37: "},
		{"nonsense", func(o *evaluate.Options) { o.Session = &brightness{classes: 3, nan: 41} }, "image grey-41: logits that are not numbers"},
		{"other classes", func(o *evaluate.Options) { o.Session = &brightness{classes: 4, nan: -1} }, "dataset greys has 3 classes, the model 4"},
		{"a bad recipe", func(o *evaluate.Options) { o.Recipe.Std[1] = 0 }, "std of channel 1"},
	} {
		o := options(100, 3)
		tt.spoil(&o)
		if _, err := evaluate.Run(t.Context(), o); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error %v; want one with %q", tt.name, err, tt.want)
		}
	}
}

// TestRunStops: once ctx has ended, no worker takes another batch.
func TestRunStops(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	o := options(200, 2)
	o.Progress = func(int, int) { stop() }
	_, err := evaluate.Run(ctx, o)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v; want that of the context", err)
	}
	if calls := o.Session.(*brightness).calls.Load(); calls > 4 {
		t.Errorf("%d batches of 25 were run; want the first of each worker, and one more at most", calls)
	}
}

// TestRunAll: models with one recipe and with two each get their own input and
// rows. One divides brightness by 2, and so sees image 2i as Run sees image i.
func TestRunAll(t *testing.T) {
	half := raw
	half.Scale = 2
	o := options(40, 3)
	results, err := evaluate.RunAll(t.Context(), []evaluate.Subject{
		{Session: &brightness{classes: 3, nan: -1}, Recipe: raw},
		{Session: &brightness{classes: 3, nan: -1}, Recipe: half},
		{Session: &brightness{classes: 3, nan: -1}, Recipe: raw},
	}, o)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(results[0], results[2]); len(results) != 3 || diff != "" {
		t.Errorf("the same model twice (-first +second):\n%s", diff)
	}
	for i := range 20 {
		a, b := results[0].Rows[i], results[1].Rows[2*i]
		if a.Top1 != b.Top1 || a.Margin != b.Margin || b.Image != fmt.Sprintf("grey-%d", 2*i) {
			t.Errorf("image %d as half as bright: %+v; want class and margin of %+v", 2*i, b, a)
		}
	}
}
