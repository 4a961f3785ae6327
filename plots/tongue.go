package plots

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/testbed/testbed/plots/stats"
)

// A Tongue is the language of a document.
type Tongue string

// The tongues that there are.
const (
	English Tongue = "en"
	Korean  Tongue = "ko"
)

// Tongues are all of them.
func Tongues() []string { return []string{string(English), string(Korean)} }

// say is a text in the tongue; both take the same args, in an order of their
// own (%[2]s).
func (l Tongue) say(en, ko string, args ...any) string {
	format := en
	if l == Korean {
		format = ko
	}
	if len(args) == 0 {
		return format
	}
	return fmt.Sprintf(format, args...)
}

// cell is what a table of a report says, in the tongue: names and numbers are the
// same in all.
func (l Tongue) cell(text string) string {
	if l != Korean {
		return text
	}
	if ko, known := inKorean[text]; known {
		return ko
	}
	for _, p := range patternsInKorean {
		text = p.en.ReplaceAllString(text, p.ko)
	}
	return text
}

// table is a table of a report in the tongue.
func (l Tongue) table(t table) table {
	in := func(cells []string) []string {
		out := make([]string, len(cells))
		for i, c := range cells {
			out[i] = l.cell(c)
		}
		return out
	}
	t.Head = in(t.Head)
	t.Rows = slices.Clone(t.Rows)
	for i, r := range t.Rows {
		t.Rows[i] = append(slices.Clone(r[:t.Names]), in(r[t.Names:])...)
	}
	return t
}

// interval is as interval in a report; in Korean "34.8 % (34.0 ~ 35.5)".
func (l Tongue) interval(e stats.Estimate, scale stats.Number, unit string) string {
	return l.cell(interval(e, scale, unit))
}

// finding is a finding in the tongue: in Korean by its name, with its own words
// quoted.
func (l Tongue) finding(f stats.Finding) string {
	if l != Korean {
		return f.Text
	}
	text, where := f.Text, "전체"
	if n := len(f.Conditions); n > 0 {
		where = strings.Join(f.Conditions[:min(n, 4)], ", ")
		if n > 4 {
			where += fmt.Sprintf(" 외 %d개 조건", n-4)
		}
		for _, before := range []string{"in every condition: ", fmt.Sprintf("in %d conditions: ", n), strings.Join(f.Conditions, ", ") + ": "} {
			text = strings.TrimPrefix(text, before)
		}
	}
	name, known := findingsInKorean[f.Name]
	if !known {
		name = f.Name
	}
	return fmt.Sprintf("[%s] %s — 원문: “%s”", name, where, text)
}

// budget is what a selector may give up, in the tongue.
func (l Tongue) budget(text string) string {
	if l != Korean {
		return text
	}
	for _, p := range budgetsInKorean {
		text = p.en.ReplaceAllString(text, p.ko)
	}
	return text
}

// A pattern is how words around numbers are said.
type pattern struct {
	en *regexp.Regexp
	ko string
}

var patternsInKorean = []pattern{
	{regexp.MustCompile(`(\d[^()]*) to (−?\d)`), "${1} ~ ${2}"},
	{regexp.MustCompile(`\(needs (\d+)\)`), "(${1}회 필요)"},
	{regexp.MustCompile(`^undecided: needs (\d+) requests$`), "판정 보류(${1}회 필요)"},
	{regexp.MustCompile(`^(\d+) of (\d+)$`), "${2}개 중 ${1}개"},
	{regexp.MustCompile(`^(\d+) images$`), "영상 ${1}장"},
	{regexp.MustCompile(`^(\S+) down$`), "$1 하향"},
	{regexp.MustCompile(`^(\S+) up$`), "$1 상향"},
	{regexp.MustCompile(`^load (\d+ %), inference (\d+ %), others (\d+ %), idle (\d+ %)`), "배경 부하 $1, 추론 $2, 기타 $3, 유휴 $4"},
	{regexp.MustCompile(`held back by the quota (\d+ %) of the time`), "할당량 제한 $1"},
	{regexp.MustCompile(`something waiting (\d+ %)`), "대기 발생 $1"},
}

