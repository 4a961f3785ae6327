package scenarios_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/testbed/testbed/inference/model"
	"github.com/testbed/testbed/scenarios"
)

// inDevices is a scenario of real machines: one of ours, and a server of
// somebody else.
const inDevices = `world: devices
nodes:
  - {name: nuc, address: "https://192.168.1.7:8801", token_env: NUC_TOKEN, ca: lab.pem, threads: 4, provider: openvino, cache: yes}
  - {name: triton, address: "http://gpu:8000", protocol: oip}
repository: {listen: ":8802", address: "192.168.1.2:8802"}
models: {family: resnet, weights: seeded}
dataset: {name: folder, path: val, classes: classes.csv, images: 500}
background: {nuc: {cpu: 50%}}
`

func TestDevices(t *testing.T) {
	p, err := scenarios.Read(files(inDevices), "s/x.yaml", nil)
	if err != nil {
		t.Fatal(err)
	}
	want := []scenarios.Node{
		{Name: "nuc", Address: "https://192.168.1.7:8801", TokenEnv: "NUC_TOKEN", CA: "lab.pem", Threads: 4, Provider: "openvino", Cache: true},
		{Name: "triton", Address: "http://gpu:8000", Protocol: "oip"},
	}
	if diff := cmp.Diff(want, p.Scenario.Nodes); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(scenarios.Repository{Listen: ":8802", Address: "192.168.1.2:8802"}, p.Scenario.Repository); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(scenarios.Dataset{Name: "folder", Path: "val", Classes: "classes.csv", Images: 500}, p.Scenario.Dataset); diff != "" {
		t.Error(diff)
	}
	var names []string
	for _, m := range p.Scenario.Models {
		names = append(names, m.Name+" "+string(m.Weights))
	}
	if diff := cmp.Diff([]string{"resnet18 seeded", "resnet34 seeded", "resnet50 seeded", "resnet101 seeded", "resnet152 seeded"}, names); diff != "" {
		t.Error(diff)
	}
}

// TestMistakesOfDevices: what cannot be on real machines is refused, and what
// only they have is nowhere else.
func TestMistakesOfDevices(t *testing.T) {
	for _, tt := range []struct{ yaml, want string }{
		{"world: devices\n", `s/x.yaml:1:1: nodes: want nodes with their addresses, such as [{name: edge, address: http://192.168.1.7:8801}]: the world is devices`},
		{"world: devices\nnodes: [{name: a}]\n", `s/x.yaml:2:9: nodes[0]: missing key "address": want where the node is, such as http://192.168.1.7:8801`},
		{"world: devices\nnodes: [{name: a, address: a:80}]\n", `s/x.yaml:2:28: nodes[0].address: "a:80": want an address with its port, such as http://192.168.1.7:8801`},
		{"world: devices\nnodes: [{name: a, address: \"http://a\"}]\n", `s/x.yaml:2:28: nodes[0].address: "http://a": want an address with its port, such as http://192.168.1.7:8801`},
		{"world: devices\nnodes: [{name: a, address: \"http://u:p@a:1\"}]\n", `s/x.yaml:2:28: nodes[0].address: "http://u:p@a:1": want an address with its port, such as http://192.168.1.7:8801`},
		{"world: devices\nnodes: [{name: a, address: \"http://a:1\", token_env: s3cret!}]\n", `s/x.yaml:2:53: nodes[0].token_env: "s3cret!": want the name of an environment variable, such as EDGE_TOKEN; a scenario is kept with its results, so it holds no secret`},
		{"world: devices\nnodes: [{name: a, address: \"http://a:1\", cpus: 2}]\n", `s/x.yaml:2:48: nodes[0].cpus: is not for world devices: the node is where it is, and runs on the CPUs that it was started on`},
		{"world: devices\nnodes: [{name: a, address: \"http://a:1\", protocol: oip, threads: 2}]\n", `s/x.yaml:2:66: nodes[0].threads: cannot be set on a node of protocol oip: it is measured as it stands`},
		{"world: devices\nnodes: [{name: a, address: \"http://a:1\"}]\nlinks: {a: {down: {rate: 5Mbps}}}\n", `s/x.yaml:3:8: links: want none in world devices: links between real machines are as they are, and are measured`},
		{"world: devices\nnodes: [{name: a, address: \"http://a:1\", protocol: oip}]\nbackground: {a: {cpu: 5%}}\n", `s/x.yaml:3:13: background.a: want no load on a node of protocol oip: nobody there makes it`},
		{"world: devices\nnodes: [{name: a, address: \"http://a:1\", protocol: oip}]\nresidency: cold\n", `s/x.yaml:3:12: residency: "cold": want warm: node "a" of protocol oip keeps its models as it likes`},
		{"world: devices\nnodes: [{name: a, address: \"http://a:1\"}]\nrepository: {listen: x}\n", `s/x.yaml:3:22: repository.listen: "x": want a port to listen on, such as :8802`},
		{"world: devices\nnodes: [{name: a, address: \"http://a:1\"}]\nrepository: {address: \":80\"}\n", `s/x.yaml:3:23: repository.address: ":80": want host:port, such as 192.168.1.2:8802`},
		{"world: devices\nnodes: [{name: a, address: \"http://a:1\"}]\nrepository: {beside: a}\n", `s/x.yaml:3:22: repository.beside: is not for world devices: models are served by this process`},
		{"repository: {listen: \":80\"}\n", `s/x.yaml:1:22: repository.listen: is for world devices: this scenario's is netns`},
		{"models: {family: resnett}\n", `s/x.yaml:1:18: models.family: "resnett": want signs-resnet, or a family of published models, one of `},
	} {
		_, err := scenarios.Read(files(tt.yaml), "s/x.yaml", nil)
		if err == nil || len(err.Error()) < len(tt.want) || err.Error()[:len(tt.want)] != tt.want {
			t.Errorf("%q:\n got %v\nwant %s", tt.yaml, err, tt.want)
		}
	}
}

