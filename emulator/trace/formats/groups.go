package formats

import (
	"fmt"
	"time"
)

// maxGroups is how many columns a file of several measurements may give.
const maxGroups = 4096

// A groups is a file of several measurements, each with times of its own: a
// table for each of them, of one column.
type groups struct {
	src    *lines
	step   time.Duration // of each table
	name   string        // of the column if there is only one
	order  []*table
	tables map[string]*table
	rows   int
}

func newGroups(l *lines, name string) *groups {
	return &groups{src: l, name: name, tables: make(map[string]*table)}
}

// add adds a row to the group of that name, which is a rate that holds from at.
func (g *groups) add(group string, at time.Duration, rate float64) error {
	t, ok := g.tables[group]
	switch {
	case !ok && len(g.tables) == maxGroups:
		return g.src.bad(nil, "more than %d measurements: want a part of the file", maxGroups)
	case g.rows == maxValues:
		return g.src.bad(nil, "more than %d values: want a part of the file", maxValues)
	case !ok:
		t = newTable(g.src, holdStart, Rate, group)
		t.step = g.step
		g.tables[group] = t
		g.order = append(g.order, t)
	}
	g.rows++
	return t.add(at, rate)
}

// recording makes one Recording of all groups.
func (g *groups) recording(notes ...string) (*Recording, error) {
	if len(g.order) == 0 {
		return newTable(g.src, holdStart, Rate).recording()
	}
	all := &Recording{Notes: notes}
	if len(g.order) == 1 {
		g.order[0].cols[0].Name = g.name
	} else {
		all.Notes = append(all.Notes, fmt.Sprintf("%d measurements, a column each, which begins when the measurement did", len(g.order)))
	}
	for _, t := range g.order {
		name := t.cols[0].Name
		r, err := t.recording()
		if err != nil {
			return nil, err
		}
		for _, note := range r.Notes {
			all.Notes = append(all.Notes, name+": "+note)
		}
		all.Columns = append(all.Columns, r.Columns...)
	}
	return all, nil
}
