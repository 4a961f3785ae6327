package plots

import (
	"fmt"
	"strings"

	"github.com/testbed/testbed/plots/stats"
)

// Kinds are the figures that there are: those of a report, in its order, and
// others.
func Kinds() (out []Kind) {
	for _, k := range append(kinds(), asked()...) {
		out = append(out, k.Kind)
	}
	return out
}

// One draws one figure in a format, pdf, svg or png. Its Caption says what the
// line below a title says, too. Where there are no data it has a Note and
// nothing is drawn.
func One(s stats.Summary, series stats.Series, name, format string, form Form) ([]byte, Figure, error) {
	for _, k := range append(kinds(), asked()...) {
		if k.Name != name {
			continue
		}
		p, note := k.page(s, series, form)
		if note != "" {
			return nil, Figure{Name: k.Name, Title: k.Title, Note: note}, nil
		}
		data, note, err := p.as(format)
		return data, Figure{Name: p.name, Title: p.title, Caption: strings.TrimSuffix(p.subtitle, ".") + ". " + p.caption, Note: note}, err
	}
	return nil, Figure{}, fmt.Errorf("figure %q: there is none of that name", name)
}
