package model_test

import (
	"encoding/csv"
	"encoding/hex"
	"math"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/testbed/testbed/inference/model"
)

// TestCatalogueIsWhole: each entry and variant says all that it must, and what
// it says agrees with itself.
func TestCatalogueIsWhole(t *testing.T) {
	all := model.Catalogue()
	if len(all) < 50 {
		t.Fatalf("%d entries", len(all))
	}
	for i, e := range all {
		t.Run(e.Name, func(t *testing.T) {
			if err := model.CheckName(e.Name); err != nil {
				t.Error(err)
			}
			if e.Parameters <= 0 || e.MACs <= 0 || e.Input <= 0 || e.WeightBytes <= 0 {
				t.Errorf("%+v", e)
			}
			s := e.Sources
			if s.Parameters == "" || s.MACs == "" || s.WeightBytes == "" || (s.FeatureBytes == "") != (e.FeatureBytes == 0) {
				t.Errorf("a number without a source, or a source without a number: %+v", s)
			}
			// Weights are 4 bytes each; running means and variances, which
			// are no parameters, are up to 2 % more, and a source rounds to
			// whole MiB.
			slack := 0.02*float64(e.WeightBytes) + 0.5*(1<<20)
			if d := float64(e.WeightBytes - 4*e.Parameters); math.Abs(d) > slack {
				t.Errorf("%d bytes of weights for %d parameters of 4", e.WeightBytes, e.Parameters)
			}
			if d := e.Default(); d.Recipe.Size != e.Input || len(d.Files) > 0 && d.Files[0].Note != "" {
				t.Errorf("default %s: recipe %v for an input of %d", d.Weights, d.Recipe, e.Input)
			}
			if i > 0 && all[i-1].Family == e.Family && all[i-1].MACs > e.MACs {
				t.Errorf("costs less than %s before it", all[i-1].Name)
			}
			var weights []string
			for _, v := range e.Variants {
				checkVariant(t, e, v)
				weights = append(weights, v.Weights)
			}
			slices.Sort(weights)
			if len(slices.Compact(weights)) != len(e.Variants) {
				t.Errorf("weights of one name: %v", weights)
			}
			if slices.Contains(weights, "IMAGENET1K_V1") && e.Default().Weights != "IMAGENET1K_V1" {
				t.Errorf("the default is %s", e.Default().Weights)
			}
		})
	}
}

func checkVariant(t *testing.T, e model.Entry, v model.Variant) {
	t.Helper()
	if v.Weights == "" || v.Source == "" {
		t.Errorf("%+v", v)
	}
	if v.Top1 < 0 || v.Top1 >= 1 || v.Top5 < 0 || v.Top5 >= 1 || v.Top5 != 0 && v.Top5 < v.Top1 {
		t.Errorf("%s: top-1 %v, top-5 %v", v.Weights, v.Top1, v.Top5)
	}
	if v.Top1 != 0 && v.Top1 < 0.5 { // the least of these networks is above: per cent taken for a share, or an error for an accuracy
		t.Errorf("%s: top-1 %v", v.Weights, v.Top1)
	}
	if err := v.Recipe.Check(); err != nil {
		t.Errorf("%s: %v", v.Weights, err)
	}
	for _, f := range v.Files {
		if raw, err := hex.DecodeString(f.SHA256); err != nil || len(raw) != 32 || f.Bytes <= 0 || f.Opset < 1 || path.Ext(f.Path) != ".onnx" {
			t.Errorf("%+v", f)
		}
		if f.Opset < 7 && f.Note == "" {
			t.Errorf("%s: nothing is said of operator set %d", f.Path, f.Opset)
		}
		// A quantised file is about a quarter of the float32 one.
		weights := e.WeightBytes
		if strings.Contains(e.Name, "googlenet") {
			weights = 4 * 6_998_552 // without the classifiers of training
		}
		share := float64(f.Bytes) / float64(weights)
		if f.Kind == "float32" && (share < 0.93 || share > 1.1) || f.Kind != "float32" && (share < 0.2 || share > 0.4) {
			t.Errorf("%s, %s: %d bytes, %.2f of the weights' %d", f.Path, f.Kind, f.Bytes, share, weights)
		}
	}
}

