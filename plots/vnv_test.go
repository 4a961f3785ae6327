package plots

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/testbed/testbed/plots/stats"
	"github.com/testbed/testbed/runner/record"
)

// vnvSummary is of a run with all that a V&V document may have.
func vnvSummary() stats.Summary {
	run := synthetic(options{Seed: 1, Pairs: 30, Judged: true})
	run.Header.Require.Deadline, run.Header.Require.OnTime = 60*time.Millisecond, 0.9
	run.Checks[0].Links[0].Rate /= 2
	return stats.Summarize(run)
}

// TestVnVFollowsThePlan: both documents have its sections, in order and
// numbered, with the same numbers.
func TestVnVFollowsThePlan(t *testing.T) {
	s := vnvSummary()
	o := s.Overall.Saving.MeanOfRatios
	invalid := slices.IndexFunc(s.Conditions, func(c stats.Condition) bool { return !c.Valid })
	for l, want := range map[Tongue][]string{
		English: {"1. Purpose", "2. Test environment", "3. Test configurations", "3.1 Test configuration 1 (Baseline)", "3.2 Test configuration 2 (Advanced)", "4. Models", "5. Dataset", "6. Procedure",
			"7. Results", "7.1 Latency t_b, t_a and its saving Δt", "7.3 Difference of accuracy", "8. Verdict", "9. Remarks", "10. To reproduce"},
		Korean: {"1. 시험 목적", "2. 시험 환경", "3. 시험 구성", "3.1 시험 구성 1 (Baseline)", "3.2 시험 구성 2 (Advanced)", "4. 대상 모델", "5. 데이터셋", "6. 시험 절차",
			"7. 측정 결과", "7.1 지연시간 t_b, t_a와 단축률 Δt", "7.3 정확도 차이", "8. 판정", "9. 특이사항", "10. 재현 방법"},
	} {
		d := vnvOf(s, nil, l)
		md, from := strings.ReplaceAll(string(d.markdown("plots")), `\_`, "_"), 0
		for _, heading := range want {
			at := strings.Index(md[from:], "# "+heading+"\n")
			if at < 0 {
				t.Errorf("%s: no section %q after those before it", l, heading)
				continue
			}
			from += at
		}
		for _, number := range []string{(o.Value * 100).Fixed(1) + " %", (o.Low * 100).Fixed(1), (o.High * 100).Fixed(1), fmt.Sprint("n = ", s.Overall.Pairs), s.Run.Hash, "--seed 1",
			fmt.Sprintf("| %d | %s | %s |", s.Conditions[3].Pairs, s.Conditions[3].Arms[0].Latency.Mean.Millis(), s.Conditions[3].Arms[1].Latency.Mean.Millis()), // t_b before t_a
			percentRange(s.Conditions[3].Arms[1].OnTime.Share, stats.Range{Low: stats.Missing(), High: stats.Missing()}),
			s.Conditions[invalid].Reasons[0].Text} {
			if !strings.Contains(md, number) {
				t.Errorf("%s: the document does not have %q", l, number)
			}
		}
	}
}

// TestVnVIsKorean: every heading and every head of a table is, but for what is
// a symbol in any tongue; and nothing is left of a format.
func TestVnVIsKorean(t *testing.T) {
	d := vnvOf(vnvSummary(), nil, Korean)
	hangul, symbol := regexp.MustCompile(`\p{Hangul}`), regexp.MustCompile(`^p\d\d$`)
	for _, s := range d.Sections {
		words := []string{s.Heading}
		for _, b := range s.Blocks {
			words = append(append(words, b.Table.Head...), b.Texts...)
		}
		for _, w := range words {
			if !hangul.MatchString(w) && !symbol.MatchString(w) && !strings.HasPrefix(w, "Δt = ") {
				t.Errorf("%s: %q is not Korean", s.Heading, w)
			}
		}
	}
	if md := string(d.markdown("plots")); strings.Contains(md, "%!") || strings.Contains(md, "%%") {
		t.Error("a text was not formatted")
	}
}

