package plots

import (
	"bytes"
	"fmt"
	"html"
	"image/png"
	"math"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gonum.org/v1/plot/vg"

	"github.com/testbed/testbed/plots/stats"
)

// A spot is where a text of an SVG lies, in its units from the lower left.
type spot struct {
	x0, y0, x1, y1 float64
	size           float64
	turned         bool
	text           string
}

var textOfSVG = regexp.MustCompile(`(?s)<text x="([-\d.e+]+)" y="([-\d.e+]+)" transform="scale\(1, -1\)"[^>]*font-weight:(\w+)[^>]*font-size:([\d.]+)px[^>]*>([^<]*)</text>`)

// spots are all texts of an SVG. Widths are those of the font.
func spots(svg string) (all []spot) {
	for _, m := range textOfSVG.FindAllStringSubmatchIndex(svg, -1) {
		var x, y, size float64
		fmt.Sscan(svg[m[2]:m[3]], &x)
		fmt.Sscan(svg[m[4]:m[5]], &y)
		fmt.Sscan(svg[m[8]:m[9]], &size)
		s := spot{text: html.UnescapeString(svg[m[10]:m[11]]), size: size, turned: rotated(svg[:m[0]])}
		sty := style(size, ink)
		if svg[m[6]:m[7]] == "bold" {
			sty = bold(size, ink)
		}
		width := sty.Width(s.text).Points()
		s.x0, s.y0, s.x1, s.y1 = x, -y-0.21*size, x+width, -y+0.73*size // descent and height of capitals
		if s.turned {                                                   // by a quarter, counter-clockwise
			s.x0, s.y0, s.x1, s.y1 = -s.y1, x, -s.y0, x+width
		}
		all = append(all, s)
	}
	return all
}

// sizeOf is the size of an SVG in millimetres and in its own units.
func sizeOf(t *testing.T, svg []byte) (mmW, mmH, w, h float64) {
	t.Helper()
	if _, err := fmt.Sscanf(string(svg), "<svg width=\"%gmm\" height=\"%gmm\" viewBox=\"0 0 %g %g\"", &mmW, &mmH, &w, &h); err != nil {
		t.Fatalf("SVG begins %q: %v", svg[:80], err)
	}
	return mmW, mmH, w, h
}

// TestEveryWidth: at every width each figure is as wide as asked, its letters
// are not smaller than 6.5 points on paper, and no text lies on another or
// reaches out of the page.
func TestEveryWidth(t *testing.T) {
	two, crowded, mapped := twoArms(), twelveArms(), atlasFigures()
	for _, d := range []drawn{two, crowded, {summary: mapped.summary, series: mapped.series}} {
		widths := []float64{LeastWidth, 85, 170, reportWidth}
		if len(d.series.Arms) == 2 {
			widths = append(widths, 120, MostWidth)
		}
		for _, width := range widths {
			for _, k := range append(kinds(), asked()...) {
				svg, f, err := One(d.summary, d.series, k.Name, "svg", Form{Width: width})
				if err != nil {
					t.Fatal(err)
				}
				if f.Note != "" {
					if strings.Contains(f.Note, "not drawn") {
						t.Errorf("%s at %v mm: %s", k.Name, width, f.Note)
					}
					continue
				}
				checkTexts(t, fmt.Sprintf("%s of %d arms at %v mm", k.Name, len(d.series.Arms), width), svg, width)
			}
		}
	}
}

func checkTexts(t *testing.T, name string, svg []byte, width float64) {
	t.Helper()
	mmW, mmH, w, h := sizeOf(t, svg)
	points := mmW / w * 72 / 25.4 // on paper, of a unit of the SVG
	if math.Abs(mmW-width) > 0.01 || math.Abs(mmH/h-mmW/w) > 1e-4*mmW/w {
		t.Errorf("%s: %v × %v mm, of %v × %v", name, mmW, mmH, w, h)
	}
	all := spots(string(svg))
	if len(all) < 8 {
		t.Errorf("%s: found %d texts", name, len(all))
	}
	for i, a := range all {
		if a.size*points < 6.5 {
			t.Errorf("%s: %q has %.1f points", name, a.text, a.size*points)
		}
		if a.x0 < -0.5 || a.x1 > w+0.5 || a.y0 < -0.5 || a.y1 > h+0.5 {
			t.Errorf("%s: %q reaches out of the page: %.0f to %.0f of %.0f, %.0f to %.0f of %.0f", name, a.text, a.x0, a.x1, w, a.y0, a.y1, h)
		}
		for _, b := range all[:i] {
			if over := min(a.x1, b.x1) - max(a.x0, b.x0); over > 0.6 && min(a.y1, b.y1)-max(a.y0, b.y0) > 0.25*a.size {
				t.Errorf("%s: %q lies on %q", name, a.text, b.text)
			}
		}
	}
}

