package plots

import (
	"strings"

	"github.com/testbed/testbed/plots/stats"
)

// sentence is the verdict in one sentence, without its result. In English it is
// that of the report.
func (v *vnv) sentence() string {
	d := v.s.Verdict
	if v.Tongue != Korean {
		return strings.TrimPrefix(d.Sentence, d.Result)
	}
	out := map[string]string{stats.Pass: " (적합): ", stats.Fail: " (부적합): ", stats.Inconclusive: " (판정 보류): ", stats.Invalid: " (무효): "}[d.Result]
	if d.Result == stats.Invalid {
		out += v.invalid()
	} else {
		out += v.found()
	}
	if v.s.Status != "done" {
		out += v.say("", " 시험이 완료되지 않았으며(상태: %s), 기록된 부분만으로 작성하였다.", v.s.Status)
	}
	return out
}

// invalid says in Korean why there is no verdict.
func (v *vnv) invalid() string {
	valid := 0
	for _, c := range v.s.Conditions {
		if c.Valid {
			valid++
		}
	}
	out := v.say("", "조건 %d개 중 %d개만 유효하여 판정하지 않는다.", len(v.s.Conditions), valid)
	var failed []string
	for _, c := range v.s.Verdict.Checks {
		if c.Held != nil && !*c.Held {
			failed = append(failed, findingsInKorean[c.Name])
		}
	}
	if len(failed) > 0 {
		out = v.say("", "유효성 점검을 충족하지 못하여 판정하지 않는다(%s). 조건 %d개 중 %d개가 유효하다.", strings.Join(failed, ", "), len(v.s.Conditions), valid)
	}
	return out
}

// found says in Korean what was found, with the intervals and what was asked.
func (v *vnv) found() string {
	var parts []string
	for _, r := range v.s.Verdict.Requirements {
		met := map[bool]string{true: "충족", false: "미충족"}
		state := "판정 보류"
		if r.Met != nil {
			state = met[*r.Met]
		}
		n := func(x stats.Number) string { return (x * 100).Fixed(1) }
		args := []any{n(r.Value), v.confidence(), n(r.Low), n(r.High), (r.Bound * 100).Significant(3), state}
		switch r.Name {
		case "accuracy_drop":
			parts = append(parts, v.say("", "정확도 차이는 %s %%p(%s 신뢰구간 %s ~ %s %%p, 기준 %s %%p 이하, %s)이다.", args...))
		case "on_time":
			parts = append(parts, v.say("", "기한 내 응답률은 %s %%(%s 신뢰구간 %s ~ %s %%, 기준 %s %% 이상, %s)이다.", args...))
		default:
			parts = append(parts, v.say("", "시험 구성 2(%[7]s)는 시험 구성 1(%[8]s)보다 지연시간을 평균 %[1]s %% 단축하였다(%[2]s 신뢰구간 %[3]s ~ %[4]s %%, 기준 %[5]s %% 이상, %[6]s).", append(args, v.arm(2), v.arm(1))...))
		}
	}
	o := v.s.Overall
	return strings.Join(parts, " ") + v.say("", " %d쌍, 조건 %d개 중 %d개 유효.", o.Pairs, len(v.s.Conditions), o.Conditions)
}