// TestVnVKnowsFindings: each name of a finding has a word in Korean.
func TestVnVKnowsFindings(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join("stats", "finding.go"), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	names := 0
	ast.Inspect(file, func(n ast.Node) bool {
		if c, ok := n.(*ast.ValueSpec); ok && len(c.Values) == 1 {
			if lit, ok := c.Values[0].(*ast.BasicLit); ok && lit.Kind == token.STRING {
				names++
				if name, err := strconv.Unquote(lit.Value); err != nil || findingsInKorean[name] == "" {
					t.Errorf("finding %s has no Korean name", lit.Value)
				}
			}
		}
		return true
	})
	if names < 20 {
		t.Errorf("%d names of findings were found, want 20 or more", names)
	}
	for _, c := range vnvSummary().Verdict.Checks {
		if checksInKorean[c.Name] == "" {
			t.Errorf("check %s has no Korean words", c.Name)
		}
	}
}

func TestVnVSentence(t *testing.T) {
	yes, no := true, false
	s := stats.Summary{Status: "done", Conditions: []stats.Condition{{Valid: true}, {}}}
	s.Run.Arms, s.Run.Require.Confidence = []string{"greedy", "advanced"}, 0.95
	s.Overall.Pairs, s.Overall.Conditions = 120, 1
	s.Verdict = stats.Verdict{Result: stats.Pass, Requirements: []stats.Requirement{
		{Name: "saving", Bound: 0.2, Value: 0.341, Low: 0.3, High: 0.38, Met: &yes},
		{Name: "accuracy_drop", Bound: 0.1, Value: 0.012, Low: -0.004, High: 0.03, Met: nil}}}
	sentence := func() string { return (&vnv{Tongue: Korean, s: s}).sentence() }
	want := " (적합): 시험 구성 1(greedy) 대비 시험 구성 2(advanced)의 지연시간 단축률 Δt는 34.1 %이다(95 % 신뢰구간 30.0 ~ 38.0 %, 기준 20 % 이상, 충족). " +
		"정확도 차이는 1.2 %p이다(95 % 신뢰구간 −0.4 ~ 3.0 %p, 기준 10 %p 이하, 판정 보류). 120쌍, 조건 2개 중 1개 유효."
	if diff := cmp.Diff(want, sentence()); diff != "" {
		t.Error(diff)
	}
	s.Verdict.Requirements[1].Low, s.Run.Unscored, s.Status = stats.Missing(), "nothing looks at an image", "interrupted"
	for _, part := range []string{"1.2 %p이다(공표값, 기준", "상태: interrupted"} {
		if !strings.Contains(sentence(), part) {
			t.Errorf("%q does not say %q", sentence(), part)
		}
	}
	s.Verdict = stats.Verdict{Result: stats.Invalid, Checks: []stats.Check{{Name: stats.Network, Held: &yes}, {Name: stats.Lag, Held: &no}, {Name: stats.Control}}}
	if got, want := sentence(), " (무효): 유효성 점검을 충족하지 못하여 판정하지 않는다(링크 처리 지연). 조건 2개 중 1개가 유효하다."; !strings.HasPrefix(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestTongue(t *testing.T) {
	for in, want := range map[string]string{
		"yes": "예", "resnet18": "resnet18", "3 of 12": "12개 중 3개", "– (needs 368)": "– (368회 필요)", "18 ms (17.9 ms to 18.1 ms)": "18 ms (17.9 ms ~ 18.1 ms)",
		"−1.4 to 6.9": "−1.4 ~ 6.9", "2.0 (−2.0 to 6.4)": "2.0 (−2.0 ~ 6.4)", "edge down": "edge 하향", "8000 images": "영상 8000장", "undecided: needs 90 requests": "판정 보류(90회 필요)",
		"load 70 %, inference 4 %, others 2 %, idle 24 %, something waiting 10 %": "배경 부하 70 %, 추론 4 %, 기타 2 %, 유휴 24 %, 대기 발생 10 %",
	} {
		if got := Korean.cell(in); got != want {
			t.Errorf("cell %q: %q, want %q", in, got, want)
		}
		if got := English.cell(in); got != in {
			t.Errorf("an English cell %q became %q", in, got)
		}
	}
	for in, want := range map[string]string{ // all shapes that stats gives
		"no bound": "제한 없음",
		"at most 10 points below the most accurate model":                                      "가장 정확한 모델보다 10 %p 이내로 낮은 모델",
		"at most 7.5 % below the most accurate model, relatively":                              "가장 정확한 모델보다 상대 비율로 7.5 % 이내로 낮은 모델",
		"at most 10 points below the most accurate model and at most 5 % below it, relatively": "가장 정확한 모델보다 10 %p 이내로 낮은 모델 중 상대 비율로도 5 % 이내인 모델",
	} {
		if got := Korean.budget(in); got != want {
			t.Errorf("budget %q: %q, want %q", in, got, want)
		}
	}
	f := stats.Finding{Name: stats.Lag, Text: "a, b: late by 2 ms", Conditions: []string{"a", "b"}}
	if got, want := Korean.finding(f), "[링크 처리 지연] a, b — 원문: “late by 2 ms”"; got != want {
		t.Errorf("finding: %q, want %q", got, want)
	}
}

// TestVnVPurpose: the baseline is said to be what it is.
func TestVnVPurpose(t *testing.T) {
	s := vnvSummary()
	for policy, want := range map[string]string{"greedy": "always taking the most accurate model (test configuration 1", "other": "choosing as the baseline does (test configuration 1"} {
		s.Run.Selectors[0].Policy = policy
		if d := vnvOf(s, nil, English); !strings.Contains(d.Sections[0].Blocks[0].Texts[0], want) {
			t.Errorf("%s: %q, want %q", policy, d.Sections[0].Blocks[0].Texts, want)
		}
	}
}

// TestNamesAreKept: what a user named is not translated, though it be a word
// of ours.
func TestNamesAreKept(t *testing.T) {
	s := stats.Summary{Conditions: []stats.Condition{{Label: "load", Links: []stats.Link{{Node: "edge", Direction: "down"}},
		Background: []stats.Background{{Node: "edge", Resource: "cpu"}}, Arms: []stats.Arm{{Selector: "all", OnTime: &stats.OnTime{}}}}}}
	s.Run.Models, s.Run.Selectors = []stats.ModelInfo{{Name: "model"}}, []record.Selector{{Name: "all"}}
	for _, tt := range []struct {
		name string
		t    table
		want []string
		head string
	}{
		{"links", links(s), []string{"load", "edge 하향"}, "조건"}, {"load", load(s), []string{"load", "edge cpu"}, "조건"}, {"percentiles", percentileTable(s), []string{"load", "all"}, "조건"},
		{"on time", onTimeTable(s), []string{"load", "all"}, "조건"}, {"models", modelTable(s), []string{"model"}, "모델"}, {"selectors", selectorTable(s), []string{"all", "기준 구성"}, "선택기"},
	} {
		got := Korean.table(tt.t)
		if diff := cmp.Diff(tt.want, got.Rows[0][:len(tt.want)]); diff != "" || got.Head[0] != tt.head {
			t.Errorf("%s: head %q, row (-want +got):\n%s", tt.name, got.Head[0], diff)
		}
	}
}

// TestWriteVnV: both forms are written, and Markdown finds its figures from
// wherever it is.
func TestWriteVnV(t *testing.T) {
	d := twoArms()
	if d.err != nil {
		t.Fatal(d.err)
	}
	dir, away := t.TempDir(), t.TempDir()
	if _, err := Draw(d.summary, d.series, dir); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{filepath.Join(dir, "vnv.ko.md"), filepath.Join(away, "v.MD"), filepath.Join(away, "v.html")} {
		if err := WriteVnV(path, dir, d.summary, d.figures, Korean); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(path, "html") {
			if !strings.Contains(string(data), `<html lang="ko">`) || strings.Count(string(data), "<svg") < 4 {
				t.Errorf("%s is not the page", path)
			}
			continue
		}
		figures := regexp.MustCompile(`\]\(([^)]*\.svg)\)`).FindAllStringSubmatch(string(data), -1)
		if len(figures) < 4 {
			t.Errorf("%s has %d figures", path, len(figures))
		}
		for _, f := range figures {
			if _, err := os.Stat(filepath.Join(filepath.Dir(path), f[1])); err != nil {
				t.Errorf("%s: %v", path, err)
			}
		}
	}
}
