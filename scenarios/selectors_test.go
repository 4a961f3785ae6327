package scenarios_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/testbed/testbed/scenarios"
	"github.com/testbed/testbed/selector"
)

const twoNodes = "nodes: [{name: edge}, {name: cloud}]\nplacement: [edge, cloud, cascade]\n"

func TestSelectors(t *testing.T) {
	strict := selector.Budget{Absolute: 0.1, Relative: 0.1}
	arm := func(change func(*scenarios.Selector), policy string) scenarios.Selector {
		s := arms(strict, 1, policy)[0]
		change(&s)
		return s
	}
	for _, tt := range []struct {
		yaml string
		want scenarios.Selector
	}{
		{"bandit", arms(strict, 1, "bandit")[0]},
		{"static:signs-resnet14", arm(func(s *scenarios.Selector) { s.Name, s.Option = "static-signs-resnet14", "signs-resnet14" }, "static")},
		{"{policy: static, option: signs-resnet8@cloud}", arm(func(s *scenarios.Selector) { s.Name, s.Option = "static-signs-resnet8-cloud", "signs-resnet8@cloud" }, "static")},
		{"{name: again, policy: greedy}", arm(func(s *scenarios.Selector) { s.Name = "again" }, "greedy")},
		{"{name: advanced, budget: 5pp, accuracy: lower, quantile: 95%, horizon: 0, dwell: 3, exact: yes}", arm(func(s *scenarios.Selector) {
			s.Budget, s.Lower, s.Quantile, s.Horizon, s.Dwell, s.Exact = selector.Budget{Absolute: 0.05, Relative: 1}, true, 0.95, 0, 3, true
		}, "advanced")},
		{"{policy: advanced, without: [network, xi]}", arm(func(s *scenarios.Selector) {
			s.Name, s.Without = "advanced-no-network-xi", []string{"network", "xi"}
		}, "advanced")},
		{"{policy: infaas, deadline: 50ms, placements: [edge, cascade]}", arm(func(s *scenarios.Selector) {
			s.Deadline, s.Placements = 50*time.Millisecond, []string{"edge", "cascade"}
		}, "infaas")},
		{`{name: mine, exec: ["python3", "my.py"], timeout: 2s, fallback: end}`, arm(func(s *scenarios.Selector) {
			s.Name, s.Exec, s.Dir, s.Timeout, s.Fallback = "mine", []string{"python3", "my.py"}, "s", 2*time.Second, "end"
		}, "exec")},
		{"{url: http://127.0.0.1:9000/select}", arm(func(s *scenarios.Selector) {
			s.URL, s.Dir, s.Timeout, s.Fallback = "http://127.0.0.1:9000/select", "s", time.Second, "greedy"
		}, "http")},
	} {
		p, err := scenarios.Read(fstest.MapFS{"s/x.yaml": {Data: []byte(twoNodes + "selectors: [greedy, " + tt.yaml + "]\n")}}, "s/x.yaml", nil)
		if err != nil {
			t.Errorf("%s: %v", tt.yaml, err)
			continue
		}
		if diff := cmp.Diff(tt.want, p.Scenario.Selectors[1]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.yaml, diff)
		}
	}
}

