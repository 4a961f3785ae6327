package scenarios_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/testbed/testbed/emulator/unit"
	"github.com/testbed/testbed/inference/profile"
	"github.com/testbed/testbed/scenarios"
)

// simulated uses every key of the world sim.
const simulated = `world: sim
noise: none
nodes:
  - {name: fast, device: vv-rtx3080ti-gpu}
  - {name: slow, device: my/nuc.yaml, speed: 0.125x}
links: {fast: {down: {rate: 5Mbps}}, slow: {down: {rate: 5Mbps}}}
dataset: {name: blank, size: 3kB, labels: 10, images: 50}
models: {family: resnet}
selectors: [greedy, {name: there, policy: greedy, placements: [fast, slow]}]
record: {decisions: 100, telemetry: 1m}
explore: all
vary:
  - {name: device, paths: [placement], values: [fast, slow, [fast, hedged]]}
  - {name: rate, paths: [links.fast.down.rate, links.slow.down.rate], values: {from: 100kbps, to: 1Gbps, steps: 5, scale: log}}
`

// TestSimulated reads what only a simulation uses.
func TestSimulated(t *testing.T) {
	p := read(t, simulated)
	s := p.Scenario
	if s.World != "sim" || s.Noise != "none" || s.Record.Decisions != 100 || s.Record.Telemetry != time.Minute || s.Judge.Every != 1 {
		t.Errorf("world %s, noise %s, decisions of one in %d, judged every %d", s.World, s.Noise, s.Record.Decisions, s.Judge.Every)
	}
	nodes := []scenarios.Node{
		{Name: "fast", CPUs: 1, Threads: 1, Device: "vv-rtx3080ti-gpu"},
		{Name: "slow", CPUs: 1, Threads: 1, Device: "my/nuc.yaml", Speed: 0.125},
	}
	if diff := cmp.Diff(nodes, s.Nodes); diff != "" {
		t.Errorf("nodes (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(scenarios.Dataset{Name: "blank", Size: 3 * unit.KB, Labels: 10, Images: 50}, s.Dataset); diff != "" {
		t.Errorf("dataset (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"fast", "slow", "hedged"}, s.Placements); diff != "" {
		t.Errorf("placements of any condition (-want +got):\n%s", diff)
	}
	if got := [][]string{p.Conditions[0].Placements, p.Conditions[5].Placements, p.Conditions[10].Placements}; !cmp.Equal(got, [][]string{{"fast"}, {"slow"}, {"fast", "hedged"}}) {
		t.Errorf("placements %v", got)
	}
	// From 100 kbit/s to 1 Gbit/s are four factors of ten.
	want := []string{"100kbps", "1Mbps", "10Mbps", "100Mbps", "1Gbps"}
	for i, c := range p.Conditions[:5] {
		if c.ID != "fast/"+want[i] || c.Links["fast"].Down.Rate != c.Links["slow"].Down.Rate {
			t.Errorf("condition %d is %s, rates %v and %v; want %s", i, c.ID, c.Links["fast"].Down.Rate, c.Links["slow"].Down.Rate, want[i])
		}
	}
}

// TestOneWhere: what no axis changes is not a condition's.
func TestOneWhere(t *testing.T) {
	p := read(t, simulated, scenarios.Setting{Path: "vary.device", Value: "slow"}, scenarios.Setting{Path: "judge.every", Value: "7"})
	if !cmp.Equal(p.Scenario.Placements, []string{"slow"}) || p.Conditions[0].Placements != nil || p.Scenario.Judge.Every != 7 {
		t.Errorf("placements %v, of the first condition %v, judged every %d", p.Scenario.Placements, p.Conditions[0].Placements, p.Scenario.Judge.Every)
	}
}

// TestSomeElsewhere: where one condition of three is elsewhere, all say where.
func TestSomeElsewhere(t *testing.T) {
	p := read(t, "nodes: [{name: a}, {name: b}]\nvary: [{name: x, values: [{name: i, set: {residency: warm}}, {name: j, set: {placement: b}}, {name: k, set: {residency: cold}}]}]\n")
	for i, want := range []string{"a", "b", "a"} {
		if got := p.Conditions[i].Placements; !cmp.Equal(got, []string{want}) {
			t.Errorf("condition %d: %v, want %s", i, got, want)
		}
	}
}

// TestSimulatedEstimate: 15 conditions, 3 repetitions, 2 + 30 pairs, 2 arms; and
// 10 options (5 models on two nodes) after each of the 30.
func TestSimulatedEstimate(t *testing.T) {
	e := read(t, simulated).Estimate()
	asked := 15 * 3 * 2 * (2 + 30)
	if e.Requests != asked || e.Up < unit.Bytes(asked)*3*unit.KB || e.Duration > time.Second {
		t.Errorf("%+v", e)
	}
}

// TestRanges: the values between are rounded to three digits, the ends are as
// they were given.
func TestRanges(t *testing.T) {
	for _, tt := range []struct{ path, values, want string }{
		{"background.edge.cpu", "{from: 0%, to: 90%, steps: 10}", "0% 10% 20% 30% 40% 50% 60% 70% 80% 90%"},
		{"background.edge.cpu", "{from: 0%, to: 1%, steps: 4}", "0% 0.333% 0.667% 1%"},
		// 10^(1/3) = 2.1544, squared 4.6416
		{"links.edge.down.rate", "{from: 1Mbps, to: 10Mbps, steps: 4, scale: log}", "1Mbps 2.15Mbps 4.64Mbps 10Mbps"},
		{"links.edge.down.rate", "{from: 100Mbps, to: 10001kbps, steps: 3}", "100Mbps 55Mbps 10.001Mbps"},
		{"load.think", "{from: 1ms, to: 1s, steps: 4, scale: log}", "1ms 10ms 100ms 1s"},
	} {
		p, err := scenarios.Read(files("vary: [{name: a, paths: ["+tt.path+"], values: "+tt.values+"}]"), "s/x.yaml", nil)
		if err != nil {
			t.Error(err)
			continue
		}
		var ids []string
		for _, c := range p.Conditions {
			ids = append(ids, c.ID)
		}
		if got := strings.Join(ids, " "); got != tt.want {
			t.Errorf("%s:\n got %s\nwant %s", tt.values, got, tt.want)
		}
	}
}

// TestAnyWorldSimulated: what a scenario says of another world does not keep it
// from being simulated, and the other way about.
func TestAnyWorldSimulated(t *testing.T) {
	sim := scenarios.Setting{Path: "world", Value: "sim"}
	for _, yaml := range []string{
		good,
		"world: devices\nnodes: [{name: edge, address: http://a:1, token_env: T, device: vv-nuc-gpu}]\nrepository: {listen: :8802}\n",
		"engine: tc\ndevice: packet\nnodes: [{name: edge, cpus: 2, quota: 50%, device: vv-nuc-gpu, speed: 2x}]\nnoise: none\n",
	} {
		if p := read(t, yaml, sim); p.Scenario.World != "sim" || p.Scenario.Nodes[0].Address != "" {
			t.Errorf("world %s, node %+v", p.Scenario.World, p.Scenario.Nodes[0])
		}
	}
	if p := read(t, "nodes: [{name: edge, device: vv-nuc-gpu, speed: 2x}]\n"); p.Scenario.Nodes[0].Device != "vv-nuc-gpu" || p.Scenario.Nodes[0].Speed != 2 {
		t.Errorf("%+v", p.Scenario.Nodes[0])
	}
}

// TestSimulatedMistakes breaks one thing of simulated at a time.
func TestSimulatedMistakes(t *testing.T) {
	for _, tt := range []struct{ old, new, want string }{
		{"noise: none", "noise: off", `2:8: noise: "off": want profile or none`},
		{"0.125x", "0.125", `5:46: nodes[1].speed: "0.125": want a factor such as 30x or 0.5x`},
		{"world: sim\n", "", `6:10: dataset: blank is for world sim: there are no images to send in world netns`},
		{"size: 3kB, ", "", `7:10: dataset: want {name: blank, size: 3kB, labels: 10}: what an image weighs, and how many classes there are`},
		{"size: 3kB", "size: 3", `7:30: dataset.size: "3": want what an image weighs, from 1B to 100MB, such as 3kB`},
		{"name: blank", "name: signs", `7:30: dataset.size: is for dataset.name blank: of signs it is known`},
		{"decisions: 100", "decisions: 0", `10:21: record.decisions: "0": want a whole number from 1 to 1000000`},
		{"explore: all", "explore: some", `11:10: explore: "some": want all`},
		{"[fast, slow, [", "[fast, slw, [", `13:55: placement: "slw": want fast, slow, cascade, hedged or split; did you mean "slow"?`},
		{"to: 1Gbps", "to: 50%", `14:99: vary[1].values.to: "50%": want a rate, as from is`},
		{"to: 1Gbps, ", "", `14:79: vary[1].values: missing key "to"`},
		{"from: 100kbps", "from: fast", `14:86: vary[1].values.from: "fast": want a rate, a share or a time, such as 100kbps, 10% or 5ms`},
		{"from: 100kbps", "from: 0bps", `14:120: vary[1].values.scale: "log": want linear: there is no factor from 0 on`},
		{"steps: 5", "steps: 1", `14:113: vary[1].values.steps: "1": want a whole number from 2 to 1000`},
		{"to: 1Gbps", "to: 200Gbps", `14:79: links.fast.down.rate: "200Gbps": want a rate of at most 100Gbps`},
	} {
		if strings.Count(simulated, tt.old) != 1 {
			t.Errorf("%q is in it %d times", tt.old, strings.Count(simulated, tt.old))
		}
		_, err := scenarios.Read(files(strings.Replace(simulated, tt.old, tt.new, 1)), "s/x.yaml", nil)
		if want := "s/x.yaml:" + tt.want; err == nil || err.Error() != want {
			t.Errorf("%q for %q:\n got %v\nwant %s", tt.new, tt.old, err, want)
		}
	}
}

// TestShippedSimulations: the devices of the scenarios that are simulated are
// published, and know the models; the atlas is as large as its title says.
func TestShippedSimulations(t *testing.T) {
	for name, conditions := range map[string]int{
		"vnv-rtx3080ti-gpu.yaml": 7, "vnv-rtx3080ti-cpu.yaml": 7, "vnv-nuc-gpu.yaml": 7, "million.yaml": 1,
		"atlas.yaml": 5 * 20 * 10,
		"3g.yaml":    2, "4g.yaml": 2, "5g.yaml": 2, "wifi.yaml": 2,
	} {
		p, err := scenarios.Read(scenarios.Shipped(), name, nil)
		if err != nil {
			t.Error(err)
			continue
		}
		if len(p.Conditions) != conditions {
			t.Errorf("%s: %d conditions, want %d", name, len(p.Conditions), conditions)
		}
		for _, n := range p.Scenario.Nodes {
			device, err := profile.Lookup(n.Device)
			if err != nil {
				t.Errorf("%s: node %s: %v", name, n.Name, err)
				continue
			}
			for _, m := range p.Scenario.Models {
				if _, err := device.Model(m.Name); err != nil {
					t.Errorf("%s: node %s: %v", name, n.Name, err)
				}
			}
		}
		if e := p.Estimate(); name == "million.yaml" && e.Requests < 1_000_000 {
			t.Errorf("%s: %d requests", name, e.Requests)
		}
	}
}

// TestAtlas: each condition of the atlas has its device, all whose links and
// load are its own.
func TestAtlas(t *testing.T) {
	p, err := scenarios.Read(scenarios.Shipped(), "atlas.yaml", nil)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, c := range p.Conditions {
		if len(c.Placements) != 1 {
			t.Fatalf("%s: placements %v", c.ID, c.Placements)
		}
		node := c.Placements[0]
		l, load := c.Links[node], c.Background[node]
		share := load.CPU.Share + load.GPU.Share // one of them is 0
		id := fmt.Sprintf("%s/%v/%.0f%%", node, l.Down.Rate, 100*share)
		if id != c.ID || l.Up.Rate != l.Down.Rate || seen[id] {
			t.Errorf("%s: is %s, with %v up", c.ID, id, l.Up.Rate)
		}
		seen[id] = true
	}
	if got := len(p.Scenario.Models); got != 10 || len(p.Scenario.Placements) != 5 {
		t.Errorf("%d models, placements %v", got, p.Scenario.Placements)
	}
}
