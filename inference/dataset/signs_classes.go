package dataset

import "math"

// A sign is what one class looks like before the camera spoils it.
type sign struct {
	name        string
	shape       outline
	rim, face   paint
	symbol      []mark
	symbolPaint paint
}

// A paint is the nominal colour of a part of a sign, 0 to 1 a channel.
type paint struct{ r, g, b float64 }

var (
	red    = paint{0.78, 0.10, 0.12}
	white  = paint{0.93, 0.93, 0.90}
	black  = paint{0.08, 0.08, 0.09}
	grey   = paint{0.45, 0.45, 0.47}
	blue   = paint{0.08, 0.28, 0.68}
	yellow = paint{0.95, 0.75, 0.10}
	green  = paint{0.10, 0.60, 0.25}
)

// A mark is a piece of a symbol, in a frame where the sign's outline has
// radius 1, x to the right and y down. Exactly one of its forms is set.
type mark struct {
	text   string  // written with the Go Bold font, centred
	size   float64 // of text: height of a capital
	line   []point // a stroke through these points
	width  float64 // of line
	disc   float64 // a disc of this radius about at
	at     point
	fill   *paint // nil: the symbol's paint
	closed bool   // line is filled as a polygon
}

type point struct{ x, y float64 }

func text(s string, size float64) []mark { return []mark{{text: s, size: size}} }

func stroke(w float64, pts ...point) mark { return mark{line: pts, width: w} }

func polygon(pts ...point) mark { return mark{line: pts, closed: true} }

// slash is the diagonal stroke of signs that end a rule.
var slash = stroke(0.16, point{-0.62, 0.62}, point{0.62, -0.62})

// arrow is a straight arrow from a to b with a head of the given size.
func arrow(a, b point, w, head float64) []mark {
	dx, dy := b.x-a.x, b.y-a.y
	n := math.Hypot(dx, dy)
	dx, dy = dx/n, dy/n
	base := point{b.x - head*dx, b.y - head*dy}
	return []mark{
		stroke(w, a, base),
		polygon(b, point{base.x - head*0.8*dy, base.y + head*0.8*dx}, point{base.x + head*0.8*dy, base.y - head*0.8*dx}),
	}
}

func mirrored(marks []mark) []mark {
	out := make([]mark, len(marks))
	for i, m := range marks {
		m.at.x = -m.at.x
		pts := make([]point, len(m.line))
		for j, p := range m.line {
			pts[j] = point{-p.x, p.y}
		}
		m.line = pts
		out[i] = m
	}
	return out
}

