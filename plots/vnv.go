package plots

import (
	"cmp"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/testbed/testbed/plots/stats"
)

// WriteVnV writes the test report of a verification and validation plan: what
// was to be shown, on what, with which two configurations, models and data, how,
// what was measured, and the verdict. The form is that of path, .html (which
// needs nothing beside itself) or .md, with figures by their files in dir.
func WriteVnV(path, dir string, s stats.Summary, figures []Figure, l Tongue) error {
	d := vnvOf(s, figures, l)
	if strings.EqualFold(filepath.Ext(path), ".md") {
		plots, err := pathBetween(filepath.Dir(path), filepath.Join(dir, "plots"))
		if err != nil {
			return fmt.Errorf("write %s: %w", path, err)
		}
		return write(path, d.markdown(filepath.ToSlash(plots)))
	}
	page, err := d.html()
	if err != nil {
		return err
	}
	return write(path, page)
}

// pathBetween is the way from one folder to another, either of which may be relative.
func pathBetween(from, to string) (string, error) {
	from, err := filepath.Abs(from)
	if err != nil {
		return "", err
	}
	if to, err = filepath.Abs(to); err != nil {
		return "", err
	}
	return filepath.Rel(from, to)
}

// vnvOf follows the plan, section by section.
func vnvOf(s stats.Summary, figures []Figure, l Tongue) document {
	title := cmp.Or(s.Run.Title, s.Scenario, "–")
	v := vnv{Tongue: l, s: s, figures: figures}
	v.some, _ = few(s, stats.Series{}, mostRows)
	v.document = document{Lang: string(l), Title: l.say("V&V test report: %s", "V&V 시험 결과서: %s", title), Contents: l.say("Contents", "목차"),
		Result: s.Verdict.Result, Sentence: v.sentence()}
	v.purpose()
	v.environment()
	v.configurations()
	v.modelsAndData()
	v.procedure()
	v.results()
	v.verdict()
	v.remarks()
	v.number()
	return v.document
}

// number numbers the sections that there are, and their parts.
func (v *vnv) number() {
	section, part := 0, 0
	for i := range v.Sections {
		s := &v.Sections[i]
		if s.Part {
			part++
			s.Heading = fmt.Sprintf("%d.%d %s", section, part, s.Heading)
			continue
		}
		section, part = section+1, 0
		s.Heading = fmt.Sprintf("%d. %s", section, s.Heading)
	}
}

// A vnv is the document being made.
type vnv struct {
	Tongue
	document
	s       stats.Summary
	some    stats.Summary // of conditions that have rows of their own
	figures []Figure
}

// arm is the name of the configuration 1 or 2; empty if there is none.
func (v *vnv) arm(n int) string {
	if n > len(v.s.Run.Arms) {
		return ""
	}
	return v.s.Run.Arms[n-1]
}

func (v *vnv) confidence() string { return stats.Number(v.s.Run.Require.Confidence).Percent(0) }

