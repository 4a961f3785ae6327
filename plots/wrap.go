package plots

import (
	"strings"
	"unicode"

	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
)

// wrap breaks a text into lines no wider than room: at spaces, and after what
// joins names. What has no such place is shortened.
func wrap(sty text.Style, s string, room vg.Length) (lines []string) {
	if s == "" || sty.Width(s) <= room {
		return []string{s}
	}
	line := ""
	for _, part := range parts(s) {
		if line != "" && sty.Width(strings.TrimRight(line+part, " ")) > room {
			lines, line = append(lines, shorten(sty, strings.TrimRight(line, " "), room)), ""
		}
		line += part
	}
	return append(lines, shorten(sty, strings.TrimRight(line, " "), room))
}

// parts are the parts of a text between which a line may end. A number keeps
// its unit, an equation is one, and so is what stands in brackets.
func parts(s string) (out []string) {
	letters := []rune(s)
	from, depth := 0, 0
	for i := range len(letters) - 1 {
		switch letters[i] {
		case '(':
			depth++
		case ')':
			depth = max(depth-1, 0)
		}
		if depth == 0 && mayEnd(letters, i) {
			out, from = append(out, string(letters[from:i+1])), i+1
		}
	}
	return append(out, string(letters[from:]))
}

// mayEnd says whether a line may end after letter i, which is not the last.
func mayEnd(letters []rune, i int) bool {
	next := letters[i+1]
	switch at := letters[i]; {
	case at == ' ':
		return i > 0 && !strings.ContainsRune(" =≥≤×%·—", next) && !strings.ContainsRune("=≥≤×−", letters[i-1])
	case at == '-':
		return i > 0 && unicode.IsLetter(letters[i-1]) && unicode.IsLetter(next)
	default:
		return strings.ContainsRune("/→,+:", at) && next != ' '
	}
}

// shorten is a text no wider than room: its beginning and its end, which tells
// it from others, with an ellipsis between.
func shorten(sty text.Style, s string, room vg.Length) string {
	if sty.Width(s) <= room {
		return s
	}
	letters := []rune(s)
	for n := len(letters) - 1; n > 1; n-- {
		head := (2*n + 2) / 3
		short := strings.TrimRight(string(letters[:head]), " ") + "…" + strings.TrimLeft(string(letters[len(letters)-(n-head):]), " ")
		if sty.Width(short) <= room {
			return short
		}
	}
	return "…"
}

// inLines is a text in at most most lines no wider than room, the last of them
// shortened if need be.
func inLines(sty text.Style, s string, room vg.Length, most int) string {
	lines := wrap(sty, s, room)
	if len(lines) > most {
		rest := strings.Join(lines[most-1:], " ")
		lines = append(lines[:most-1:most-1], shorten(sty, rest, room))
	}
	return strings.Join(lines, "\n")
}
