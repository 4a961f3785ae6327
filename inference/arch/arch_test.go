package arch_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/testbed/testbed/inference/arch"
	"github.com/testbed/testbed/inference/onnxfile"
)

// published is what torchvision says of its networks (num_params and _ops, 10⁹
// multiply-accumulates to three places, of the weights' metadata in
// torchvision/models/*.py).
var published = []struct {
	name       string
	input      int
	parameters int64
	gmacs      string
}{
	{"resnet18", 224, 11_689_512, "1.814"},
	{"resnet34", 224, 21_797_672, "3.664"},
	{"resnet50", 224, 25_557_032, "4.089"},
	{"resnet101", 224, 44_549_160, "7.801"},
	{"resnet152", 224, 60_192_808, "11.514"},
	{"resnext50_32x4d", 224, 25_028_904, "4.230"},
	{"resnext101_32x8d", 224, 88_791_336, "16.414"},
	{"resnext101_64x4d", 224, 83_455_272, "15.460"},
	{"wide_resnet50_2", 224, 68_883_240, "11.398"},
	{"wide_resnet101_2", 224, 126_886_696, "22.753"},
	{"efficientnet_b0", 224, 5_288_548, "0.386"},
	{"efficientnet_b1", 240, 7_794_184, "0.687"},
	{"efficientnet_b2", 288, 9_109_994, "1.088"},
	{"efficientnet_b3", 300, 12_233_232, "1.827"},
	{"efficientnet_b4", 380, 19_341_616, "4.394"},
	{"efficientnet_b5", 456, 30_389_784, "10.266"},
	{"efficientnet_b6", 528, 43_040_704, "19.068"},
	{"efficientnet_b7", 600, 66_347_960, "37.746"},
	{"efficientnet_v2_s", 384, 21_458_488, "8.366"},
	{"efficientnet_v2_m", 480, 54_139_356, "24.582"},
	{"efficientnet_v2_l", 480, 118_515_272, "56.080"},
	{"mobilenet_v2", 224, 3_504_872, "0.301"},
	{"mobilenet_v3_small", 224, 2_542_856, "0.057"},
	{"mobilenet_v3_large", 224, 5_483_032, "0.217"},
	{"squeezenet1_0", 224, 1_248_424, "0.819"},
	{"squeezenet1_1", 224, 1_235_496, "0.349"},
	{"densenet121", 224, 7_978_856, "2.834"},
	{"densenet161", 224, 28_681_000, "7.728"},
	{"densenet169", 224, 14_149_480, "3.360"},
	{"densenet201", 224, 20_013_928, "4.291"},
	{"alexnet", 224, 61_100_840, "0.714"},
	{"vgg11", 224, 132_863_336, "7.609"},
	{"vgg13", 224, 133_047_848, "11.308"},
	{"vgg16", 224, 138_357_544, "15.470"},
	{"vgg19", 224, 143_667_240, "19.632"},
}

func TestPublished(t *testing.T) {
	var names []string
	for _, p := range published {
		names = append(names, p.name)
		got, err := arch.Describe(p.name)
		if err != nil {
			t.Error(err)
			continue
		}
		if got.Parameters != p.parameters || fmt.Sprintf("%.3f", float64(got.MACs)/1e9) != p.gmacs || got.Input != p.input || got.Classes != 1000 {
			t.Errorf("%s: %+v; want %d parameters, %s GMACs, %d pixels", p.name, got, p.parameters, p.gmacs, p.input)
		}
		// Float32 weights, what normalisation observed, and some names.
		if got.Bytes < 4*got.Parameters || got.Bytes > 4*got.Parameters*11/10 {
			t.Errorf("%s: %d bytes for %d parameters", p.name, got.Bytes, got.Parameters)
		}
	}
	if diff := cmp.Diff(names, arch.Names()); diff != "" {
		t.Error(diff)
	}
}

