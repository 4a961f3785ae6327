package virtual

import (
	"fmt"
	"math"
	"testing"
)

// TestAnswers checks the model of answers over many images: how often each model
// is right, how often two disagree, whether a confidence is the share that is
// right, and that it is larger where the answer is.
//
// Of ResNets of 69.8 % and 78.3 % on ImageNet that are independent one would be
// right and the other wrong on 0.698·0.217 + 0.302·0.783 = 39 % of the images;
// published ones are so on 16 to 20 %.
func TestAnswers(t *testing.T) {
	const n, classes = 200_000, 1000
	a := answers{seed: 1, classes: classes}
	accuracy := map[string]float64{"resnet18": 0.698, "resnet152": 0.783}
	right := map[string][]bool{}
	for model, share := range accuracy {
		var sum, mean [2]float64
		bins := [10]struct{ n, right, confidence float64 }{}
		for i := range n {
			label := i % classes
			p, c := a.of(fmt.Sprint("image", i), model, label, quantile(share))
			if p < 0 || p >= classes || c < 1.0/classes-1e-6 || c > 1 {
				t.Fatalf("image %d: prediction %d, confidence %v", i, p, c)
			}
			right[model] = append(right[model], p == label)
			k := 0
			b := &bins[min(9, int(10*c))]
			if p == label {
				k = 1
				b.right++
			}
			b.n++
			b.confidence += c
			sum[k] += c
			mean[k]++
		}
		// The standard error is √(0.7·0.3/200000) = 0.1 points.
		if got := mean[1] / n; math.Abs(got-share) > 0.004 {
			t.Errorf("%s is right on %.4f of the images, want %.4f", model, got, share)
		}
		if wrong, right := sum[0]/mean[0], sum[1]/mean[1]; wrong > right-0.2 {
			t.Errorf("%s is %.2f sure where it is right and %.2f where it is wrong", model, right, wrong)
		}
		for i, b := range bins {
			if said, is := b.confidence/b.n, b.right/b.n; math.Abs(said-is) > 4*math.Sqrt(said*(1-said)/b.n)+1e-3 {
				t.Errorf("%s: of %v answers with a confidence of some %.1f, %.3f on average, %.3f are right", model, b.n, float64(i)/10, said, is)
			}
		}
	}
	differ := 0.0
	for i := range n {
		if right["resnet18"][i] != right["resnet152"][i] {
			differ++
		}
	}
	if share := differ / n; share < 0.16 || share > 0.20 {
		t.Errorf("one is right and the other wrong on %.3f of the images, want 0.16 to 0.20", share)
	} else {
		t.Logf("discordant: %.3f", share)
	}
}

// TestAnswersDepend on seed, image and model, and on nothing else: a less
// accurate device is right of some of the images of which a better one is.
func TestAnswersDepend(t *testing.T) {
	a, b := answers{1, 10}, answers{2, 10}
	var seed, model, image, gained int
	for i := range 1000 {
		id := fmt.Sprint(i)
		p, c := a.of(id, "m", 3, 1)
		if q, d := a.of(id, "m", 3, 1); p != q || c != d {
			t.Fatalf("image %d: %d (%v), and then %d (%v)", i, p, c, q, d)
		}
		differs := func(n *int, q int, d float64) {
			if c != d {
				*n++
			}
		}
		q, d := b.of(id, "m", 3, 1)
		differs(&seed, q, d)
		q, d = a.of(id, "n", 3, 1)
		differs(&model, q, d)
		q, d = a.of(id+"x", "m", 3, 1)
		differs(&image, q, d)
		if q, _ = a.of(id, "m", 3, 0.5); q == 3 && p != 3 {
			gained++
		}
	}
	if min(seed, model, image) < 950 || gained > 0 {
		t.Errorf("of 1000 answers %d depend on the seed, %d on the model, %d on the image; %d are right on a worse device alone", seed, model, image, gained)
	}
}
