package arch

import (
	"math"
	"strconv"
)

// A stage is a row of a table of torchvision/models/efficientnet.py.
type stage struct {
	fused                  bool // FusedMBConv, else MBConv
	expand, kernel, stride int
	in, out, layers        int
}

// The tables of EfficientNet (Tan and Le 2019, table 1) and of EfficientNetV2
// (2021, table 4, as published with the weights).
var (
	efficientNetB0 = []stage{
		{false, 1, 3, 1, 32, 16, 1}, {false, 6, 3, 2, 16, 24, 2}, {false, 6, 5, 2, 24, 40, 2}, {false, 6, 3, 2, 40, 80, 3},
		{false, 6, 5, 1, 80, 112, 3}, {false, 6, 5, 2, 112, 192, 4}, {false, 6, 3, 1, 192, 320, 1},
	}
	efficientNetV2S = []stage{
		{true, 1, 3, 1, 24, 24, 2}, {true, 4, 3, 2, 24, 48, 4}, {true, 4, 3, 2, 48, 64, 4},
		{false, 4, 3, 2, 64, 128, 6}, {false, 6, 3, 1, 128, 160, 9}, {false, 6, 3, 2, 160, 256, 15},
	}
	efficientNetV2M = []stage{
		{true, 1, 3, 1, 24, 24, 3}, {true, 4, 3, 2, 24, 48, 5}, {true, 4, 3, 2, 48, 80, 5},
		{false, 4, 3, 2, 80, 160, 7}, {false, 6, 3, 1, 160, 176, 14}, {false, 6, 3, 2, 176, 304, 18}, {false, 6, 3, 1, 304, 512, 5},
	}
	efficientNetV2L = []stage{
		{true, 1, 3, 1, 32, 32, 4}, {true, 4, 3, 2, 32, 64, 7}, {true, 4, 3, 2, 64, 96, 7},
		{false, 4, 3, 2, 96, 192, 10}, {false, 6, 3, 1, 192, 224, 19}, {false, 6, 3, 2, 224, 384, 25}, {false, 6, 3, 1, 384, 640, 7},
	}
)

// efficientNetB scales the table of B0 in width and depth (compound scaling).
func efficientNetB(width, depth float64, epsilon float32) func(*builder, value) value {
	stages := make([]stage, len(efficientNetB0))
	for i, s := range efficientNetB0 {
		s.in, s.out = divisible(float64(float64(s.in)*width)), divisible(float64(float64(s.out)*width))
		s.layers = int(math.Ceil(float64(s.layers) * depth))
		stages[i] = s
	}
	return efficientNet(stages, 4*stages[len(stages)-1].out, epsilon)
}

// divisible rounds to a multiple of 8, but not down by more than a tenth
// (_make_divisible).
func divisible(x float64) int {
	n := max(8, int(x+4)/8*8)
	if float64(n) < 0.9*x {
		n += 8
	}
	return n
}

// efficientNet is the stages between a first convolution and one to last
// planes.
func efficientNet(stages []stage, last int, epsilon float32) func(*builder, value) value {
	return func(b *builder, x value) value {
		n := inverted{b: b, epsilon: epsilon}
		x = n.layer(x, "features.0", stages[0].in, square(3, 2), (*builder).silu)
		for i, s := range stages {
			for layer := range s.layers {
				if layer > 0 {
					s.stride = 1
				}
				name := "features." + strconv.Itoa(i+1) + "." + strconv.Itoa(layer) + ".block."
				if s.fused {
					x = n.fused(x, name, s)
				} else {
					x = n.mobile(x, name, s)
				}
			}
		}
		x = n.layer(x, "features."+strconv.Itoa(len(stages)+1), last, square(1, 1), (*builder).silu)
		return b.head(x, "classifier.1")
	}
}

// mobile is an MBConv: expand, filter each plane, gate, project.
func (n inverted) mobile(x value, name string, s stage) value {
	wide := divisible(float64(x.c * s.expand))
	y, i := x, 0
	if wide != x.c {
		y = n.layer(y, name+"0", wide, square(1, 1), (*builder).silu)
		i++
	}
	k := square(s.kernel, s.stride)
	k.groups = wide
	y = n.layer(y, name+strconv.Itoa(i), wide, k, (*builder).silu)
	y = n.b.squeeze(y, name+strconv.Itoa(i+1), max(1, x.c/4), (*builder).silu, (*builder).sigmoid)
	return n.project(x, y, name+strconv.Itoa(i+2), s.out, s.stride)
}

// fused is a FusedMBConv: one full convolution in place of the first two.
func (n inverted) fused(x value, name string, s stage) value {
	wide := divisible(float64(x.c * s.expand))
	k := square(s.kernel, s.stride)
	if wide != x.c {
		y := n.layer(x, name+"0", wide, k, (*builder).silu)
		return n.project(x, y, name+"1", s.out, s.stride)
	}
	y := n.layer(x, name+"0", s.out, k, (*builder).silu)
	if s.stride == 1 && x.c == s.out {
		return n.b.add(y, x)
	}
	return y
}