// TestPDF: a PDF has the size asked for, its fonts, all letters as text, no
// dates and the same bytes each time. 85 mm are 85/25.4·72 = 240.94 points.
// Without pdftotext the last is skipped: that the letters can be read as text.
func TestPDF(t *testing.T) {
	d := twoArms()
	draw := func() []byte {
		data, f, err := One(d.summary, d.series, "savings", "pdf", Form{Width: 85})
		if err != nil || f.Note != "" {
			t.Fatal(err, f.Note)
		}
		return data
	}
	data := draw()
	if !bytes.Equal(data, draw()) {
		t.Error("a second time the bytes are others")
	}
	for _, want := range []string{"%PDF-1.", "/MediaBox [0 0 240.94 ", "/FontFile2", "/ToUnicode"} {
		if !bytes.Contains(data, []byte(want)) {
			t.Errorf("the PDF has no %s", want)
		}
	}
	for _, not := range []string{"CreationDate", "ModDate"} {
		if bytes.Contains(data, []byte(not)) {
			t.Errorf("the PDF has a %s", not)
		}
	}
	program, err := exec.LookPath("pdftotext")
	if err != nil {
		t.Skip("pdftotext is not here to read it")
	}
	cmd := exec.Command(program, "-layout", "-", "-")
	cmd.Stdin = bytes.NewReader(data)
	out, err := cmd.CombinedOutput()
	for _, want := range []string{"What advanced saves, and what it costs", "Δt, saving in % of the baseline's time", "asked: ≥ 20 %", interval(d.summary.Overall.Saving.MeanOfRatios, 100, " %")} {
		if err != nil || !strings.Contains(string(out), want) {
			t.Errorf("pdftotext (%v) does not say %q: %.600s", err, want, out)
		}
	}
}

// TestPNG: 85 mm at 300 dots per inch are 85/25.4·300 = 1003.9 dots, and 300
// dots per inch are 300/0.0254 = 11811 per metre.
func TestPNG(t *testing.T) {
	d := twoArms()
	data, _, err := One(d.summary, d.series, "boxes", "png", Form{Width: 85, DPI: 300})
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(data)) // which checks sums
	if err != nil {
		t.Fatal(err)
	}
	if got := img.Bounds().Dx(); got != 1004 {
		t.Errorf("%d dots, want 1004", got)
	}
	if want := "\x00\x00\x00\x09pHYs\x00\x00\x2e\x23\x00\x00\x2e\x23\x01"; string(data[33:33+len(want)]) != want {
		t.Errorf("after IHDR: %q, want %q", data[33:33+len(want)], want)
	}
}

// TestForm: no title and no line below it where a paper has a caption; another
// one where it was given; and an axis that is logarithmic though times span
// little.
func TestForm(t *testing.T) {
	d := twoArms()
	of := func(form Form) (string, string) {
		svg, f, err := One(d.summary, d.series, "boxes", "svg", form)
		if err != nil || f.Note != "" {
			t.Fatal(err, f.Note)
		}
		return strings.Join(texts(t, svg), "\n"), f.Caption
	}
	own, caption := of(Form{})
	bare, same := of(Form{Bare: true})
	other, _ := of(Form{Title: "Mine"})
	const title, below = "Times across conditions", "box: quartiles"
	if !strings.Contains(own, title) || !strings.Contains(own, below) || strings.Contains(bare, title) || strings.Contains(bare, below) ||
		strings.Contains(other, title) || !strings.Contains(other, "Mine") {
		t.Errorf("own %q\nbare %q\nother %q", own, bare, other)
	}
	if !strings.Contains(caption, below) || caption != same {
		t.Errorf("captions %q and %q, want the same, with %q", caption, same, below)
	}
	for format, want := range map[string]string{"svg": "<title>Mine</title>", "pdf": "M\x00i\x00n\x00e"} { // UTF-16
		if data, f, err := One(d.summary, d.series, "boxes", format, Form{Title: "Mine"}); err != nil || f.Title != "Mine" || !strings.Contains(string(data), want) {
			t.Errorf("%s: %v, title %q, want %q in it", format, err, f.Title, want)
		}
	}
	p := newPlot("")
	Form{Log: true}.timeAxis(&p.X, 12, 19, 5)
	var marks []string
	for _, m := range p.X.Tick.Marker.Ticks(p.X.Min, p.X.Max) {
		marks = append(marks, m.Label)
	}
	if at := p.X.Norm(15.1); math.Abs(at-0.5) > 0.01 || len(marks) < 2 { // √(12·19) = 15.1
		t.Errorf("15.1 ms is at %v of the axis, with marks %v", at, marks)
	}
	if _, _, err := One(d.summary, d.series, "boxes", "gif", Form{}); err == nil {
		t.Error("a GIF was drawn")
	}
}

