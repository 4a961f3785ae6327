package scenarios_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/testbed/testbed/emulator/unit"
	"github.com/testbed/testbed/scenarios"
)

func TestOverrides(t *testing.T) {
	p := read(t, good,
		scenarios.Setting{Path: "seed", Value: "7"},
		scenarios.Setting{Path: "links.cloud.up.rate", Value: "3Mbps"}, // nothing was there
		scenarios.Setting{Path: "load.think", Value: "1s"},
		scenarios.Setting{Path: "load.think", Value: "2ms"}, // the later one counts
		scenarios.Setting{Path: "vary.bandwidth", Value: "20Mbps"},
	)
	if p.Scenario.Seed != 7 {
		t.Errorf("seed %d, want 7", p.Scenario.Seed)
	}
	if len(p.Conditions) != 2 || p.Conditions[0].ID != "20Mbps/cold" {
		t.Fatalf("%d conditions, the first %s; want those of 20Mbps", len(p.Conditions), p.Conditions[0].ID)
	}
	c := p.Conditions[0]
	if got := c.Links["cloud"].Up.Rate; got != 3*unit.Mbps || c.Think != 2*ms {
		t.Errorf("rate %v, think %v; want 3Mbps, 2ms", got, c.Think)
	}
	if d := c.Links["edge"].Down; d.Delay != 10*ms {
		t.Errorf("delay %v: an override of one link changed another", d.Delay)
	}
	whole := read(t, good, scenarios.Setting{Path: "vary", Value: "[]"}, scenarios.Setting{Path: "links.edge.down", Value: "{rate: 1Mbps}"})
	if d := whole.Conditions[0].Links["edge"].Down; len(whole.Conditions) != 1 || d.Rate != unit.Mbps || d.Delay != 0 {
		t.Errorf("%+v: want the mapping replaced whole", d)
	}
}

func TestOverrideMistakes(t *testing.T) {
	for _, tt := range []struct{ path, value, want string }{
		{"links.edge.up.delay", "5", `want a time with its unit, such as 10ms`},
		{"links.edge.up.delay", "", `want a time with its unit, such as 10ms`},
		{"links.edge.down.rate", "5", `want a rate with its unit, such as 5Mbps`},
		{"links.edge.up", "{dely: 5ms}", `unknown key "dely"; did you mean "delay"?`},
		{"links.edge.up", "{delay: 5}", `links.edge.up.delay: "5": want a time with its unit, such as 10ms`},
		{"links.edge.up.rate", "5Mbps", `links.edge.up: want a rate or a trace, not both`},
		{"links.egde.up.delay", "5ms", `links: no node "egde"; did you mean "edge"?`},
		{"links.edge.up.dely", "5ms", `links.edge.up: unknown key "dely"; did you mean "delay"?`},
		{"sed", "7", `unknown key "sed"; did you mean "seed"?`},
		{"seed", "[7", `not YAML: sequence end token ']' not found`},
		{"nodes.0.cpus", "1", `nodes is a list: set it whole`},
		{"links.edge.down.rate", "7Mbps", `axis "bandwidth" sets this key in every condition: choose among its values by --set vary.bandwidth=5Mbps, or take all axes away by --set vary=[]`},
		{"vary.bandwidth", "7Mbps", `want 5Mbps or 20Mbps; did you mean "5Mbps"?`},
		{"vary.bandwidth", "[]", `want values of the axis, such as 5Mbps`},
		{"vary.bandwith", "5Mbps", `no axis "bandwith"; did you mean "bandwidth"?`},
	} {
		_, err := scenarios.Read(files(good), "s/x.yaml", []scenarios.Setting{{Path: tt.path, Value: tt.value}})
		if want := "--set " + tt.path + "=" + tt.value + ": " + tt.want; err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
	// One axis value of two sets load.requests: the override is felt by the other.
	p := read(t, good, scenarios.Setting{Path: "load.requests", Value: "9"})
	if got := []int{p.Conditions[0].Requests, p.Conditions[1].Requests}; !cmp.Equal(got, []int{2, 9}) {
		t.Errorf("%v requests, want 2 and 9", got)
	}
}

// TestSettingsSayWhatTheyDo: the settings of a condition, given as overrides
// to a scenario without axes, make that condition.
func TestSettingsSayWhatTheyDo(t *testing.T) {
	for _, name := range []string{"lowbw.yaml", "cellular.yaml", "busy.yaml", "vnv-nuc-gpu.yaml"} {
		p, err := scenarios.Read(scenarios.Shipped(), name, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range p.Conditions {
			set := append([]scenarios.Setting{{Path: "vary", Value: "[]"}}, c.Set...)
			alone, err := scenarios.Read(scenarios.Shipped(), name, set)
			if err != nil {
				t.Fatal(err)
			}
			got := alone.Conditions[0]
			got.ID, got.Set, got.Names = c.ID, c.Set, c.Names
			if diff := cmp.Diff(c, got); diff != "" {
				t.Errorf("%s: %s (-in the sweep +alone):\n%s", name, c.ID, diff)
			}
		}
	}
	p := read(t, "vary: [{name: a, paths: [measure], values: [[infer], [upload, infer]]}]")
	if got := p.Conditions[1]; got.ID != "upload+infer" || got.Set[0].Value != "[upload, infer]" {
		t.Errorf("a list as a value: ID %s, set %v", got.ID, got.Set)
	}
}
