package arch

import "github.com/testbed/testbed/inference/onnxfile"

// An activation is one of the functions below.
type activation func(b *builder, x value) value

// Of numbers drawn from a standard normal distribution, the mean square after
// each function; the integral, by quadrature. For other powers it is taken to
// be in proportion, which is exact for ReLU.
const (
	powerReLU      = 0.5
	powerSiLU      = 0.3557
	powerHardSwish = 0.3452
	powerGate      = 0.25 // of a sigmoid of about 0
)

func (b *builder) relu(x value) value {
	y := x
	y.power *= powerReLU
	return b.op("Relu", y, []string{x.name})
}

// relu6 is ReLU with an upper bound.
func (b *builder) relu6(x value) value {
	if b.clip6[0] == "" {
		b.clip6 = [2]string{b.tensor("relu6.min", false, 0, 0), b.tensor("relu6.max", false, 6, 0)}
	}
	y := x
	y.power *= powerReLU
	return b.op("Clip", y, []string{x.name, b.clip6[0], b.clip6[1]})
}

// silu is x times sigmoid(x). Operator set 13 has no operator for it, and
// exporters write these two.
func (b *builder) silu(x value) value {
	y := x
	y.power *= powerSiLU
	gate := b.op("Sigmoid", x, []string{x.name})
	return b.op("Mul", y, []string{x.name, gate.name})
}

// hardSwish is x times hardSigmoid(x); as silu, operator set 13 has two steps.
func (b *builder) hardSwish(x value) value {
	y := x
	y.power *= powerHardSwish
	gate := b.hardSigmoid(x)
	return b.op("Mul", y, []string{x.name, gate.name})
}

// hardSigmoid is clip(x/6 + 1/2) to 0 … 1.
func (b *builder) hardSigmoid(x value) value {
	y := x
	y.power = powerGate
	return b.op("HardSigmoid", y, []string{x.name}, onnxfile.Real("alpha", 1.0/6), onnxfile.Real("beta", 0.5))
}

func (b *builder) sigmoid(x value) value {
	y := x
	y.power = powerGate
	return b.op("Sigmoid", y, []string{x.name})
}

// identity leaves x as it is.
func (b *builder) identity(x value) value { return x }

// squeeze multiplies each plane of x by a gate worked out of the planes' means
// (squeeze and excitation, torchvision/ops/misc.py).
func (b *builder) squeeze(x value, name string, squeezed int, act, gate activation) value {
	one := kernel{size: 1, stride: 1, bias: true}
	s := act(b, b.conv(b.globalPool(x), name+".fc1", squeezed, one))
	s = gate(b, b.conv(s, name+".fc2", x.c, one))
	y := x
	y.power *= s.power
	return b.op("Mul", y, []string{x.name, s.name})
}
