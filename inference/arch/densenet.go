package arch

import "fmt"

// denseNet is torchvision/models/densenet.py (Huang et al. 2017, table 1): in a
// block each layer sees the planes of all before it, and adds growth of its
// own.
func denseNet(growth, first int, depths [4]int) func(*builder, value) value {
	return func(b *builder, x value) value {
		x = b.relu(b.norm(b.conv(x, "features.conv0", first, square(7, 2)), "features.norm0", epsilon, 1))
		x = b.maxPool(x, 3, 2, 1, false)
		for i, depth := range depths {
			for layer := range depth {
				name := fmt.Sprintf("features.denseblock%d.denselayer%d", i+1, layer+1)
				x = b.concat(x, b.dense(x, name, growth))
			}
			if i == len(depths)-1 {
				break
			}
			name := fmt.Sprintf("features.transition%d", i+1)
			x = b.relu(b.norm(x, name+".norm", epsilon, 1))
			x = b.averagePool(b.conv(x, name+".conv", x.c/2, square(1, 1)))
		}
		return b.head(b.relu(b.norm(x, "features.norm5", epsilon, 1)), "classifier")
	}
}

// dense is a layer of a DenseNet: what it adds to x.
func (b *builder) dense(x value, name string, growth int) value {
	y := b.relu(b.norm(x, name+".norm1", epsilon, 1))
	y = b.relu(b.norm(b.conv(y, name+".conv1", 4*growth, square(1, 1)), name+".norm2", epsilon, 1))
	return b.conv(y, name+".conv2", growth, square(3, 1))
}