var budgetsInKorean = []pattern{
	{regexp.MustCompile(`^no bound$`), "제한 없음"},
	{regexp.MustCompile(`at most ([\d.]+) % below the most accurate model, relatively`), "가장 정확한 모델보다 상대 비율로 $1 % 이내로 낮은 모델"},
	{regexp.MustCompile(`at most ([\d.]+) points below the most accurate model`), "가장 정확한 모델보다 $1 %p 이내로 낮은 모델"},
	{regexp.MustCompile(` and at most ([\d.]+) % below it, relatively`), " 중 상대 비율로도 $1 % 이내인 모델"},
}

// findingsInKorean are the names of findings.
var findingsInKorean = map[string]string{
	stats.Network: "네트워크 불일치", stats.Lag: "링크 처리 지연", stats.Load: "배경 부하 불일치", stats.Generator: "요청 발송 지연", stats.Throttling: "노드 성능 제한",
	stats.Errors: "요청 실패", stats.NoPairs: "비교 쌍 없음", stats.Control: "대조 비교 불일치", stats.OrderEffect: "실행 순서 영향", stats.StandIn: "대체 선택기 사용",
	stats.TooFew: "표본 부족", stats.Trend: "시간적 추세", stats.Outliers: "이상값", stats.Skewed: "편중된 분포", stats.Decision: "선택 소요 시간", stats.Predicting: "예측 오차",
	stats.Regrets: "후회값 평가", stats.Incomplete: "시험 미완료", stats.Unmeasured: "미측정 값", stats.OddRecords: "기록 이상", stats.OfWorld: "시험 환경", stats.Multiple: "다중 비교",
}

// checksInKorean are what must hold, by the name of the check.
var checksInKorean = map[string]string{
	stats.Network: "대역폭·왕복 지연·손실률이 설정값과 허용 오차 이내로 일치함", stats.Lag: "링크의 패킷 처리 지연이 허용 범위 이내임", stats.Load: "배경 부하가 설정값과 허용 오차 이내로 일치함",
	stats.Generator: "요청이 예정된 시각에 발송됨", stats.Throttling: "노드가 발열이나 할당량 때문에 제한되지 않음", stats.Errors: "실패한 요청의 비율이 허용 범위 이내임", stats.NoPairs: "비교할 수 있는 쌍이 있음",
	stats.StandIn: "대체 규칙이 아니라 해당 선택기가 결정함", stats.Control: "같은 것끼리의 대조 비교(A/A)에서 차이가 없음",
}

// inKorean are the words of tables.
var inKorean = map[string]string{
	"yes": "예", "no": "아니요", "not examined": "점검 대상 아님", "undecided": "판정 보류", "all": "전체", "arm": "구성", "baseline": "기준 구성", "asked only": "참고(질의만 수행)", "unknown": "알 수 없음",
	"condition": "조건", "link": "링크", "engine": "엔진", "rate asked": "설정 대역폭", "achieved": "측정값", "off by": "오차", "round trip asked": "설정 왕복 지연", "lost asked": "설정 손실률", "besides": "기타 설정",
	"node": "노드", "asked": "설정값", "off, second by second": "초 단위 오차", "busy with anything": "전체 사용률", "who had the CPUs": "CPU 사용 내역",
	"model": "모델", "size": "크기", "MACs": "MAC 연산 수", "accuracy": "정확도", "measured on": "측정 근거", "load": "적재 시간", "infer": "추론 시간", "what": "항목", "value": "값",
	"started": "시작 시각", "took": "소요 시간", "operating system": "운영체제", "processor": "프로세서", "memory": "메모리", "user": "실행 권한", "world": "시험 방식", "machine": "장비",
	"any: nothing here depends on it": "무관(결과가 장비에 의존하지 않음)", "answers": "응답 수", "mean t": "t 평균", "median": "중앙값", "t is": "t의 정의", "pairs": "쌍 수",
	"Δt, mean of ratios": "Δt(비율의 평균)", "ratio of means": "평균의 비율", "geometric mean": "기하 평균", "measured": "측정 정의(판정 기준)", "inference-only": "추론만", "warm end-to-end": "전 구간(모델 상주)",
	"cold end-to-end": "전 구간(모델 수신 포함)", "measured, mean of conditions": "측정 정의, 조건별 평균의 평균",
	"selector": "선택기", "takes part as": "참여 방식", "policy": "정책", "settings": "설정", "may use": "사용 가능 위치",
	"requests": "요청 수", "late or failed": "지연·실패", "on time": "기한 내 응답률", "attained": "기준 달성", "right and on time": "기한 내 정답률",
	"relay": "relay(사용자 공간)", "declared": "선언값",
}
