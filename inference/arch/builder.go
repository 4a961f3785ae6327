package arch

import (
	"strconv"

	"github.com/testbed/testbed/inference/onnxfile"
)

// A builder gathers the graph of a network, operator by operator, and counts
// what it costs.
type builder struct {
	model      onnxfile.Model
	weights    weights
	macs       int64
	parameters int64
	clip6      [2]string // names of the bounds of ReLU6, once they are stored
}

// A value is what an operator puts out: for each image, c planes of h by w.
type value struct {
	name    string
	c, h, w int

	// power is about the mean square of the elements. The weights that meet
	// the value are scaled by it, so that activations neither grow without
	// bound nor die away, even through a hundred layers.
	power float64
}

func newBuilder(network string, seed uint64) *builder {
	return &builder{weights: weights{network: network, seed: seed}}
}

// op adds an operator whose only output is named after it, and returns out
// with that name.
func (b *builder) op(kind string, out value, inputs []string, attributes ...onnxfile.Attribute) value {
	out.name = kind + "_" + strconv.Itoa(len(b.model.Nodes))
	b.model.Nodes = append(b.model.Nodes, onnxfile.Node{
		Op: kind, Name: out.name, Inputs: inputs, Outputs: []string{out.name}, Attributes: attributes,
	})
	return out
}

// rename gives the output of the last operator another name.
func (b *builder) rename(from, to string) {
	last := &b.model.Nodes[len(b.model.Nodes)-1]
	if last.Outputs[0] != from {
		panic("arch: the network does not end with its last operator")
	}
	last.Outputs[0] = to
}

// tensor stores a weight drawn from mean ± spread and returns its name.
// learned: it counts as a parameter.
func (b *builder) tensor(name string, learned bool, mean, spread float64, shape ...int) string {
	t := onnxfile.Tensor{Name: name}
	n := int64(1)
	for _, d := range shape {
		t.Shape = append(t.Shape, int64(d))
		n *= int64(d)
	}
	if learned {
		b.parameters += n
	}
	t.Values = b.weights.draw(name, n, mean, spread)
	b.model.Tensors = append(b.model.Tensors, t)
	return name
}

// A kernel is how a convolution moves over its input.
type kernel struct {
	size, stride, pad int
	groups            int // 0: one
	bias              bool
}

// square is a k by k kernel that keeps the size of its input, but for the
// stride.
func square(k, stride int) kernel { return kernel{size: k, stride: stride, pad: (k - 1) / 2} }

// conv convolves x into out planes. name is that of its weights.
func (b *builder) conv(x value, name string, out int, k kernel) value {
	groups := max(k.groups, 1)
	fanIn := x.c / groups * k.size * k.size
	inputs := []string{x.name, b.tensor(name+".weight", true, 0, uniform(fanIn, x.power), out, x.c/groups, k.size, k.size)}
	if k.bias {
		inputs = append(inputs, b.tensor(name+".bias", true, 0, 0.1, out))
	}
	y := value{c: out, h: slide(x.h, k.size, k.stride, k.pad), w: slide(x.w, k.size, k.stride, k.pad), power: 1}
	b.macs += int64(out) * int64(y.h) * int64(y.w) * int64(fanIn)
	size, stride, pad := int64(k.size), int64(k.stride), int64(k.pad)
	return b.op("Conv", y, inputs,
		onnxfile.Ints("dilations", 1, 1), onnxfile.Int("group", int64(groups)), onnxfile.Ints("kernel_shape", size, size),
		onnxfile.Ints("pads", pad, pad, pad, pad), onnxfile.Ints("strides", stride, stride))
}

// slide is the number of places of a window of size k in n.
func slide(n, k, stride, pad int) int { return (n+2*pad-k)/stride + 1 }

// norm normalises x as a trained batch normalisation does, and scales it to
// about gain.
func (b *builder) norm(x value, name string, epsilon float32, gain float64) value {
	inputs := []string{
		x.name,
		b.tensor(name+".weight", true, gain, gain/10, x.c),
		b.tensor(name+".bias", true, 0, gain/10, x.c),
		b.tensor(name+".running_mean", false, 0, 0.1, x.c),
		b.tensor(name+".running_var", false, x.power, x.power/10, x.c),
	}
	y := x
	y.power = gain * gain
	return b.op("BatchNormalization", y, inputs, onnxfile.Real("epsilon", epsilon))
}

// maxPool takes the largest of each size by size window. up: a last window
// that is not full counts.
func (b *builder) maxPool(x value, size, stride, pad int, up bool) value {
	y := x
	y.h, y.w = slide(x.h, size, stride, pad), slide(x.w, size, stride, pad)
	ceil := int64(0)
	if up {
		ceil = 1
		y.h, y.w = slide(x.h+stride-1, size, stride, pad), slide(x.w+stride-1, size, stride, pad)
	}
	k, s, p := int64(size), int64(stride), int64(pad)
	return b.op("MaxPool", y, []string{x.name}, onnxfile.Int("ceil_mode", ceil),
		onnxfile.Ints("kernel_shape", k, k), onnxfile.Ints("pads", p, p, p, p), onnxfile.Ints("strides", s, s))
}

// averagePool halves the width and height.
func (b *builder) averagePool(x value) value {
	y := x
	y.h, y.w = x.h/2, x.w/2
	return b.op("AveragePool", y, []string{x.name}, onnxfile.Ints("kernel_shape", 2, 2), onnxfile.Ints("strides", 2, 2))
}

// globalPool averages each plane to one number.
func (b *builder) globalPool(x value) value {
	y := x
	y.h, y.w = 1, 1
	return b.op("GlobalAveragePool", y, []string{x.name})
}

// flatten makes x one row of numbers an image.
func (b *builder) flatten(x value) value {
	y := x
	y.c, y.h, y.w = x.c*x.h*x.w, 1, 1
	return b.op("Flatten", y, []string{x.name}, onnxfile.Int("axis", 1))
}

// linear multiplies a row of numbers by a matrix.
func (b *builder) linear(x value, name string, out int) value {
	inputs := []string{
		x.name,
		b.tensor(name+".weight", true, 0, uniform(x.c, x.power), out, x.c),
		b.tensor(name+".bias", true, 0, 0.1, out),
	}
	b.macs += int64(out) * int64(x.c)
	return b.op("Gemm", value{c: out, h: 1, w: 1, power: 1}, inputs, onnxfile.Int("transB", 1))
}

// head is how most networks end: average, flatten, one matrix.
func (b *builder) head(x value, name string) value {
	return b.linear(b.flatten(b.globalPool(x)), name, classes)
}

// add adds two values of one shape.
func (b *builder) add(x, y value) value {
	sum := x
	sum.power += y.power
	return b.op("Add", sum, []string{x.name, y.name})
}

// concat puts the planes of values of one size behind each other.
func (b *builder) concat(values ...value) value {
	y := values[0]
	y.c, y.power = 0, 0
	var inputs []string
	for _, v := range values {
		y.c += v.c
		y.power += float64(v.power * float64(v.c)) // the conversion: see draw
		inputs = append(inputs, v.name)
	}
	y.power /= float64(y.c)
	return b.op("Concat", y, inputs, onnxfile.Int("axis", 1))
}
