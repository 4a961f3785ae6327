package arch

import (
	"fmt"
	"io"

	"github.com/testbed/testbed/inference/onnxfile"
)

// A network is an architecture by its torchvision name. Torchvision's source
// (torchvision/models) is where each is taken from, the names of its weights
// included; what its documentation publishes, the tests hold it to.
type network struct {
	name  string
	input int // pixels, width and height, that the published figures are for
	build func(b *builder, image value) (logits value)
}

const classes = 1000

var networks = []network{
	{"resnet18", 224, resnet(basic, [4]int{2, 2, 2, 2}, 1, 64)},
	{"resnet34", 224, resnet(basic, [4]int{3, 4, 6, 3}, 1, 64)},
	{"resnet50", 224, resnet(bottleneck, [4]int{3, 4, 6, 3}, 1, 64)},
	{"resnet101", 224, resnet(bottleneck, [4]int{3, 4, 23, 3}, 1, 64)},
	{"resnet152", 224, resnet(bottleneck, [4]int{3, 8, 36, 3}, 1, 64)},
	{"resnext50_32x4d", 224, resnet(bottleneck, [4]int{3, 4, 6, 3}, 32, 4)},
	{"resnext101_32x8d", 224, resnet(bottleneck, [4]int{3, 4, 23, 3}, 32, 8)},
	{"resnext101_64x4d", 224, resnet(bottleneck, [4]int{3, 4, 23, 3}, 64, 4)},
	{"wide_resnet50_2", 224, resnet(bottleneck, [4]int{3, 4, 6, 3}, 1, 128)},
	{"wide_resnet101_2", 224, resnet(bottleneck, [4]int{3, 4, 23, 3}, 1, 128)},
	{"efficientnet_b0", 224, efficientNetB(1.0, 1.0, 1e-5)},
	{"efficientnet_b1", 240, efficientNetB(1.0, 1.1, 1e-5)},
	{"efficientnet_b2", 288, efficientNetB(1.1, 1.2, 1e-5)},
	{"efficientnet_b3", 300, efficientNetB(1.2, 1.4, 1e-5)},
	{"efficientnet_b4", 380, efficientNetB(1.4, 1.8, 1e-5)},
	{"efficientnet_b5", 456, efficientNetB(1.6, 2.2, 1e-3)},
	{"efficientnet_b6", 528, efficientNetB(1.8, 2.6, 1e-3)},
	{"efficientnet_b7", 600, efficientNetB(2.0, 3.1, 1e-3)},
	{"efficientnet_v2_s", 384, efficientNet(efficientNetV2S, 1280, 1e-3)},
	{"efficientnet_v2_m", 480, efficientNet(efficientNetV2M, 1280, 1e-3)},
	{"efficientnet_v2_l", 480, efficientNet(efficientNetV2L, 1280, 1e-3)},
	{"mobilenet_v2", 224, mobileNetV2},
	{"mobilenet_v3_small", 224, mobileNetV3(mobileNetV3Small, 1024)},
	{"mobilenet_v3_large", 224, mobileNetV3(mobileNetV3Large, 1280)},
	{"squeezenet1_0", 224, squeezeNet1_0},
	{"squeezenet1_1", 224, squeezeNet1_1},
	{"densenet121", 224, denseNet(32, 64, [4]int{6, 12, 24, 16})},
	{"densenet161", 224, denseNet(48, 96, [4]int{6, 12, 36, 24})},
	{"densenet169", 224, denseNet(32, 64, [4]int{6, 12, 32, 32})},
	{"densenet201", 224, denseNet(32, 64, [4]int{6, 12, 48, 32})},
	{"alexnet", 224, alexNet},
	{"vgg11", 224, vgg([5]int{1, 1, 2, 2, 2})},
	{"vgg13", 224, vgg([5]int{2, 2, 2, 2, 2})},
	{"vgg16", 224, vgg([5]int{2, 2, 3, 3, 3})},
	{"vgg19", 224, vgg([5]int{2, 2, 4, 4, 4})},
}

// graph builds the network with weights by seed.
func (n network) graph(seed uint64) *builder {
	b := newBuilder(n.name, seed)
	logits := n.build(b, value{name: "input", c: 3, h: n.input, w: n.input, power: 1})
	b.model.IR, b.model.Opset = 7, 13
	b.model.Producer = "testbed"
	b.model.Name = n.name
	side := int64(n.input)
	b.model.Inputs = []onnxfile.Value{{Name: "input", Elem: onnxfile.Float, Shape: []int64{-1, 3, side, side}}}
	b.model.Outputs = []onnxfile.Value{{Name: "logits", Elem: onnxfile.Float, Shape: []int64{-1, classes}}}
	b.model.Metadata = map[string]string{
		"architecture": n.name,
		"weights":      "seeded",
		"seed":         fmt.Sprintf("%#016x", seed),
	}
	b.rename(logits.name, "logits")
	return b
}

func (n network) size() Size {
	b := n.graph(0)
	return Size{
		Parameters: b.parameters, MACs: b.macs, Bytes: b.model.Size(),
		Input: n.input, Classes: classes,
	}
}

func (n network) write(w io.Writer, seed uint64) error {
	if err := n.graph(seed).model.Write(w); err != nil {
		return fmt.Errorf("write %s: %w", n.name, err)
	}
	return nil
}