// TestCatalogueNames: the names that are asked for are there, by whatever
// spelling, and no two entries share one.
func TestCatalogueNames(t *testing.T) {
	for _, name := range strings.Fields(`alexnet caffenet squeezenet1.0 squeezenet1-1 vgg-f vgg-m vgg-s vgg-m-2048 vgg-m-1024 vgg-m-128
		vgg-vd-16 vgg-vd-16-atrous vgg-vd-19 googlenet resnet18 resnet34 resnet-50 ResNet101 resnet_152
		resnext-50-32x4d resnext-101-32x4d resnext-101-64x4d inception-v3 SE-ResNet-50 SE-ResNet-101 SE-ResNet-152
		SE-ResNeXt-50 SE-ResNeXt-50-32x4d SE-ResNeXt-101 SENet SE-BN-Inception densenet121 densenet161 densenet169 densenet201 mcn-mobilenet
		efficientnet_b0 efficientnet_b1 efficientnet_b2 efficientnet_b3 efficientnet_b4 efficientnet_b5 efficientnet_b6 efficientnet_b7
		efficientnet_v2_s efficientnet_v2_m efficientnet_v2_l mobilenet_v2 mobilenet_v3_small mobilenet_v3_large`) {
		if _, ok := model.Known(name); !ok {
			t.Errorf("%s is not known", name)
		}
	}
	if e, ok := model.Known("resnet20"); ok {
		t.Errorf("resnet20 is taken for %s", e.Name)
	}
	for _, e := range model.Catalogue() {
		for _, name := range append([]string{e.Name}, e.Aliases...) {
			if k, ok := model.Known(name); !ok || k.Name != e.Name {
				t.Errorf("%s is taken for %s", name, k.Name)
			}
		}
	}
}

