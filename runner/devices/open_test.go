package devices

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/inference/model"
	"github.com/testbed/testbed/scenarios"
)

// TestPossible: a plan that asks of real machines what nobody can give there is
// refused before any is asked for anything.
func TestPossible(t *testing.T) {
	edit := func(f func(*scenarios.Plan)) *scenarios.Plan {
		p := &scenarios.Plan{
			Scenario: scenarios.Scenario{Nodes: []scenarios.Node{{Name: "edge", Address: "http://10.0.0.7:8801"}, {Name: "far", Address: "http://10.0.0.8:8000", Protocol: "oip"}}},
			Conditions: []scenarios.Condition{{ID: "c", Residency: "warm", Links: map[string]scenarios.Links{"edge": {}},
				Background: map[string]emulator.Load{"edge": ofCPUs(0.5)}}},
		}
		f(p)
		return p
	}
	for _, tt := range []struct {
		name string
		plan *scenarios.Plan
		want string // in the error; empty: none
	}{
		{"as it should be", edit(func(*scenarios.Plan) {}), ""},
		{"a node of ours may be cold", edit(func(p *scenarios.Plan) {
			p.Scenario.Nodes, p.Conditions[0].Residency = p.Scenario.Nodes[:1], "cold"
		}), ""},
		{"no address", edit(func(p *scenarios.Plan) { p.Scenario.Nodes[0].Address = "" }), "node edge: no address"},
		{"a link down", edit(func(p *scenarios.Plan) {
			p.Conditions[0].Links["edge"] = scenarios.Links{Down: emulator.Link{Delay: ms}}
		}), "condition c: link edge"},
		{"a link up", edit(func(p *scenarios.Plan) { p.Conditions[0].Links["edge"] = scenarios.Links{Up: emulator.Link{Delay: ms}} }), "condition c: link edge"},
		{"cold", edit(func(p *scenarios.Plan) { p.Conditions[0].Residency = "first" }), "residency first: want warm: node far"},
		{"load", edit(func(p *scenarios.Plan) { p.Conditions[0].Background["far"] = ofCPUs(0.1) }), "background of node far"},
		{"cross traffic", edit(func(p *scenarios.Plan) {
			p.Conditions[0].Background["edge"] = emulator.Load{Up: emulator.Traffic{Of: 8, Bulk: true}}
		}), "background of node edge: cross traffic"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := possible(tt.plan)
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
		})
	}
}

func TestTargetOf(t *testing.T) {
	n := scenarios.Node{Address: "https://10.0.0.7:8801"}
	if got, err := targetOf(n, "secret"); err != nil || got.url != n.Address || got.token != "secret" || got.tls != nil {
		t.Errorf("without a CA: %+v, %v", got, err)
	}
	n.CA = filepath.Join(t.TempDir(), "ca.pem")
	if _, err := targetOf(n, ""); err == nil || !strings.Contains(err.Error(), n.CA) {
		t.Errorf("no such file: %v", err)
	}
	if err := os.WriteFile(n.CA, []byte("nothing\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := targetOf(n, ""); err == nil || !strings.Contains(err.Error(), "no certificate") {
		t.Errorf("a file of something else: %v", err)
	}
}

// TestNamed: what a device is told of models does not say where they are here,
// and what is known here of where they are stays.
func TestNamed(t *testing.T) {
	here := []model.Model{{Name: "a", SHA256: "1", File: "/models/a.onnx"}}
	if diff := cmp.Diff([]model.Model{{Name: "a", SHA256: "1"}}, named(here)); diff != "" || here[0].File == "" {
		t.Errorf("named (-want +got):\n%s; here %+v", diff, here)
	}
}
