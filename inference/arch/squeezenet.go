package arch

import "strconv"

// A fire is a module of SqueezeNet at an index of torchvision's features: one
// convolution to squeeze planes, then two side by side to expand each.
type fire struct{ index, squeeze, expand int }

// squeezeNet1_0 is torchvision/models/squeezenet.py, version 1_0 (Iandola et
// al. 2016, table 1).
func squeezeNet1_0(b *builder, x value) value {
	x = b.relu(b.conv(x, "features.0", 96, kernel{size: 7, stride: 2, bias: true}))
	x = b.maxPool(x, 3, 2, 0, true)
	x = b.fires(x, fire{3, 16, 64}, fire{4, 16, 64}, fire{5, 32, 128})
	x = b.maxPool(x, 3, 2, 0, true)
	x = b.fires(x, fire{7, 32, 128}, fire{8, 48, 192}, fire{9, 48, 192}, fire{10, 64, 256})
	x = b.maxPool(x, 3, 2, 0, true)
	x = b.fires(x, fire{12, 64, 256})
	return b.squeezeHead(x)
}

// squeezeNet1_1 is version 1_1 of the same file: smaller and pooled earlier.
func squeezeNet1_1(b *builder, x value) value {
	x = b.relu(b.conv(x, "features.0", 64, kernel{size: 3, stride: 2, bias: true}))
	x = b.maxPool(x, 3, 2, 0, true)
	x = b.fires(x, fire{3, 16, 64}, fire{4, 16, 64})
	x = b.maxPool(x, 3, 2, 0, true)
	x = b.fires(x, fire{6, 32, 128}, fire{7, 32, 128})
	x = b.maxPool(x, 3, 2, 0, true)
	x = b.fires(x, fire{9, 48, 192}, fire{10, 48, 192}, fire{11, 64, 256}, fire{12, 64, 256})
	return b.squeezeHead(x)
}

func (b *builder) fires(x value, fires ...fire) value {
	one, three := kernel{size: 1, stride: 1, bias: true}, kernel{size: 3, stride: 1, pad: 1, bias: true}
	for _, f := range fires {
		name := "features." + strconv.Itoa(f.index)
		s := b.relu(b.conv(x, name+".squeeze", f.squeeze, one))
		x = b.concat(
			b.relu(b.conv(s, name+".expand1x1", f.expand, one)),
			b.relu(b.conv(s, name+".expand3x3", f.expand, three)))
	}
	return x
}

// squeezeHead has a convolution in place of a matrix.
func (b *builder) squeezeHead(x value) value {
	x = b.relu(b.conv(x, "classifier.1", classes, kernel{size: 1, stride: 1, bias: true}))
	return b.flatten(b.globalPool(x))
}