// TestCatalogueNumbers: a number of each source, read off it by hand.
func TestCatalogueNumbers(t *testing.T) {
	type numbers struct {
		parameters, macs, weights, features int64
		top1, top5                          float64
		recipe                              string
	}
	const mib = 1 << 20
	tests := map[string]numbers{
		// 44.661 MiB, 23 MiB.
		"resnet18": {11_689_512, 1_814_000_000, 46_830_453, 23 * mib, 0.69758, 0.89078, "imagenet"},
		// 230.434 MiB is 241 627 562 bytes.
		"resnet152":         {60_192_808, 11_514_000_000, 241_627_562, 219 * mib, 0.78312, 0.94046, "imagenet"},
		"vgg-m-128":         {82_683_624, 2_000_000_000, 315 * mib, 12 * mib, 0.592, 0.816, "resize=256,crop=224,interpolation=bicubic,mean=123.68/116.779/103.939,scale=1"},
		"se-resnet-101":     {49_326_872, 8_000_000_000, 189 * mib, 155 * mib, 0.7825, 0.9428, "resize=256,crop=224,mean=123/117/104,scale=1"},
		"mcn-mobilenet":     {4_231_976, 579_000_000, 16 * mib, 38 * mib, 0.706, 0, "resize=256,crop=224,mean=123.68/116.78/103.94,std=58.8235,scale=1"},
		"efficientnet_v2_l": {118_515_272, 56_080_000_000, 476_654_338, 0, 0.85808, 0.97788, "resize=480,crop=480,interpolation=bicubic,mean=0.5,std=0.5"},
		"inception_v3":      {23_834_568, 5_713_000_000, 91 * mib, 89 * mib, 0.77294, 0.9345, "imagenet-299"},
	}
	for name, want := range tests {
		e, ok := model.Known(name)
		if !ok {
			t.Errorf("%s is not known", name)
			continue
		}
		v := e.Default()
		got := numbers{e.Parameters, e.MACs, e.WeightBytes, e.FeatureBytes, v.Top1, v.Top5, want.recipe}
		if got != want {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
		if r, err := model.ParseRecipe(want.recipe); err != nil || r != v.Recipe {
			t.Errorf("%s: recipe %v, want %v (%v)", name, v.Recipe, r, err)
		}
	}
	e, _ := model.Known("resnet50")
	v, err := e.Variant("imagenet1k_v2")
	if err != nil || v.Top1 != 0.80858 || v.Recipe.Resize != 232 {
		t.Errorf("%+v, %v", v, err)
	}
	if _, err := e.Variant("V3"); err == nil || !strings.Contains(err.Error(), "want one of IMAGENET1K_V1, IMAGENET1K_V2, MXNET_V1") {
		t.Errorf("unknown weights: %v", err)
	}
	if m := e.Model(v); m.Accuracy != 0.80858 || m.Images != 0 || m.Dataset != "imagenet" || !strings.HasPrefix(m.Source, "IMAGENET1K_V2: ") || m.Parameters != 25_557_032 || m.File != "" {
		t.Errorf("Model = %+v", m)
	}
}

func TestEntries(t *testing.T) {
	var names []string
	for _, e := range model.Entries("resnet") {
		names = append(names, e.Name)
	}
	if want := []string{"resnet18", "resnet34", "resnet50", "resnet101", "resnet152"}; !slices.Equal(names, want) {
		t.Errorf("Entries(resnet) = %v, want %v", names, want)
	}
	if all := model.Entries(""); len(all) != len(model.Catalogue()) {
		t.Errorf("%d entries of every family", len(all))
	}
	if none := model.Entries("transformer"); none != nil {
		t.Errorf("%v", none)
	}
	sum := 0
	for _, f := range model.Families() {
		sum += len(model.Entries(f))
	}
	if sum != len(model.Catalogue()) {
		t.Errorf("the families have %d entries", sum)
	}
	model.Catalogue()[0].Name = "mine"
	if model.Catalogue()[0].Name == "mine" {
		t.Error("Catalogue gives away its own slice")
	}
}

// TestDownloads: what can be had is not passed off as torchvision's, and what
// needs another order of colours is not had by default.
func TestDownloads(t *testing.T) {
	for name, want := range map[string][2]string{
		"resnet18":          {"MXNET_V1", "resnet18-v1-7.onnx"},
		"resnet50":          {"MXNET_V1", "resnet50-v1-7.onnx"},
		"resnet152":         {"MXNET_V1", "resnet152-v1-7.onnx"},
		"mobilenet_v2":      {"MXNET", "mobilenetv2-7.onnx"},
		"shufflenet_v2_x10": {"IMAGENET1K_V1", "shufflenet-v2-10.onnx"},
	} {
		e, _ := model.Known(name)
		v, f, err := e.Download()
		if strings.HasPrefix(v.Weights, "MXNET") && !strings.Contains(v.Source, "not torchvision's") {
			t.Errorf("%s, %s: %q does not say whose weights these are", name, v.Weights, v.Source)
		}
		if err != nil || v.Weights != want[0] || path.Base(f.Path) != want[1] {
			t.Errorf("%s: %s of %s, %v; want %v", name, f.Path, v.Weights, err, want)
		}
	}
	e, _ := model.Known("alexnet")
	if _, _, err := e.Download(); err == nil || !strings.Contains(err.Error(), "blue, green, red") {
		t.Errorf("alexnet: %v", err)
	}
	e, _ = model.Known("efficientnet_b0")
	if _, _, err := e.Download(); err == nil || !strings.Contains(err.Error(), "efficientnet_b0: no file") {
		t.Errorf("efficientnet_b0: %v", err)
	}
	v, _ := e.Variant("")
	if _, err := v.Download(); err == nil {
		t.Error("a variant without files has one")
	}
}

// TestZooIndex: paths, lengths and hashes are those of the index of the zoo's
// repository.
func TestZooIndex(t *testing.T) {
	f, err := os.Open(filepath.Join("..", "..", "..", "shared", "data", "onnx-model-zoo.tsv"))
	if os.IsNotExist(err) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.Comma = '\t'
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	index := make(map[string][]string)
	for _, row := range rows[1:] {
		index[row[0]] = row[1:]
	}
	n := 0
	for _, e := range model.Catalogue() {
		for _, v := range e.Variants {
			for _, f := range v.Files {
				if want := index[f.Path]; !slices.Equal(want, []string{strconv.FormatInt(f.Bytes, 10), f.SHA256}) {
					t.Errorf("%s: %d %s, want %v", f.Path, f.Bytes, f.SHA256, want)
				}
				delete(index, f.Path)
				n++
			}
		}
	}
	if n < 80 {
		t.Errorf("%d files", n)
	}
	for path := range index { // each is in the catalogue once, or left out for a reason
		if !slices.ContainsFunc([]string{"/efficientnet-lite4/", "/inception_v2/", "/mnist/", "/rcnn_ilsvrc13/", "/preproc/", "/shufflenet/model/shufflenet-", "/zfnet-512/"},
			func(part string) bool { return strings.Contains(path, part) }) {
			t.Errorf("%s is not in the catalogue", path)
		}
	}
}
