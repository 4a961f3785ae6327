package plots

import (
	"fmt"
	"html"
	"regexp"
	"strings"
	"testing"

	"github.com/testbed/testbed/plots/stats"
)

// TestReportIsWhole: the page asks for nothing from elsewhere, and names from
// a scenario stay text.
func TestReportIsWhole(t *testing.T) {
	run := synthetic(options{Seed: 1, Pairs: 6})
	evil := `<script>alert(1)</script>|*x*`
	run.Header.Title, run.Header.Conditions[0].ID = evil, evil
	for i := range run.Requests {
		if run.Requests[i].Condition == "2Mbps/idle/cold" {
			run.Requests[i].Condition = evil
		}
	}
	s, series := stats.Summarize(run), stats.Collect(run)
	figures, err := Figures(s, series)
	if err != nil {
		t.Fatal(err)
	}
	page, err := HTML(s, figures)
	if err != nil {
		t.Fatal(err)
	}
	md := string(Markdown(s, figures))
	if strings.Count(string(page), "<script") != 1 || strings.Contains(md, "<script") { // its own
		t.Error("a name became code")
	}
	if !strings.Contains(string(page), "&lt;script&gt;") || !strings.Contains(md, `&lt;script&gt;alert(1)&lt;/script&gt;\|\*x\*`) {
		t.Error("a name is missing")
	}
	for _, m := range regexp.MustCompile(`(?:(?:src|href)\s*=|url\()\s*["']?[^#"' >)][^"' >)]*|https?://[^"' >]+`).FindAllString(string(page), -1) {
		if !strings.Contains(m, "www.w3.org/") {
			t.Errorf("the page asks for %s", m)
		}
	}
	rows := 0
	for _, line := range strings.Split(md, "\n") {
		if strings.HasPrefix(line, "| &lt;script") && strings.Contains(line, "signs-resnet56") {
			rows++
			if n := len(regexp.MustCompile(`(^|[^\\])\|`).FindAllString(line, -1)); n != 12 { // eleven cells
				t.Errorf("%d bars in %s", n, line)
			}
		}
	}
	if rows != 1 {
		t.Errorf("%d rows of the renamed condition in the table, want 1", rows)
	}
}