// TestExactMACs holds some networks to counts of others' conversions of them,
// to the last digit.
func TestExactMACs(t *testing.T) {
	for name, want := range map[string]int64{
		"mobilenet_v2": 300_774_272, "mobilenet_v3_small": 56_510_400, "squeezenet1_1": 349_151_936,
		// conv1 64·112²·147; in layer1 four convolutions of 64·56²·576; in each
		// later one a half of that, three whole and a shortcut of 1/18; fc.
		"resnet18": 118_013_952 + 4*115_605_504 + 3*(57_802_752+3*115_605_504+6_422_528) + 512_000,
	} {
		if got, err := arch.Describe(name); err != nil || got.MACs != want {
			t.Errorf("%s: %d MACs, %v; want %d", name, got.MACs, err, want)
		}
	}
}

func TestUnknown(t *testing.T) {
	want := `no architecture "resnet20": want one of resnet18, resnet34, `
	if _, err := arch.Describe("resnet20"); err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("Describe: %v", err)
	}
	if err := arch.Write(io.Discard, "resnet20", 1); err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("Write: %v", err)
	}
}

// write is network name as a file.
func write(t testing.TB, name string, seed uint64) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := arch.Write(&b, name, seed); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// small are the networks of a file of at most 35 MB: one or more of each kind
// but ResNet, whose five TestLatencyOrder runs, and VGG.
func small(t testing.TB) (names []string) {
	for _, name := range arch.Names() {
		s, err := arch.Describe(name)
		if err != nil {
			t.Fatal(err)
		}
		if s.Bytes <= 35e6 {
			names = append(names, name)
		}
	}
	return names
}

