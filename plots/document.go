package plots

import "slices"

// A document is a report before it has a form: texts, lists, tables and figures
// by section. All its forms are made from it, so that they say the same.
type document struct {
	Lang     string // of its words, as HTML names it: en or ko
	Title    string
	Result   string // of the verdict
	Sentence string // what follows the Result
	Contents string // what its table of contents is called
	Sections []section
}

// A section has a heading and what follows it.
type section struct {
	ID      string // for links to it
	Heading string
	Part    bool // of the section before it
	Blocks  []block
}

// A block is what it has of these, in this order.
type block struct {
	Texts   []string
	List    []string
	Table   table // if it has a head but no rows, there is no block: its texts would explain nothing
	Code    []string
	Figures []Figure
}

// A table has a row of names and rows of cells. Columns from Numbers on are set
// to the right, but for the last Words. The first Names hold the names of a
// user's things, which are the same in all tongues.
type table struct {
	Head    []string
	Rows    [][]string
	Numbers int
	Words   int
	Names   int
}

func says(texts ...string) block          { return block{Texts: texts} }
func list(items []string) block           { return block{List: items} }
func grid(t table, texts ...string) block { return block{Table: t, Texts: texts} }
func code(lines []string) block           { return block{Code: lines} }
func (t table) Right(column int) bool     { return column >= t.Numbers && column < len(t.Head)-t.Words }
func (d *document) add(id, heading string, blocks ...block) {
	d.append(section{ID: id, Heading: heading, Blocks: blocks})
}

// part adds a part of the section before.
func (d *document) part(id, heading string, blocks ...block) {
	d.append(section{ID: id, Heading: heading, Part: true, Blocks: blocks})
}

// append adds a section, unless there is nothing in it.
func (d *document) append(s section) {
	s.Blocks = slices.DeleteFunc(s.Blocks, block.empty)
	if len(s.Blocks) > 0 {
		d.Sections = append(d.Sections, s)
	}
}

func (b block) empty() bool {
	if len(b.Table.Head) > 0 {
		return len(b.Table.Rows) == 0
	}
	return len(b.Texts)+len(b.List)+len(b.Code)+len(b.Figures) == 0
}

// longCell is from how many letters on a cell is set as text, over lines.
const longCell = 34

// Class is how a cell is set: names and numbers in one line, text in several.
func (t table) Class(column int, cell string) string {
	switch {
	case len([]rune(cell)) > longCell:
		return "long"
	case t.Right(column):
		return "n"
	}
	return "k"
}
