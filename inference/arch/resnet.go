package arch

import "strconv"

const epsilon = 1e-5 // of batch normalisation, where a network does not say otherwise

// branch is how large the residual branch of a block is beside what it is added
// to: small, as trained ones are, so that fifty blocks add up to little.
const branch = 0.3

// A block builds one residual block of width planes (times its expansion).
type block func(b *builder, x value, name string, width, stride, groups, perGroup int) value

// resnet is the family of torchvision/models/resnet.py: ResNet, ResNeXt
// (groups > 1) and wide ResNet (perGroup 128). In a bottleneck the 3 by 3
// convolution has the stride ("v1.5").
func resnet(block block, depths [4]int, groups, perGroup int) func(*builder, value) value {
	return func(b *builder, x value) value {
		x = b.relu(b.norm(b.conv(x, "conv1", 64, square(7, 2)), "bn1", epsilon, 1))
		x = b.maxPool(x, 3, 2, 1, false)
		for stage, depth := range depths {
			for i := range depth {
				stride := 1
				if i == 0 && stage > 0 {
					stride = 2
				}
				name := "layer" + strconv.Itoa(stage+1) + "." + strconv.Itoa(i)
				x = block(b, x, name, 64<<stage, stride, groups, perGroup)
			}
		}
		return b.head(x, "fc")
	}
}

// basic is two 3 by 3 convolutions.
func basic(b *builder, x value, name string, width, stride, _, _ int) value {
	y := b.relu(b.norm(b.conv(x, name+".conv1", width, square(3, stride)), name+".bn1", epsilon, 1))
	y = b.norm(b.conv(y, name+".conv2", width, square(3, 1)), name+".bn2", epsilon, branch)
	return residual(b, x, y, name, stride)
}

// bottleneck is 1 by 1, 3 by 3, and 1 by 1 to four times the width.
func bottleneck(b *builder, x value, name string, width, stride, groups, perGroup int) value {
	inner := width * perGroup / 64 * groups
	k := square(3, stride)
	k.groups = groups
	y := b.relu(b.norm(b.conv(x, name+".conv1", inner, square(1, 1)), name+".bn1", epsilon, 1))
	y = b.relu(b.norm(b.conv(y, name+".conv2", inner, k), name+".bn2", epsilon, 1))
	y = b.norm(b.conv(y, name+".conv3", 4*width, square(1, 1)), name+".bn3", epsilon, branch)
	return residual(b, x, y, name, stride)
}

// residual adds x to y, brought to y's shape where it has another.
func residual(b *builder, x, y value, name string, stride int) value {
	if stride != 1 || x.c != y.c {
		x = b.norm(b.conv(x, name+".downsample.0", y.c, square(1, stride)), name+".downsample.1", epsilon, 1)
		return b.relu(b.add(y, x))
	}
	sum := b.add(y, x)
	out := b.relu(sum)
	out.power = sum.power // most of it is x, which is positive already
	return out
}