func TestSelectorMistakes(t *testing.T) {
	for _, tt := range []struct{ yaml, want string }{
		{"selectors: [greedy, static]", `3:21: selectors[1]: "static": want the option that static takes, such as static:signs-resnet14, or {policy: static, option: signs-resnet14@edge}`},
		{"selectors: [greedy, {accuracy: lower}]", `3:21: selectors[1]: missing key "policy"`},
		{"selectors: [greedy, {name: mine}]", `3:28: selectors[1].name: "mine": want greedy, advanced, static, fastest, random, infaas or bandit`},
		{"selectors: [greedy, {name: oracle, policy: random}]", `3:28: selectors[1].name: "oracle": want another name: the oracle is called so`},
		{"selectors: [greedy, {policy: advanced, without: [net]}]", `3:50: selectors[1].without[0]: "net": want network, utilization, load, xi or hysteresis`},
		{"selectors: [greedy, {policy: advanced, quantile: 40%}]", `3:50: selectors[1].quantile: "40%": want a share above 50% and below 100%, such as 95%`},
		{"selectors: [greedy, {policy: advanced, placements: [fog]}]", `3:53: selectors[1].placements[0]: "fog": want edge, cloud or cascade`},
		{"selectors: [greedy, {name: m, exec: [a], url: http://b}]", `3:21: selectors[1]: want exec or url, not both`},
		{"selectors: [greedy, {name: m, exec: [a], policy: greedy}]", `3:50: selectors[1].policy: is not for exec: the program chooses`},
		{"selectors: [greedy, {policy: advanced, timeout: 1s}]", `3:49: selectors[1].timeout: is for selectors of exec or url`},
		{"selectors: [greedy, {name: m, exec: [a], fallback: stop}]", `3:52: selectors[1].fallback: "stop": want end, greedy, advanced, fastest or random`},
		{"selectors: [greedy, {name: m, url: localhost:80}]", `3:36: selectors[1].url: "localhost:80": want the URL of a server, such as http://127.0.0.1:9000/select`},
		{"selectors: [greedy, static:resnet50]", `3:21: selectors[1]: static: no model "resnet50" in this scenario`},
		{"selectors: [greedy, static:signs-resnet14@fog]", `3:21: selectors[1]: static: no node "fog" in placement`},
		{"judge: {selectors: [random, random]}", `3:29: judge.selectors[1]: "random" a second time: selectors are told apart by their names: {name: other, policy: …}`},
		{"judge: {every: -1}", `3:16: judge.every: "-1": want a whole number from 0 to 1000000`},
		{"cascade: {threshold: 0.5}", `3:22: cascade.threshold: "0.5": want a share from 0% to 100%, such as 50%`},
	} {
		_, err := scenarios.Read(fstest.MapFS{"x.yaml": {Data: []byte(twoNodes + tt.yaml + "\n")}}, "x.yaml", nil)
		if err == nil || err.Error() != "x.yaml:"+tt.want {
			t.Errorf("%s:\n got %v\nwant x.yaml:%s", tt.yaml, err, tt.want)
		}
	}
}

func TestJudge(t *testing.T) {
	names := func(all []scenarios.Selector) (names []string) {
		for _, s := range all {
			names = append(names, s.Name)
		}
		return names
	}
	p := read(t, "selectors: [greedy, advanced, random]\njudge: {every: 5}\n")
	want := "advanced fastest infaas bandit advanced-no-network advanced-no-utilization advanced-no-load advanced-no-xi advanced-no-hysteresis"
	if got := strings.Join(names(p.Scenario.Judge.Shadows), " "); got != want || p.Scenario.Judge.Every != 5 {
		t.Errorf("every %d pairs: %s, want 5: %s", p.Scenario.Judge.Every, got, want)
	}
	p = read(t, "judge: {selectors: []}\n")
	if len(p.Scenario.Judge.Shadows) > 0 || p.Scenario.Judge.Every != 10 {
		t.Errorf("none was wanted: %v", p.Scenario.Judge)
	}
}

