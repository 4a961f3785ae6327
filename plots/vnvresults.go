package plots

import (
	"fmt"
	"slices"
	"strings"

	"github.com/testbed/testbed/plots/stats"
)

// results are what was measured: times, the saving, accuracies and choices.
func (v *vnv) results() {
	v.add("results", v.say("Results", "측정 결과"),
		says(v.say("“–” is what so few requests do not bear. Conditions that are not valid are listed, but count in nothing.", "“–”는 요청 수가 부족하여 제시하지 않은 값이다. 무효인 조건은 표에 함께 표시하나 집계하지 않는다.")), v.shown())
	v.part("latency", v.say("Latency t_b, t_a and its saving Δt", "지연시간 t_b, t_a와 단축률 Δt"), grid(v.times()), says(v.overall()...))
	v.part("percentiles", v.say("Percentiles of latency", "지연시간의 백분위수"), grid(v.table(percentileTable(v.some))))
	v.part("accuracy", v.say("Difference of accuracy", "정확도 차이"), grid(v.accuracies()), v.unscored())
	v.part("chosen", v.say("Models that were chosen", "선택된 모델"), grid(v.choices()))
	v.part("on-time", v.say("Answered on time", "기한 내 응답"), grid(v.table(onTimeTable(v.some))))
	v.part("other-means", v.say("Δt by other definitions (for information)", "다른 정의에 따른 Δt(참고)"), grid(v.table(definitionTable(v.s))))
	v.part("drawn", v.say("Figures", "그림"), says(v.say("The report of the run, report.html, has the others.", "그림 안의 글자는 영어로 표기한다. 나머지 그림은 시험의 보고서 report.html에 있다.")), block{Figures: v.drawn()})
}

// validity writes whether a condition counts.
func (v *vnv) validity(c stats.Condition) string {
	if c.Valid {
		return v.say("yes", "유효")
	}
	return v.say("no", "무효")
}

// times is t_b, t_a and Δt, a row a condition.
func (v *vnv) times() table {
	t := table{Head: []string{v.say("condition", "조건"), v.say("valid", "유효 여부"), v.say("pairs", "쌍 수"), v.say("t_b, mean", "t_b 평균"), v.say("t_a, mean", "t_a 평균"),
		v.say("Δt (%s interval)", "Δt(%s 신뢰구간)", v.confidence())}, Numbers: 2}
	for _, c := range v.some.Conditions {
		if len(c.Arms) > 1 {
			t.Rows = append(t.Rows, []string{c.Label, v.validity(c), fmt.Sprint(c.Pairs), c.Arms[0].Latency.Mean.Millis(), c.Arms[1].Latency.Mean.Millis(), v.interval(c.Saving.MeanOfRatios, 100, " %")})
		}
	}
	if o := v.s.Overall; o.Arm != "" {
		t.Rows = append(t.Rows, []string{v.say("all valid conditions", "유효 조건 전체"), fmt.Sprintf("%d/%d", o.Conditions, len(v.s.Conditions)), fmt.Sprint(o.Pairs), "–", "–", v.interval(o.Saving.MeanOfRatios, 100, " %")})
	}
	return t
}

// overall puts the formula and its value together.
func (v *vnv) overall() []string {
	o := v.s.Overall
	if !o.Saving.MeanOfRatios.Value.Known() {
		return nil
	}
	return []string{fmt.Sprintf("Δt = (1/n) Σ (t_b − t_a)/t_b = %s, n = %d", v.interval(o.Saving.MeanOfRatios, 100, " %"), o.Pairs)}
}

// accuracies is how often each configuration was right, a row a condition.
func (v *vnv) accuracies() table {
	t := table{Head: []string{v.say("condition", "조건"), v.say("configuration 1", "시험 구성 1"), v.say("configuration 2", "시험 구성 2"),
		v.say("difference, points (%s interval)", "차이, %%p(%s 신뢰구간)", v.confidence()), v.say("p (McNemar)", "p값(McNemar)")}, Numbers: 1}
	right := func(a stats.Arm) string {
		return v.interval(stats.Estimate{Value: a.Accuracy, Low: a.AccuracyInterval.Low, High: a.AccuracyInterval.High}, 100, " %")
	}
	for _, c := range v.some.Conditions {
		if len(c.Arms) > 1 {
			t.Rows = append(t.Rows, []string{c.Label, right(c.Arms[0]), right(c.Arms[1]), v.interval(c.AccuracyDrop, 1, ""), pText(c.McNemar.P)})
		}
	}
	if o := v.s.Overall; o.Arm != "" {
		t.Rows = append(t.Rows, []string{v.say("all valid conditions", "유효 조건 전체"), "–", "–", v.interval(o.AccuracyDrop, 1, ""), pText(o.McNemar.P)})
	}
	return t
}