func join(parts ...[]mark) (all []mark) {
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

var (
	turnRight = join([]mark{stroke(0.22, point{-0.35, 0.55}, point{-0.35, 0.0}, point{0.1, 0.0})},
		arrow(point{0, 0}, point{0.62, 0}, 0.22, 0.36))
	aheadOrRight = join(arrow(point{-0.2, 0.6}, point{-0.2, -0.62}, 0.2, 0.32),
		arrow(point{-0.2, 0.25}, point{0.58, 0.25}, 0.2, 0.3))
	keepRight   = arrow(point{-0.45, -0.45}, point{0.5, 0.5}, 0.22, 0.4)
	curveRight  = []mark{stroke(0.17, point{-0.15, 0.5}, point{-0.15, 0.1}, point{0.05, -0.1}, point{0.3, -0.2}), polygon(point{0.5, -0.25}, point{0.2, -0.42}, point{0.25, 0})}
	pedestrian  = []mark{{disc: 0.13, at: point{0.02, -0.32}}, stroke(0.16, point{0, -0.15}, point{0, 0.15}), stroke(0.12, point{0, 0.12}, point{-0.2, 0.48}), stroke(0.12, point{0, 0.12}, point{0.2, 0.48}), stroke(0.1, point{-0.25, 0.1}, point{0, -0.1}, point{0.25, 0.1})}
	roadworks   = []mark{{disc: 0.12, at: point{-0.12, -0.25}}, stroke(0.15, point{-0.12, -0.1}, point{-0.2, 0.2}, point{-0.35, 0.48}), stroke(0.11, point{-0.12, -0.05}, point{0.3, 0.3}), polygon(point{0.05, 0.5}, point{0.5, 0.5}, point{0.28, 0.2})}
	signals     = []mark{{disc: 0.14, at: point{0, -0.3}, fill: &red}, {disc: 0.14, at: point{0, 0.03}, fill: &yellow}, {disc: 0.14, at: point{0, 0.36}, fill: &green}}
	snow        = []mark{stroke(0.1, point{-0.38, 0.1}, point{0.38, 0.1}), stroke(0.1, point{-0.19, -0.23}, point{0.19, 0.43}), stroke(0.1, point{0.19, -0.23}, point{-0.19, 0.43})}
	bump        = []mark{polygon(point{-0.5, 0.42}, point{-0.28, 0.1}, point{-0.08, 0.25}, point{0.08, 0.25}, point{0.28, 0.1}, point{0.5, 0.42})}
	narrow      = []mark{stroke(0.12, point{-0.28, 0.5}, point{-0.28, 0.15}, point{-0.1, -0.05}, point{-0.1, -0.35}), stroke(0.12, point{0.28, 0.5}, point{0.28, 0.15}, point{0.1, -0.05}, point{0.1, -0.35})}
	crossroads  = []mark{stroke(0.2, point{0, -0.35}, point{0, 0.5}), stroke(0.14, point{-0.35, 0.15}, point{0.35, 0.15})}
	doubleCurve = []mark{stroke(0.16, point{0.15, 0.5}, point{0.15, 0.25}, point{-0.15, 0.05}, point{-0.15, -0.1}, point{0.1, -0.3})}
	cars        = []mark{{disc: 0.27, at: point{-0.32, 0}, fill: &red}, {disc: 0.27, at: point{0.32, 0}}}
	roundabout  = join(arrow(point{-0.1, -0.5}, point{0.5, -0.15}, 0.15, 0.3), arrow(point{0.5, 0.2}, point{-0.1, 0.55}, 0.15, 0.3), arrow(point{-0.45, 0.4}, point{-0.45, -0.35}, 0.15, 0.3))
)

func limit(v string) sign {
	return sign{"limit " + v, circle, red, white, text(v, limitSize(v)), black}
}

func endOf(v string) sign {
	return sign{"end of limit " + v, circle, grey, white, join(text(v, limitSize(v)), []mark{slash}), grey}
}

func limitSize(v string) float64 {
	if len(v) > 2 {
		return 0.62
	}
	return 0.82
}

func danger(name string, symbol []mark) sign {
	return sign{name, triangle, red, white, symbol, black}
}

func order(name string, symbol []mark) sign {
	return sign{name, circle, white, blue, symbol, white}
}

// signs are the classes; the index is the label. Neighbours in the list are
// alike on purpose (digits, mirrored arrows): they are what separates a large
// model from a small one.
var signs = []sign{
	limit("20"), limit("30"), limit("50"), limit("60"), limit("70"), limit("80"), limit("90"), limit("100"), limit("120"),
	endOf("30"), endOf("60"), endOf("80"),
	{"no entry", circle, red, red, []mark{stroke(0.34, point{-0.62, 0}, point{0.62, 0})}, white},
	{"no overtaking", circle, red, white, cars, black},
	{"closed to all", circle, red, white, nil, black},
	{"stop", octagon, white, red, text("STOP", 0.5), white},
	{"give way", triangleDown, red, white, nil, black},
	{"priority road", diamond, white, yellow, nil, black},
	{"end of priority road", diamond, white, yellow, []mark{slash}, black},
	danger("danger", text("!", 0.85)),
	danger("curve right", curveRight), danger("curve left", mirrored(curveRight)), danger("double curve", doubleCurve),
	danger("bump", bump), danger("crossroads", crossroads), danger("road narrows", narrow),
	danger("pedestrians", pedestrian), danger("road works", roadworks), danger("signals", signals), danger("snow", snow),
	order("ahead", arrow(point{0, 0.6}, point{0, -0.62}, 0.24, 0.4)),
	order("turn right", turnRight), order("turn left", mirrored(turnRight)),
	order("ahead or right", aheadOrRight), order("ahead or left", mirrored(aheadOrRight)),
	order("keep right", keepRight), order("keep left", mirrored(keepRight)), order("roundabout", roundabout),
	{"parking", square, white, blue, text("P", 1.0), white},
	{"hospital", square, white, blue, text("H", 1.0), white},
}