func TestPlacements(t *testing.T) {
	p := read(t, twoNodes+"control: {beside: edge}\ncascade: {threshold: 60%, images: 50}\nload: {batch: 4}\n")
	s := p.Scenario
	if diff := cmp.Diff([]string{"edge", "cloud", "cascade"}, s.Placements); diff != "" || s.Control.Beside != "edge" ||
		s.Cascade != (scenarios.Cascade{Threshold: 0.6, Images: 50}) {
		t.Errorf("%v %v %s", s.Control, s.Cascade, diff)
	}
	// Two warm-ups and thirty pairs of four images each.
	for _, tr := range p.Trials {
		if c := p.Conditions[tr.Condition]; c.Batch != 4 || len(tr.Samples) != 4*32 || len(tr.First) != 32 {
			t.Fatalf("batch %d: %d images, %d pairs", c.Batch, len(tr.Samples), len(tr.First))
		}
	}
	for yaml, want := range map[string]string{
		"placement: hedged\n":                  `s/x.yaml:1:12: placement: "hedged": "hedged" needs two nodes`,
		"placement: [fog]\n":                   `s/x.yaml:1:13: placement[0]: "fog": want edge, cascade, hedged or split`,
		"nodes: [{name: edge, quota: 0.5%}]\n": `s/x.yaml:1:29: nodes[0].quota: "0.5%": want CPU time from 1% of a CPU, which is the least that the kernel hands out, such as 50%, or 150% for one and a half CPUs`,
		"nodes: [{name: edge, quota: 150%}]\n": `s/x.yaml:1:29: nodes[0].quota: "150%": want at most 100%: the node has no more CPUs`,
		"load: {batch: 0}\n":                   `s/x.yaml:1:15: load.batch: "0": want a whole number from 1 to 1000`,
		"control: {beside: egde}\n":            `s/x.yaml:1:19: control.beside: "egde": no such node; did you mean "edge"?`,
	} {
		_, err := scenarios.Read(files(yaml), "s/x.yaml", nil)
		if err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", yaml, err, want)
		}
	}
}

// TestOrderOfManyArms: of every three pairs each of three arms begins one, and
// of every three repetitions of one pair.
func TestOrderOfManyArms(t *testing.T) {
	p := read(t, "selectors: [greedy, advanced, random]\nload: {requests: 9, warmup: 0, repetitions: 3}\n")
	c := checker{T: t, p: p, seed: 1, reps: 3, images: 4000}
	c.balanced()
}

// TestReadSelector reads selectors that are added to a scenario.
func TestReadSelector(t *testing.T) {
	s := read(t, good).Scenario
	for text, want := range map[string]string{
		"fastest":                                     "fastest fastest 10 0.1",
		"static:signs-resnet8":                        "static-signs-resnet8 static 10 0.1",
		"{policy: advanced, horizon: 5}":              "advanced advanced 5 0.1",
		"{name: brave, policy: greedy, budget: 20pp}": "brave greedy 10 0.2",
	} {
		x, err := scenarios.ReadSelector(text, s)
		if got := fmt.Sprint(x.Name, " ", x.Policy, " ", x.Horizon, " ", x.Budget.Absolute); err != nil || got != want {
			t.Errorf("%s: %s, %v; want %s", text, got, err, want)
		}
	}
	x, err := scenarios.ReadSelector("{name: mine, exec: [python3, ./mine.py]}", s)
	if err != nil || x.Dir != "." || x.Fallback != "greedy" || !cmp.Equal(x.Exec, []string{"python3", "./mine.py"}) {
		t.Errorf("%+v, %v", x, err)
	}
	var at *scenarios.FieldError
	if _, err := scenarios.ReadSelector("  best", s); !errors.As(err, &at) || at.Line != 0 || at.Column != 0 {
		t.Errorf("%#v: want a *FieldError without line and column", err)
	}
	for text, want := range map[string]string{
		"best":                      `"best": "best": want greedy, advanced, static, fastest, random, infaas or bandit`,
		"static:resnet18":           `"static:resnet18": static: no model "resnet18" in this scenario`,
		"{policy: greedy":           `"{policy: greedy": not YAML: could not find flow mapping end token '}'`,
		"{name: greedy, horzon: 5}": `"{name: greedy, horzon: 5}": unknown key "horzon"; did you mean "horizon"?`,
		"{name: x, url: ftp}":       `"{name: x, url: ftp}": url: "ftp": want the URL of a server, such as http://127.0.0.1:9000/select`,
	} {
		if _, err := scenarios.ReadSelector(text, s); err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
}