// TestWrap: lines break at spaces and after what joins names, a number keeps
// its unit, and what fits nowhere loses its middle.
func TestWrap(t *testing.T) {
	sty := style(10, ink)
	for _, tt := range []struct {
		text string
		room string // as wide as this
		want []string
	}{
		{"idle", "idle", []string{"idle"}},
		{"5Mbps · idle · cold", "5Mbps · idle · c", []string{"5Mbps · idle ·", "cold"}},
		{"saves 20 % of t", "saves 20 ", []string{"saves", "20 % of t"}},
		{"warm (n = 150 each)", "warm (n = 150 eac", []string{"warm", "(n = 150 each)"}},
		{"edge→cloud", "edge→clo", []string{"edge→", "cloud"}},
		{"a-very-long-name 1", "a-very-longname", []string{"a-very-long-", "name 1"}},
		{"efficientnetversion7", "efficientnetv7…", []string{"efficientn…ion7"}},
	} {
		if diff := cmp.Diff(tt.want, wrap(sty, tt.text, sty.Width(tt.room)+0.01)); diff != "" {
			t.Errorf("wrap(%q, as %q) (-want +got):\n%s", tt.text, tt.room, diff)
		}
	}
	if got := inLines(sty, "one two three four", sty.Width("one two"), 2); got != "one two\nthre…r" {
		t.Errorf("in two lines: %q", got)
	}
}

// TestPercentileMarks: those that the data bear are marked, each where its
// value is, in the colour of its arm.
func TestPercentileMarks(t *testing.T) {
	p := newPlot("")
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = 0, 100, 0, 1
	none := stats.Missing()
	p.Add(percentiles(stats.Latency{P50: 20, P95: 60, P99: none}, armColor(1)))
	svg := drawAlone(t, p)
	fills := regexp.MustCompile(`fill:#([0-9A-F]{6})`).FindAllStringSubmatch(svg, -1)
	count := map[string]int{}
	for _, m := range fills {
		count[m[1]]++
	}
	if count["0072B2"] != 2 {
		t.Errorf("%d marks in the colour of the arm, want 2: %v", count["0072B2"], count)
	}
}

// TestSureRows: bold is a valid condition whose adjusted p value is at most
// 5 %, and no mean of conditions.
func TestSureRows(t *testing.T) {
	condition := func(p stats.Number, valid bool) (c stats.Condition) {
		c.Valid, c.Test = valid, stats.Test{P: p, Holm: p}
		return c
	}
	s := stats.Summary{Conditions: []stats.Condition{condition(0.05, true), condition(0.051, true), condition(0.01, false), condition(stats.Missing(), true)}}
	s.Run.Require.Confidence, s.Overall.Pairs = 0.95, 4
	saving, drop := forests(s)
	var got []bool
	for i, e := range saving.effects {
		got = append(got, e.sure)
		if drop.effects[i].sure {
			t.Errorf("row %d of the accuracy is bold", i)
		}
	}
	if diff := cmp.Diff([]bool{true, false, false, false, false, false}, got); diff != "" {
		t.Errorf("bold rows (-want +got):\n%s", diff)
	}
}

// TestPDFPlaces: a point is counted from the upper left corner, as much smaller
// as the page is. Of a page 200 points high at 0.8, (10, 20) is (8, 144); with
// axes turned by a quarter about (100, 50), x is up and y is to the left:
// (10, 20) is (80, 60) before, and (64, 112) after.
func TestPDFPlaces(t *testing.T) {
	c := newPDF(vg.Points(300), vg.Points(200), 0.8)
	check := func(wantX, wantY float64) {
		t.Helper()
		if x, y := c.at(vg.Point{X: vg.Points(10), Y: vg.Points(20)}); math.Abs(x-wantX) > 1e-9 || math.Abs(y-wantY) > 1e-9 {
			t.Errorf("at %v, %v, want %v, %v", x, y, wantX, wantY)
		}
	}
	check(8, 144)
	c.Push()
	c.Translate(vg.Point{X: vg.Points(100), Y: vg.Points(50)})
	c.Rotate(math.Pi / 2)
	check(64, 112)
	c.Pop()
	check(8, 144)
}

// TestLongKey: an entry of a legend is no wider than the page.
func TestLongKey(t *testing.T) {
	p := page{form: Form{Width: 85}, legend: []key{{label: strings.Repeat("signs-resnet56@cloud", 5), mark: fill, color: ink}}}
	label := p.legendRows()[0][0].label
	if w := style(textSize, ink).Width(label); w > p.form.inner() || !strings.Contains(label, "…") {
		t.Errorf("%q is %v wide", label, w)
	}
}
