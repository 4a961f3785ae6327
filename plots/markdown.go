package plots

import (
	"fmt"
	"strings"
)

// A markdown is a page being written, a block at a time.
type markdown struct{ strings.Builder }

// line writes a block and the empty line after it.
func (m *markdown) line(s string) { m.WriteString(s + "\n\n") }

func (m *markdown) lines(blocks []string) {
	for _, b := range blocks {
		m.line(inline(b))
	}
}

// list writes a list; nothing if it is empty.
func (m *markdown) list(items []string) {
	for _, i := range items {
		m.WriteString("- " + inline(i) + "\n")
	}
	if len(items) > 0 {
		m.WriteString("\n")
	}
}

// section writes a heading, texts and a table; nothing if the table has no rows.
func (m *markdown) section(heading string, words []string, t table) {
	if len(t.Rows) == 0 {
		return
	}
	m.line(heading)
	m.lines(words)
	m.table(t)
}

// block writes a block of a document, with figures by their files in the folder
// plots, each with a heading that begins with mark.
func (m *markdown) block(b block, plots, mark string) {
	m.lines(b.Texts)
	m.list(b.List)
	m.table(b.Table)
	if len(b.Code) > 0 {
		m.line("```sh\n" + strings.Join(b.Code, "\n") + "\n```")
	}
	for _, f := range b.Figures {
		m.line(mark + inline(f.Title))
		m.line(fmt.Sprintf("[![%s](%s/%s.png)](%[2]s/%[3]s.svg)", inline(f.Title), plots, f.Name))
		m.line(inline(f.Caption))
	}
}

// table writes a table; nothing if it has no rows.
func (m *markdown) table(t table) {
	if len(t.Rows) == 0 {
		return
	}
	rule := make([]string, len(t.Head))
	for i := range rule {
		rule[i] = "---"
		if t.Right(i) {
			rule[i] = "---:"
		}
	}
	m.row(t.Head)
	m.row(rule)
	for _, r := range t.Rows {
		m.row(r)
	}
	m.WriteString("\n")
}

func (m *markdown) row(cells []string) {
	for _, c := range cells {
		m.WriteString("| " + inline(c) + " ")
	}
	m.WriteString("|\n")
}

// inline is text that is nothing but text in Markdown, in one line.
func inline(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	return strings.NewReplacer("|", `\|`, "<", "&lt;", ">", "&gt;", "*", `\*`, "`", "\\`", "_", `\_`, "[", `\[`, "]", `\]`).Replace(s)
}
