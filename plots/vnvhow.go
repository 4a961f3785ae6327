package plots

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/testbed/testbed/plots/stats"
)

// configurations are the two that are compared, and others beside them.
func (v *vnv) configurations() {
	v.add("configurations", v.say("Test configurations", "시험 구성"),
		says(v.say("Both configurations answer the same images under the same conditions; only the choice of the model, and of where it runs, differs.", "두 시험 구성은 같은 조건에서 같은 영상에 대한 요청을 처리하며, 모델과 실행 위치의 선택 방식만 서로 다르다.")))
	for i, name := range []string{v.say("Test configuration 1 (Baseline)", "시험 구성 1 (Baseline)"), v.say("Test configuration 2 (Advanced)", "시험 구성 2 (Advanced)")} {
		v.part(fmt.Sprintf("configuration-%d", i+1), name, grid(v.configuration(i)))
	}
	rest := selectorTable(v.s)
	if len(rest.Rows) > 2 {
		rest.Rows = rest.Rows[2:]
		v.part("others", v.say("Others, for comparison", "참고 구성"), grid(v.table(rest), v.say("These take no part in the verdict.", "아래 구성은 판정에 사용하지 않는다.")))
	}
}

// configuration is one of them, by its place among the arms.
func (v *vnv) configuration(i int) table {
	t := table{Head: []string{v.say("what", "항목"), v.say("value", "내용")}, Numbers: 2}
	if i >= len(v.s.Run.Selectors) {
		return t
	}
	k := v.s.Run.Selectors[i]
	add := func(en, ko, value string) { t.Rows = append(t.Rows, []string{v.say(en, ko), value}) }
	add("selector", "선택기", k.Name)
	add("policy", "정책", k.Policy+v.policy(k.Policy))
	add("settings", "설정", cmp.Or(strings.Join(k.Settings, "; "), v.say("as by default", "기본값")))
	add("may use", "사용 가능 위치", cmp.Or(strings.Join(k.Placements, ", "), strings.Join(v.s.Run.Placements, ", "), v.s.Run.Node))
	if i > 0 {
		add("accuracy it may give up", "허용된 정확도 범위", v.budget(v.s.Run.Budget))
	}
	for _, c := range v.s.Models {
		if c.Selector == k.Name {
			add("chose", "선택한 모델(횟수)", modelCounts(stats.Arm{Models: c.Models}))
		}
	}
	return t
}

// policy says what the plan's two policies do.
func (v *vnv) policy(name string) string {
	switch name {
	case "greedy":
		return v.say(": always the most accurate model", ": 항상 정확도가 가장 높은 모델을 선택")
	case "advanced":
		return v.say(": within the allowed accuracy, the model that is predicted to answer first, by the device's compute, its utilization and its network", ": 허용된 정확도 범위 안에서 디바이스 성능·사용률·네트워크로 예측한 응답 시간이 가장 짧은 모델을 선택")
	}
	return ""
}

// modelsAndData are the sections of models and of the dataset.
func (v *vnv) modelsAndData() {
	v.add("models", v.say("Models", "대상 모델"), grid(v.table(modelTable(v.s)), v.say("What was known before the test; load and infer are medians on the idle device.", "시험 시작 전에 확인한 값이다. 적재 시간과 추론 시간은 부하가 없는 디바이스에서 측정한 중앙값이다.")), v.unscored())
	r := v.s.Run
	t := table{Head: []string{v.say("what", "항목"), v.say("value", "내용")}, Numbers: 2, Rows: [][]string{
		{v.say("dataset", "데이터셋"), cmp.Or(r.Dataset, "–")}, {v.say("classes", "분류 수"), fmt.Sprint(r.Classes)},
		{v.say("different images among the pairs", "쌍에 사용된 서로 다른 영상 수"), fmt.Sprint(v.s.Overall.Images)}, {v.say("images in a request", "요청당 영상 수"), fmt.Sprint(r.Batch)}}}
	v.add("dataset", v.say("Dataset", "데이터셋"), grid(t))
}

// unscored says so if accuracies were not measured.
func (v *vnv) unscored() block {
	if v.s.Run.Unscored == "" {
		return block{}
	}
	return says(v.say("Accuracies are published ones and were not measured: %s.", "정확도는 공표된 값이며 본 시험에서 측정하지 않았다. 원문: “%s”", v.s.Run.Unscored))
}

// procedure is how it was measured, in steps.
func (v *vnv) procedure() {
	r := v.s.Run
	steps := []string{
		v.say("For each condition the links and the background load are set as asked; probes measure the rate and the round trip before requests are made.", "조건마다 링크와 배경 부하를 설정값에 맞추고, 요청을 보내기 전에 탐침(probe)으로 대역폭과 왕복 지연을 측정한다."),
		v.say("A pair is two requests with the same image, one of each configuration, one after the other, in an order drawn anew for each pair and balanced within a trial. Warm-ups do not count, nor does a pair of which a request failed.", "한 쌍은 같은 영상에 대한 두 시험 구성의 요청으로 이루어지며 차례로 수행한다. 순서는 쌍마다 새로 추첨하되 한 시도 안에서 균형을 맞춘다. 예열 요청과, 한쪽이라도 실패한 쌍은 집계하지 않는다."),
		v.say("All conditions are repeated %d times, in an order drawn anew each time (seed %d).", "모든 조건을 %d회 반복하며, 조건의 순서는 반복마다 새로 추첨한다(시드 %d).", r.Repetitions, r.Seed),
		v.say("t is the time of these phases of a request: %s.", "t는 요청의 다음 단계에 걸린 시간의 합이다: %s.", v.phases()),
		v.say("Δt is the mean of (t_b − t_a)/t_b over the pairs of all valid conditions. Its %s interval is by a bootstrap with %d resamples.", "Δt는 유효한 모든 조건의 쌍에 대한 (t_b − t_a)/t_b의 평균이다. 그 %s 신뢰구간은 재표집 %d회의 부트스트랩으로 구한다.", v.confidence(), r.Resamples),
		v.say("The difference of accuracy is that of the same images in both configurations, with Newcombe's paired interval.", "정확도 차이는 두 시험 구성이 같은 영상에 대해 얻은 정확도의 차이이며, 신뢰구간은 대응표본에 대한 Newcombe 방법으로 구한다."),
		v.say("A condition of which the network, the load or the requests were not as asked is not valid and does not count.", "네트워크, 배경 부하 또는 요청이 설정값과 다른 조건은 무효로 하고 집계에서 제외한다."),
	}
	if p := v.s.Verdict.Stopping; p != nil {
		steps = append(steps, v.say("The test may end early: it looks at most %d times, each at a confidence of %s. %d repetitions were run.", "조기 종료를 허용한다. 판정 시점은 최대 %d회이며 각 시점의 신뢰수준은 %s이다. 실제로 %d회 반복하였다.", p.Looks, p.Confidence.Percent(1), p.After))
	}
	for i, step := range steps {
		steps[i] = fmt.Sprintf("(%d) %s", i+1, step)
	}
	v.add("procedure", v.say("Procedure", "시험 절차"), says(steps...))
}

// phases are those that t counts, in the tongue.
func (v *vnv) phases() string {
	out := measures(v.s)
	if v.Tongue == Korean {
		out = strings.NewReplacer("upload", "업로드", "queue", "대기", "fetch", "모델 수신", "preprocess", "전처리", "load", "모델 적재", "infer", "추론", "download", "다운로드",
			"; or in other conditions ", "; 또는 조건에 따라 ", "not recorded", "기록 없음").Replace(out)
	}
	return out
}
