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
		unit := " %"
		if r.Name == "accuracy_drop" {
			unit = " %p"
		}
		within := v.say("", "%s 신뢰구간 %s ~ %s%s", v.confidence(), n(r.Low), n(r.High), unit)
		if !r.Low.Known() {
			within = "신뢰구간 없음"
			if r.Name == "accuracy_drop" && v.s.Run.Unscored != "" {
				within = "공표값"
			}
		}
		args := []any{n(r.Value), within, (r.Bound * 100).Significant(3), state}
		switch r.Name {
		case "accuracy_drop":
			parts = append(parts, v.say("", "정확도 차이는 %s %%p이다(%s, 기준 %s %%p 이하, %s).", args...))
		case "on_time":
			parts = append(parts, v.say("", "기한 내 응답률은 %s %%이다(%s, 기준 %s %% 이상, %s).", args...))
		default:
			parts = append(parts, v.say("", "시험 구성 1(%[5]s) 대비 시험 구성 2(%[6]s)의 지연시간 단축률 Δt는 %[1]s %%이다(%[2]s, 기준 %[3]s %% 이상, %[4]s).", append(args, v.arm(1), v.arm(2))...))
		}
	}
	o := v.s.Overall
	out := strings.Join(parts, " ") + v.say("", " %d쌍, 조건 %d개 중 %d개 유효", o.Pairs, len(v.s.Conditions), o.Conditions)
	if o.Below > 0 && o.Conditions > 1 {
		out += v.say("", "(그중 %d개는 단축률이 %s %% 미만)", o.Below, stats.Number(100*v.s.Run.Require.Saving).Significant(4))
	}
	return out + "."
}