// TestSigns: a number keeps its sign in texts, lists, cells and captions; the
// command is as it was given, and the script as its policy knows it.
func TestSigns(t *testing.T) {
	d := document{Sentence: "0 %", Sections: []section{{Blocks: []block{says("1 %"), list([]string{"2 %"}), grid(table{Head: []string{"3 %"}, Rows: [][]string{{"4 %"}}}),
		code([]string{"testbed run 'at 50 %.yaml'"}), {Figures: []Figure{{Caption: "5 %"}}}}}}}
	page, err := d.html()
	if err != nil {
		t.Fatal(err)
	}
	other, err := compareHTML([]compared{{Words: []string{"0 %"}, Misses: []string{"1 %"}, Notes: []string{"2 %"}, Legend: "3 %", Times: table{Head: []string{"4 %"}, Rows: [][]string{{"5 %"}}}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, got := range []string{html.UnescapeString(string(page)), html.UnescapeString(string(other))} {
		for i := range 6 {
			if want := fmt.Sprintf(">%d\u00a0%%<", i); !strings.Contains(got, want) {
				t.Errorf("no %q", want)
			}
		}
		if !strings.Contains(got, "<script>"+reportScript+"</script>") {
			t.Error("the script is another")
		}
	}
	if got := html.UnescapeString(string(page)); !strings.Contains(got, "<pre>testbed run 'at 50 %.yaml'\n") {
		t.Error("the command is another")
	}
}

// TestReportSays holds both reports to what a reader must find.
func TestReportSays(t *testing.T) {
	run := synthetic(options{Seed: 1, Pairs: 30})
	run.Checks[0].Links[0].Rate /= 2
	s := stats.Summarize(run)
	page, err := HTML(s, nil)
	if err != nil {
		t.Fatal(err)
	}
	text := regexp.MustCompile(`<[^>]*>`).ReplaceAllString(string(page), "")
	text = strings.NewReplacer("\u00a0", " ", "&#39;", "'", "&#43;", "+").Replace(text)
	md := strings.ReplaceAll(string(Markdown(s, nil)), `\_`, "_")
	for _, want := range []string{
		strings.TrimPrefix(s.Verdict.Sentence, s.Verdict.Result), "11 of 12 conditions are valid",
		"advanced chose signs-cnn in all of its 360 requests.",
		"Its choice was predicted to be the fastest of those considered in 360 of 360 decisions",
		"tolerance 5 %", "Δt = (1/n) Σ (t_b − t_a)/t_b", "30 times do not bear p90, p95, p99, which need 36, 72, 368",
		"testbed run scenarios/lowbw.yaml --out runs/lowbw --seed 1", "congestion_control", "onnxruntime 1.22.0", "cubic",
		s.Run.Hash, "one repetition", interval(s.Overall.Definitions[0].Saving.RatioOfMeans, 100, " %"), interval(s.Overall.Definitions[1].Saving.Geometric, 100, " %"),
	} {
		if !strings.Contains(text, want) {
			t.Errorf("report.html does not say %q", want)
		}
		if !strings.Contains(md, want) {
			t.Errorf("report.md does not say %q", want)
		}
	}
}

func TestQuote(t *testing.T) {
	for in, want := range map[string]string{"a/b.yaml": "a/b.yaml", "x=5Mbps": "x=5Mbps", "two words": "'two words'", "it's": `'it'\''s'`, "": "''"} {
		if got := quote(in); got != want {
			t.Errorf("quote(%q) = %s, want %s", in, got, want)
		}
	}
}

// TestReportJudges: the regret table has every selector, and what an ablation
// did not change, what failed, and what is due to the model alone are said; a
// run without replays has no such section.
func TestReportJudges(t *testing.T) {
	run := synthetic(options{Seed: 1, Pairs: 12, Judged: true, Cloud: true, Arms: 3})
	for i := range run.Decisions {
		if e := &run.Decisions[i]; e.Arm == "static:2" && e.Pair == 3 {
			e.Decision.Failed = "answered nonsense"
		}
	}
	s := stats.Summarize(run)
	page, err := HTML(s, nil)
	if err != nil {
		t.Fatal(err)
	}
	text := regexp.MustCompile(`<[^>]*>`).ReplaceAllString(string(page), "")
	text = strings.NewReplacer("\u00a0", " ", "&#39;", "'", "&#43;", "+").Replace(text)
	md := strings.ReplaceAll(string(Markdown(s, nil)), `\_`, "_")
	want := []string{
		"no-load (advanced-clean without load) chose the same at all 36 instants: the term changed no decision",
		"no-network (advanced-clean without network) chose differently at",
		"12 of 144 decisions were not its own, as it failed, but its fallback's.", "Failed 12 times: answered nonsense",
		interval(s.Overall.SamePlacement.Saving, 100, " %"), interval(s.Overall.Others[0].Saving.MeanOfRatios, 100, " %"),
		phaseErrorText(s.Predictions[1].Phases[5]), held(s.Predictions[1].Bound), "load 50 %, inference ",
	}
	for name, r := range s.Regret {
		want = append(want, judgedLabel(name, r))
	}
	for _, w := range want {
		if !strings.Contains(text, w) {
			t.Errorf("report.html does not say %q", w)
		}
		if !strings.Contains(md, w) {
			t.Errorf("report.md does not say %q", w)
		}
	}
	if plain := string(Markdown(stats.Summarize(synthetic(options{})), nil)); strings.Contains(plain, "Regret") {
		t.Error("a run without replays has a section of regret")
	}
}