// TestFile: what is written says of itself what Describe says.
func TestFile(t *testing.T) {
	for _, name := range small(t) {
		file := write(t, name, 7)
		size, err := arch.Describe(name)
		if err != nil {
			t.Fatal(err)
		}
		info, err := onnxfile.Read(bytes.NewReader(file), int64(len(file)))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if int64(len(file)) != size.Bytes || info.Parameters != size.Parameters || info.Opset != 13 {
			t.Errorf("%s: %d bytes, %d parameters, opset %d; want %+v, 13", name, len(file), info.Parameters, info.Opset, size)
		}
		want := onnxfile.Classifier{Input: "input", Output: "logits", Size: size.Input, Batch: true, Classes: 1000, Seeded: true}
		if c, err := info.Classifier(); err != nil || c != want {
			t.Errorf("%s: %+v, %v; want %+v", name, c, err, want)
		}
		meta := map[string]string{"architecture": name, "weights": "seeded", "seed": "0x0000000000000007"}
		if diff := cmp.Diff(meta, info.Metadata); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// TestLayers counts the operators of two networks by the tables of their papers.
func TestLayers(t *testing.T) {
	for name, want := range map[string]map[string]int{
		// 1 + 2·(2+2+2+2) convolutions and three to shorten; a ReLU after the
		// first, and two a block.
		"resnet18": {"Conv": 20, "BatchNormalization": 20, "Relu": 17, "Add": 8, "MaxPool": 1, "GlobalAveragePool": 1, "Flatten": 1, "Gemm": 1},
		// 16 blocks of which 15 expand: 31 depthwise and projecting
		// convolutions, 15 expanding, 32 of gates, the first and the last. SiLU
		// after all but projections, and in each gate: 1+15+16+1+16. Nine
		// blocks have an input like their output.
		"efficientnet_b0": {"Conv": 81, "BatchNormalization": 49, "Sigmoid": 49 + 16, "Mul": 49 + 16, "Add": 9, "GlobalAveragePool": 17, "Flatten": 1, "Gemm": 1},
	} {
		file := write(t, name, 1)
		info, err := onnxfile.Read(bytes.NewReader(file), int64(len(file)))
		if diff := cmp.Diff(want, info.Ops); err != nil || diff != "" {
			t.Errorf("%s: %v %s", name, err, diff)
		}
	}
}

// TestSameBytes: a seed stands for the same weights on every machine and for
// ever. If this fails, measurements of seeded networks are of other networks.
func TestSameBytes(t *testing.T) {
	for _, tt := range []struct {
		name string
		seed uint64
		want string // SHA-256
	}{
		{"squeezenet1_1", 1, "143b190a8cdfcfcbedcdd60c57c48f681aba8ee034e66cff3a51ba978104d69f"},
		{"squeezenet1_1", 1<<64 - 1, "613169dccb925cf3fa10fb13c1f15f14f6c7b55132c4d75361b9991a5fe4e4cf"},
		{"mobilenet_v3_small", 1, "c72e440a2f6568b903406b2ae4b41bd05d568860547cafeaaa7b67432011fbe4"},
	} {
		file := write(t, tt.name, tt.seed)
		if size, err := arch.Describe(tt.name); err != nil || size.Bytes != int64(len(file)) {
			t.Errorf("%s of seed %d: %d bytes; want %d, %v", tt.name, tt.seed, len(file), size.Bytes, err)
		}
		sum := sha256.Sum256(file)
		if got := hex.EncodeToString(sum[:]); got != tt.want {
			t.Errorf("%s of seed %d: %s; want %s", tt.name, tt.seed, got, tt.want)
		}
	}
}

// TestWeightsDiffer: no tensor is another's copy, which compression or a cache
// could tell from trained weights.
func TestWeightsDiffer(t *testing.T) {
	file := write(t, "mobilenet_v3_small", 3)
	seen := map[[256]byte]bool{}
	for len(file) >= 256 {
		var chunk [256]byte
		copy(chunk[:], file)
		if seen[chunk] {
			t.Fatal("256 bytes of the file occur twice")
		}
		seen[chunk] = true
		file = file[256:]
	}
}

// meter counts what is written, and the heap meanwhile.
type meter struct {
	bytes int64
	heap  uint64 // most
}

func (m *meter) Write(p []byte) (int, error) {
	if m.bytes += int64(len(p)); m.bytes%(16<<20) < int64(len(p)) {
		var s runtime.MemStats
		runtime.ReadMemStats(&s)
		m.heap = max(m.heap, s.HeapAlloc)
	}
	return len(p), nil
}

// TestStreams: 240 MB go by without being held.
func TestStreams(t *testing.T) {
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	var m meter
	if err := arch.Write(&m, "resnet152", 1); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	size, err := arch.Describe("resnet152")
	if err != nil || m.bytes != size.Bytes {
		t.Errorf("wrote %d bytes; want %d, %v", m.bytes, size.Bytes, err)
	}
	const limit = 8 << 20
	if all := after.TotalAlloc - before.TotalAlloc; all > limit || m.heap > before.HeapAlloc+limit {
		t.Errorf("allocated %d kB, at most %d kB at once; want at most %d", all>>10, (m.heap-before.HeapAlloc)>>10, limit>>10)
	}
}

// failing takes n bytes.
type failing struct{ n int }

func (f *failing) Write(p []byte) (int, error) {
	if f.n -= len(p); f.n < 0 {
		return 0, io.ErrShortWrite
	}
	return len(p), nil
}

func TestFullDisk(t *testing.T) {
	err := arch.Write(&failing{1 << 20}, "resnet18", 1)
	if err == nil || !strings.Contains(err.Error(), "write resnet18: short write") {
		t.Errorf("error %v", err)
	}
}

func TestNamesAreOurs(t *testing.T) {
	arch.Names()[0] = "mine"
	if slices.Contains(arch.Names(), "mine") {
		t.Error("Names gives away its own slice")
	}
}

func BenchmarkWrite(b *testing.B) {
	size, err := arch.Describe("resnet18")
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(size.Bytes)
	for b.Loop() {
		if err := arch.Write(io.Discard, "resnet18", 1); err != nil {
			b.Fatal(err)
		}
	}
}