// choices is which models answered, a row a condition.
func (v *vnv) choices() table {
	t := table{Head: []string{v.say("condition", "조건"), v.say("configuration 1", "시험 구성 1"), v.say("configuration 2", "시험 구성 2")}, Numbers: 3}
	for _, c := range v.some.Conditions {
		if len(c.Arms) > 1 {
			t.Rows = append(t.Rows, []string{c.Label, modelCounts(c.Arms[0]), modelCounts(c.Arms[1])})
		}
	}
	return t
}

// drawn are the figures of the document, with captions in its tongue.
func (v *vnv) drawn() (out []Figure) {
	for _, k := range [][3]string{
		{"savings", "조건별 지연시간 단축률 Δt와 정확도 차이", "왼쪽은 조건별 Δt와 신뢰구간이며 오른쪽에 있을수록 빠르다. 점선은 요구 기준이다. 오른쪽은 정확도 차이이며 왼쪽에 있을수록 좋다. 속이 빈 표시는 무효인 조건이다."},
		{"cdf", "지연시간 t의 누적 분포", "조건마다 한 칸이다. 곡선이 왼쪽에 있을수록 빠르고, 가파를수록 지연시간이 고르다."},
		{"boxes", "조건별 지연시간 t의 분포", "상자는 사분위 범위, 세로선은 중앙값이다. 같은 조건의 두 구성을 나란히 비교한다."},
		{"phases", "요청 단계별 소요 시간", "왼쪽은 단계별 평균 시간, 오른쪽은 전체에 대한 비율이다. 모델 선택은 모델 수신·적재·전처리·추론 단계에만 영향을 준다."},
		{"models", "선택된 모델의 비율", "행이 한 가지 색이면 그 조건에서 항상 같은 모델을 선택한 것이다."},
		{"pairs", "쌍별 지연시간 t_b와 t_a", "대각선 아래의 점은 시험 구성 2가 더 빠른 쌍이다."},
	} {
		i := slices.IndexFunc(v.figures, func(f Figure) bool { return f.Name == k[0] && f.Note == "" })
		if i < 0 {
			continue
		}
		f := v.figures[i]
		f.Title, f.Caption = v.say(f.Title, k[1]), v.say(f.Caption, k[2])
		out = append(out, f)
	}
	return out
}

// verdict is what was checked and judged, and what follows.
func (v *vnv) verdict() {
	v.add("verdict", v.say("Verdict", "판정"), says(v.s.Verdict.Result+v.sentence()))
	v.part("checks", v.say("Validity", "유효성 점검"), grid(v.checks()))
	v.part("requirements", v.say("Requirements", "요구사항별 판정"), grid(v.requirements()))
}

func (v *vnv) checks() table {
	t := v.table(checkTable(v.s))
	t.Head = []string{v.say("must hold", "점검 항목"), v.say("holds", "충족 여부"), v.say("not in", "미충족"), v.say("the worst", "가장 벗어난 사례(원문)")}
	for i, c := range v.s.Verdict.Checks {
		if ko, known := checksInKorean[c.Name]; known {
			t.Rows[i][0] = v.say(t.Rows[i][0], ko)
		}
	}
	return t
}

func (v *vnv) requirements() table {
	t := v.table(requirements(v.s))
	t.Words = 1
	t.Head = []string{v.say("requirement", "요구사항"), v.say("asked", "기준"), v.say("found", "측정값"), v.say(t.Head[3], v.confidence()+" 신뢰구간"), v.say("one-sided bounds", "단측 한계"), v.say("met", "충족 여부")}
	for i, r := range v.s.Verdict.Requirements {
		row := t.Rows[i][:6]
		row[0] = v.say(row[0], map[string]string{"saving": "지연시간 단축률 Δt", "accuracy_drop": "정확도 차이", "on_time": "기한 내 응답률"}[r.Name])
		row[1], row[2] = v.say(row[1], strings.Replace(row[1], "points", "%p", 1)), v.say(row[2], strings.Replace(row[2], "points", "%p", 1))
		t.Rows[i] = row
	}
	return t
}

// remarks are all warnings, and how to do it again.
func (v *vnv) remarks() {
	var out []string
	for _, w := range v.s.Warnings {
		out = append(out, v.finding(w))
	}
	for _, c := range v.some.Conditions {
		for _, r := range c.Reasons {
			r.Conditions = []string{c.Label}
			out = append(out, v.say("Not valid: ", "무효 사유: ")+v.finding(r))
		}
	}
	if len(out) == 0 {
		out = []string{v.say("None.", "없음.")}
	}
	v.add("remarks", v.say("Remarks", "특이사항"), list(out))
	lines, _ := reproduce(v.s)
	v.add("reproduce", v.say("To reproduce", "재현 방법"), code(lines), says(v.say("The scenario is %s, SHA-256 %s; the seed is %d.", "시나리오 파일: %s(SHA-256: %s), 시드: %d.", v.s.Run.File, v.s.Run.Hash, v.s.Run.Seed)))
}