// TestStored: a model that only the machine's store knows can be named if the
// caller says that it is there.
func TestStored(t *testing.T) {
	const yaml = "models: [mine-2, signs-resnet8]\n"
	if _, err := scenarios.Read(files(yaml), "s/x.yaml", nil); err == nil {
		t.Error("a model that nobody knows is taken")
	}
	p, err := scenarios.Read(files(yaml), "s/x.yaml", nil, "mine-2")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]scenarios.Model{{Name: "mine-2"}, {Name: "signs-resnet8"}}, p.Scenario.Models); diff != "" {
		t.Error(diff)
	}
}

// TestModelError: what only the machine knows of a model is a mistake at its
// place in the file.
func TestModelError(t *testing.T) {
	p, err := scenarios.Read(files("seed: 1\nmodels:\n  - signs-resnet8\n  - {name: resnet18, weights: auto}\n"), "s/x.yaml", nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"s/x.yaml:3:5: models[0]: gone", "s/x.yaml:4:5: models[1]: gone"} {
		if got := p.ModelError(i, errGone).Error(); got != want {
			t.Errorf("model %d: %s: want %s", i, got, want)
		}
	}
	read := scenarios.Plan{File: "run/scenario.yaml", Scenario: p.Scenario}
	if got, want := read.ModelError(1, errGone).Error(), "run/scenario.yaml: models[1]: gone"; got != want {
		t.Errorf("of a plan read back: %s: want %s", got, want)
	}
}

type gone struct{}

func (gone) Error() string { return "gone" }

var errGone = gone{}

// TestRecipe: all that a recipe says is read.
func TestRecipe(t *testing.T) {
	p, err := scenarios.Read(files("models: [signs-resnet8, {name: m, file: m.onnx, accuracy: 50%, recipe: {resize: 256, size: 224, interpolation: bicubic, scale: 1, mean: [1, 2, 3], std: [4, 5, 6]}}]\n"), "s/x.yaml", nil)
	if err != nil {
		t.Fatal(err)
	}
	want := model.Recipe{Resize: 256, Size: 224, Interpolation: model.Bicubic, Scale: 1, Mean: [3]float32{1, 2, 3}, Std: [3]float32{4, 5, 6}}
	if diff := cmp.Diff(want, p.Scenario.Models[1].Recipe); diff != "" {
		t.Error(diff)
	}
	p, err = scenarios.Read(files("models: [signs-resnet8, {name: m, file: m.onnx, accuracy: 50%, recipe: imagenet-v2}]\n"), "s/x.yaml", nil)
	if err != nil {
		t.Fatal(err)
	}
	if r := p.Scenario.Models[1].Recipe; r.Resize != 232 || r.Size != 224 || r.Mean[0] != 0.485 {
		t.Errorf("imagenet-v2 is %+v", r)
	}
}

// TestAliases: a published model goes by the names that others give it, unless
// the store has one of exactly that name.
func TestAliases(t *testing.T) {
	const yaml = "models: [vgg-vd-16, ResNet-50]\n"
	for _, tt := range []struct {
		stored []string
		want   []scenarios.Model
	}{
		{nil, []scenarios.Model{{Name: "vgg16"}, {Name: "resnet50"}}},
		{[]string{"ResNet-50"}, []scenarios.Model{{Name: "vgg16"}, {Name: "ResNet-50"}}},
	} {
		p, err := scenarios.Read(files(yaml), "s/x.yaml", nil, tt.stored...)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tt.want, p.Scenario.Models); diff != "" {
			t.Errorf("stored %v: %s", tt.stored, diff)
		}
	}
}
