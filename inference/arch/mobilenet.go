package arch

import "strconv"

// An inverted builds networks of inverted residual blocks: narrow between the
// blocks, wide inside.
type inverted struct {
	b       *builder
	epsilon float32
}

// layer is a convolution, its normalisation and an activation, with
// torchvision's names for the first two.
func (n inverted) layer(x value, name string, out int, k kernel, act activation) value {
	return act(n.b, n.b.norm(n.b.conv(x, name+".0", out, k), name+".1", n.epsilon, 1))
}

// project narrows y to out planes, and adds x if it has their shape.
func (n inverted) project(x, y value, name string, out, stride int) value {
	if stride != 1 || x.c != out {
		return n.layer(y, name, out, square(1, 1), (*builder).identity)
	}
	y = n.b.norm(n.b.conv(y, name+".0", out, square(1, 1)), name+".1", n.epsilon, branch)
	return n.b.add(y, x)
}

// mobileNetV2 is torchvision/models/mobilenetv2.py (Sandler et al. 2018, table 2).
func mobileNetV2(b *builder, x value) value {
	n := inverted{b: b, epsilon: epsilon}
	x = n.layer(x, "features.0", 32, square(3, 2), (*builder).relu6)
	i := 1
	for _, s := range []struct{ expand, out, layers, stride int }{
		{1, 16, 1, 1}, {6, 24, 2, 2}, {6, 32, 3, 2}, {6, 64, 4, 2}, {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1},
	} {
		for layer := range s.layers {
			stride := s.stride
			if layer > 0 {
				stride = 1
			}
			x = n.v2(x, "features."+strconv.Itoa(i)+".conv.", s.expand, s.out, stride)
			i++
		}
	}
	x = n.layer(x, "features."+strconv.Itoa(i), 1280, square(1, 1), (*builder).relu6)
	return b.head(x, "classifier.1")
}

// v2 is a block of MobileNetV2. Its projection is not a layer of torchvision's
// names, but two.
func (n inverted) v2(x value, name string, expand, out, stride int) value {
	wide := x.c * expand
	y, i := x, 0
	if expand != 1 {
		y = n.layer(y, name+"0", wide, square(1, 1), (*builder).relu6)
		i++
	}
	k := square(3, stride)
	k.groups = wide
	y = n.layer(y, name+strconv.Itoa(i), wide, k, (*builder).relu6)
	gain, add := 1.0, stride == 1 && x.c == out
	if add {
		gain = branch
	}
	y = n.b.norm(n.b.conv(y, name+strconv.Itoa(i+1), out, square(1, 1)), name+strconv.Itoa(i+2), n.epsilon, gain)
	if add {
		return n.b.add(y, x)
	}
	return y
}

// A bneck is a row of a table of torchvision/models/mobilenetv3.py.
type bneck struct {
	kernel, wide, out int
	squeeze           bool
	act               activation
	stride            int
}

// The tables of MobileNetV3 (Howard et al. 2019, tables 1 and 2).
var (
	mobileNetV3Large = []bneck{
		{3, 16, 16, false, (*builder).relu, 1},
		{3, 64, 24, false, (*builder).relu, 2},
		{3, 72, 24, false, (*builder).relu, 1},
		{5, 72, 40, true, (*builder).relu, 2},
		{5, 120, 40, true, (*builder).relu, 1},
		{5, 120, 40, true, (*builder).relu, 1},
		{3, 240, 80, false, (*builder).hardSwish, 2},
		{3, 200, 80, false, (*builder).hardSwish, 1},
		{3, 184, 80, false, (*builder).hardSwish, 1},
		{3, 184, 80, false, (*builder).hardSwish, 1},
		{3, 480, 112, true, (*builder).hardSwish, 1},
		{3, 672, 112, true, (*builder).hardSwish, 1},
		{5, 672, 160, true, (*builder).hardSwish, 2},
		{5, 960, 160, true, (*builder).hardSwish, 1},
		{5, 960, 160, true, (*builder).hardSwish, 1},
	}
	mobileNetV3Small = []bneck{
		{3, 16, 16, true, (*builder).relu, 2},
		{3, 72, 24, false, (*builder).relu, 2},
		{3, 88, 24, false, (*builder).relu, 1},
		{5, 96, 40, true, (*builder).hardSwish, 2},
		{5, 240, 40, true, (*builder).hardSwish, 1},
		{5, 240, 40, true, (*builder).hardSwish, 1},
		{5, 120, 48, true, (*builder).hardSwish, 1},
		{5, 144, 48, true, (*builder).hardSwish, 1},
		{5, 288, 96, true, (*builder).hardSwish, 2},
		{5, 576, 96, true, (*builder).hardSwish, 1},
		{5, 576, 96, true, (*builder).hardSwish, 1},
	}
)

// mobileNetV3 is the rows between a first convolution and two matrices, the
// first to last numbers.
func mobileNetV3(rows []bneck, last int) func(*builder, value) value {
	return func(b *builder, x value) value {
		n := inverted{b: b, epsilon: 1e-3}
		x = n.layer(x, "features.0", 16, square(3, 2), (*builder).hardSwish)
		for i, r := range rows {
			x = n.v3(x, "features."+strconv.Itoa(i+1)+".block.", r)
		}
		x = n.layer(x, "features."+strconv.Itoa(len(rows)+1), 6*x.c, square(1, 1), (*builder).hardSwish)
		x = b.hardSwish(b.linear(b.flatten(b.globalPool(x)), "classifier.0", last))
		return b.linear(x, "classifier.3", classes)
	}
}

// v3 is a block of MobileNetV3.
func (n inverted) v3(x value, name string, r bneck) value {
	y, i := x, 0
	if r.wide != x.c {
		y = n.layer(y, name+"0", r.wide, square(1, 1), r.act)
		i++
	}
	k := square(r.kernel, r.stride)
	k.groups = r.wide
	y = n.layer(y, name+strconv.Itoa(i), r.wide, k, r.act)
	i++
	if r.squeeze {
		y = n.b.squeeze(y, name+strconv.Itoa(i), divisible(float64(r.wide/4)), (*builder).relu, (*builder).hardSigmoid)
		i++
	}
	return n.project(x, y, name+strconv.Itoa(i), r.out, r.stride)
}