// purpose is what was to be shown.
func (v *vnv) purpose() {
	r := v.s.Run.Require
	t := table{Head: []string{v.say("requirement", "요구사항"), v.say("formula", "산식"), v.say("bound", "기준")}, Numbers: 3}
	t.Rows = [][]string{
		{v.say("Δt, the saving of latency", "지연시간 단축률 Δt"), "Δt = (1/n) Σ (t_b − t_a)/t_b", "≥ " + stats.Number(r.Saving).Percent(0)},
		{v.say("difference of accuracy", "정확도 차이"), v.say("accuracy_b − accuracy_a", "정확도_b − 정확도_a"), "≤ " + stats.Number(100*r.AccuracyDrop).Significant(3) + v.say(" points", " %p")},
	}
	if r.Deadline > 0 {
		t.Rows = append(t.Rows, []string{v.say("answered on time", "기한 내 응답률"), v.say("share of requests with t ≤ %s", "t ≤ %s인 요청의 비율", stats.Number(r.Deadline.Seconds()*1000).Millis()), "≥ " + stats.Number(r.OnTime).Percent(1)})
	}
	baseline := "choosing as the baseline does"
	if len(v.s.Run.Selectors) > 0 && v.s.Run.Selectors[0].Policy == "greedy" {
		baseline = "always taking the most accurate model"
	}
	v.add("purpose", v.say("Purpose", "시험 목적"),
		says(v.say("This test verifies whether choosing a model by the device's compute, its free resources and its network (test configuration 2, Advanced) answers classification requests faster than "+baseline+" (test configuration 1, Baseline), and whether it gives up no more accuracy than is allowed.",
			"본 시험은 에지 디바이스의 영상 분류 요청을 대상으로, 디바이스의 연산 성능·가용 자원·네트워크 대역폭을 고려하여 모델을 선택하는 방식(시험 구성 2, Advanced)이 기준 방식(시험 구성 1, Baseline)보다 추론 지연시간을 단축하는지, 그리고 그에 따른 정확도 저하가 허용 범위 이내인지를 확인하는 것을 목적으로 한다.")),
		grid(t), says(v.say("Each is judged by its one-sided bound at a confidence of %s. t_b and accuracy_b are those of configuration 1, t_a and accuracy_a those of configuration 2.",
			"각 요구사항은 신뢰수준 %s의 단측 한계로 판정한다. t_b와 정확도_b는 시험 구성 1, t_a와 정확도_a는 시험 구성 2의 값이다.", v.confidence())), v.described())
}

// described quotes what the scenario says of itself.
func (v *vnv) described() block {
	if v.s.Run.Description == "" {
		return block{}
	}
	return says(v.say("The scenario, in its own words: “%s”", "시나리오 설명(원문): “%s”", v.s.Run.Description))
}

// environment is the machines, the links and the load.
func (v *vnv) environment() {
	v.add("environment", v.say("Test environment", "시험 환경"), says(v.world()), grid(v.machines()))
	v.part("links", v.say("Network: asked and measured", "네트워크 조건: 설정값과 측정값"), v.shown(), grid(v.table(links(v.some))))
	v.part("load", v.say("Background load: asked and measured", "배경 부하: 설정값과 측정값"), grid(v.table(load(v.some))))
}

// world says where requests were answered.
func (v *vnv) world() string {
	switch v.s.World {
	case stats.Simulated:
		return v.say("Simulated: virtual time, by published or measured profiles of devices. No inference was run.", "시뮬레이션: 공표되었거나 측정된 디바이스 프로파일에 따라 가상 시간에서 수행하였다. 실제 추론은 수행하지 않았다.")
	case "devices":
		return v.say("Real machines: inference and network are those of the devices.", "실제 장비: 추론과 네트워크 모두 실제 디바이스에서 측정하였다.")
	}
	return v.say("Emulated network on one machine, with real inference: each node has a network of its own, whose links are shaped as asked.", "한 대의 장비에서 네트워크를 에뮬레이션하고 실제 추론을 수행하였다. 노드마다 분리된 네트워크를 두고, 링크를 설정한 조건대로 조절하였다.")
}

// machines are the environment without what matters to nobody but programs.
func (v *vnv) machines() table {
	t := environment(v.s)
	t.Head = []string{v.cell(t.Head[0]), v.cell(t.Head[1])}
	var rows [][]string
	for _, r := range t.Rows {
		if r = []string{v.cell(r[0]), r[1]}; r[0] != "" && !strings.Contains(r[0], ".") {
			r[1] = v.cell(r[1])
		}
		if !strings.HasPrefix(r[0], "world.") && (!strings.HasPrefix(r[0], "nodes.") || strings.Contains(r[0], ".runtime.") || strings.Contains(r[0], ".device") || strings.Contains(r[0], ".gpu")) {
			rows = append(rows, r)
		}
	}
	t.Rows = rows
	return t
}

// shown says so if not all conditions are.
func (v *vnv) shown() block {
	n, all := len(v.some.Conditions), len(v.s.Conditions)
	if n == all {
		return block{}
	}
	return says(v.say("%d of %d conditions are shown: those at even ranks of Δt. All are in summary.csv.", "전체 %[2]d개 조건 중 Δt 순위가 고르게 분포하도록 고른 %[1]d개를 표시한다. 전체 조건은 summary.csv에 있다.", n, all))
}
