package view

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestPalette: the page has the colours of the figures in a report.
func TestPalette(t *testing.T) {
	theme, err := os.ReadFile("../theme.go")
	if err != nil {
		t.Fatal(err)
	}
	script, err := assets.ReadFile("assets/common.js")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, m := range regexp.MustCompile(`(?m)^\t(\w+) += rgb\(0x([0-9A-F]{6})\)`).FindAllStringSubmatch(string(theme), -1) {
		if strings.Contains("black orange sky green yellow blue vermillion purple grey", m[1]) {
			if n++; !strings.Contains(string(script), m[1]+" = '#"+m[2]+"'") {
				t.Errorf("%s is #%s in a report, and another here", m[1], m[2])
			}
		}
	}
	if n != 9 {
		t.Errorf("%d colours, want 9", n)
	}
	list := func(text, pattern string) string {
		m := regexp.MustCompile(pattern).FindStringSubmatch(text)
		if m == nil {
			t.Fatalf("no %s", pattern)
		}
		return strings.Join(strings.Fields(strings.ReplaceAll(m[1], ",", " ")), " ")
	}
	arms, models := list(string(script), `const arms = \[(.*)\]`), list(string(script), `const options = \[(.*)\]`)
	if of := list(string(theme), `NRGBA\{(vermillion, blue[^}]*)\}\[i%12\]`); of != strings.ReplaceAll(arms, "darker(", "dark(") {
		t.Errorf("arms are %s here, and %s there", arms, of)
	}
	if of := list(string(theme), `NRGBA\{(orange, sky, green, purple, yellow[^}]*)\}`); of != models {
		t.Errorf("options are %s here, and %s there", models, of)
	}
	for here, there := range map[string]string{"x * 11 / 20": "uint16(x) * 11 / 20", "c === black ? '#555555'": "c == black:\n\t\treturn rgb(0x555555)"} {
		if !strings.Contains(string(script), here) || !strings.Contains(string(theme), there) {
			t.Errorf("no %q here, or no %q there: darker colours differ", here, there)
		}
	}
}
