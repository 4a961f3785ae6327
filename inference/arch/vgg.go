package arch

import "strconv"

// vgg is torchvision/models/vgg.py without batch normalisation (Simonyan and
// Zisserman 2015, table 1): depths convolutions between each two poolings.
func vgg(depths [5]int) func(*builder, value) value {
	return func(b *builder, x value) value {
		index := 0
		for i, depth := range depths {
			for range depth {
				k := square(3, 1)
				k.bias = true
				x = b.relu(b.conv(x, "features."+strconv.Itoa(index), min(64<<i, 512), k))
				index += 2 // the ReLU has an index too
			}
			x = b.maxPool(x, 2, 2, 0, false)
			index++
		}
		x = b.flatten(x)
		x = b.relu(b.linear(x, "classifier.0", 4096))
		x = b.relu(b.linear(x, "classifier.3", 4096))
		return b.linear(x, "classifier.6", classes)
	}
}

// alexNet is torchvision/models/alexnet.py: not the network of 2012, but its
// author's later one for a single GPU (Krizhevsky 2014).
func alexNet(b *builder, x value) value {
	x = b.relu(b.conv(x, "features.0", 64, kernel{size: 11, stride: 4, pad: 2, bias: true}))
	x = b.maxPool(x, 3, 2, 0, false)
	x = b.relu(b.conv(x, "features.3", 192, kernel{size: 5, stride: 1, pad: 2, bias: true}))
	x = b.maxPool(x, 3, 2, 0, false)
	for _, c := range []struct{ index, out int }{{6, 384}, {8, 256}, {10, 256}} {
		x = b.relu(b.conv(x, "features."+strconv.Itoa(c.index), c.out, kernel{size: 3, stride: 1, pad: 1, bias: true}))
	}
	x = b.flatten(b.maxPool(x, 3, 2, 0, false))
	x = b.relu(b.linear(x, "classifier.1", 4096))
	x = b.relu(b.linear(x, "classifier.4", 4096))
	return b.linear(x, "classifier.6", classes)
}
