package evaluate_test

import (
	"encoding/csv"
	"errors"
	"io/fs"
	"math"
	"os"
	"slices"
	"strconv"
	"testing"

	"github.com/testbed/testbed/inference/dataset"
	"github.com/testbed/testbed/inference/evaluate"
	"github.com/testbed/testbed/inference/model"
	"github.com/testbed/testbed/inference/onnx"
)

// TestParity classifies every labelled image with every real model, from the
// file to the class. The accuracy is the reference's within 0.2 points, and
// where there are predictions of the reference, the classes are the same for
// 99.5 % of the images of which the reference is sure: decoders and arithmetic
// differ in the last bit, which decides images with a small margin only.
func TestParity(t *testing.T) {
	if testing.Short() {
		t.Skip("70,000 inferences")
	}
	all := models(t)
	if len(all) != 16 {
		t.Errorf("%d models; want 16", len(all))
	}
	for _, name := range []string{"imagenet", "cifar-10"} {
		t.Run(name, func(t *testing.T) {
			of := slices.DeleteFunc(slices.Clone(all), func(m model.Model) bool { return m.Dataset != name })
			for i, r := range run(t, of, openDataset(t, of[0])) {
				accurate(t, of[i], r)
				if want, ok := predictions(t, shared(t, "expected", of[i].Name+".csv")); ok {
					agree(t, of[i], r, want, 0.995)
				}
			}
		})
	}
}

// accurate holds r to the accuracy that the reference had.
func accurate(t *testing.T, m model.Model, r evaluate.Result) {
	t.Helper()
	n := len(r.Rows)
	accuracy := float64(r.Top1) / float64(n)
	t.Logf("%s: %d of %d right, reference %.0f; label among five %d", m.Name, r.Top1, n, m.Accuracy*float64(n), r.Top5)
	if math.Abs(accuracy-m.Accuracy) > 0.002 {
		t.Errorf("%s: accuracy %.2f %%; want %.2f %%, within 0.2 points", m.Name, 100*accuracy, 100*m.Accuracy)
	}
}

// TestParityOfOriginals is TestParity of files as cameras and scanners wrote
// them, of any size and chroma subsampling. These are 40: all of which the
// reference is sure have to agree.
func TestParityOfOriginals(t *testing.T) {
	d, err := dataset.Open(dataset.Spec{Name: "folder", Path: shared(t, "imagenet-sample-original"), Classes: shared(t, "imagenet-classes.csv")})
	if err != nil {
		t.Fatal(err)
	}
	compared := 0
	for _, m := range models(t) {
		if want, ok := predictions(t, shared(t, "expected", "original", m.Name+".csv")); ok {
			compared++
			agree(t, m, run(t, []model.Model{m}, d)[0], want, 1)
		}
	}
	if compared != 2 {
		t.Errorf("%d models have predictions of the originals; want 2", compared)
	}
}

// run evaluates the models on all of d.
func run(t *testing.T, all []model.Model, d dataset.Dataset) []evaluate.Result {
	t.Helper()
	subjects := make([]evaluate.Subject, len(all))
	for i, m := range all {
		subjects[i] = evaluate.Subject{Session: open(t, m, onnx.Options{Threads: 1}), Recipe: m.Recipe}
	}
	results, err := evaluate.RunAll(t.Context(), subjects, evaluate.Options{Dataset: d})
	if err != nil {
		t.Fatal(err)
	}
	return results
}

// A prediction is what the reference made of an image.
type prediction struct {
	image       string
	label, top1 int
	margin      float64
}

// predictions reads a file of the reference's, if there is one.
func predictions(t *testing.T, path string) (all []prediction, ok bool) {
	t.Helper()
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, false
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	for _, line := range lines[1:] {
		label, err1 := strconv.Atoi(line[1])
		top1, err2 := strconv.Atoi(line[2])
		margin, err3 := strconv.ParseFloat(line[3], 64)
		if err := errors.Join(err1, err2, err3); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		all = append(all, prediction{line[0], label, top1, margin})
	}
	return all, true
}

// agree holds r to the reference's predictions of the same images in the same
// order: of those with a margin of at least 0.05, share have the same class.
func agree(t *testing.T, m model.Model, r evaluate.Result, want []prediction, share float64) {
	t.Helper()
	if len(r.Rows) != len(want) {
		t.Fatalf("%s: %d images; want %d", m.Name, len(r.Rows), len(want))
	}
	const sure = 0.05
	images, same := 0, 0
	var off float64
	for i, w := range want {
		row := r.Rows[i]
		if row.Image != w.image || row.Label != w.label {
			t.Fatalf("%s: image %d is %s of class %d; want %s of class %d", m.Name, i, row.Image, row.Label, w.image, w.label)
		}
		if w.margin < sure {
			continue
		}
		images++
		if row.Top1 == w.top1 {
			same++
			off += math.Abs(float64(row.Margin) - w.margin)
		}
	}
	t.Logf("%s: %d of %d with a margin of %v or more agree; the margins are %.4f off on average", m.Name, same, images, sure, off/float64(same))
	if images == 0 || float64(same) < share*float64(images) {
		t.Errorf("%s: %d of %d agree; want %.1f %%", m.Name, same, images, 100*share)
	}
}
