package plots

import (
	"bytes"
	"image"
	"image/color"
	"math"
	"regexp"

	"codeberg.org/go-pdf/fpdf"
	xfont "golang.org/x/image/font"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// pdf draws the page as a PDF with its fonts in it. It is without dates, so
// that the same page gives the same bytes.
func (p page) pdf() ([]byte, error) {
	w, h := p.size()
	scale := p.form.scale()
	c := newPDF(w, h, scale)
	c.doc.SetTitle(p.title, true)
	p.draw(draw.New(c))
	var b bytes.Buffer
	if err := c.doc.Output(&b); err != nil {
		return nil, err
	}
	// As many blanks: a PDF finds its parts by where they are.
	return dates.ReplaceAllFunc(b.Bytes(), func(d []byte) []byte { return bytes.Repeat([]byte{' '}, len(d)) }), nil
}

var dates = regexp.MustCompile(`/(CreationDate|ModDate) \(D:\d{14}\)`)

// A pdfCanvas is a vg.Canvas. The drawing library has one, which writes letters
// of Windows's code page alone: no Δ, no ≥ and no →.
type pdfCanvas struct {
	doc   *fpdf.Fpdf
	w, h  vg.Length
	scale float64 // of what is drawn, on paper
	now   pen
	stack []pen
}

// A pen is how a canvas draws, and where its origin and axes are.
type pen struct {
	color     color.NRGBA
	width     vg.Length
	dashes    []vg.Length
	offset    vg.Length
	origin    vg.Point
	xx, xy    float64 // what a length along the own x becomes
	yx, yy    float64
	turned    float64 // counter-clockwise, in radians
	resizedBy float64
}

func newPDF(w, h vg.Length, scale float64) *pdfCanvas {
	size := fpdf.SizeType{Wd: w.Points() * scale, Ht: h.Points() * scale}
	c := &pdfCanvas{doc: fpdf.NewCustom(&fpdf.InitType{UnitStr: "pt", Size: size}), w: w, h: h, scale: scale,
		now: pen{xx: 1, yy: 1, resizedBy: 1}}
	c.doc.SetCatalogSort(true) // the order of resources is that of no map
	c.doc.SetMargins(0, 0, 0)
	c.doc.SetAutoPageBreak(false, 0)
	c.doc.AddPage()
	vg.Initialize(c)
	return c
}

// at is a point on paper, from the upper left corner.
func (c *pdfCanvas) at(p vg.Point) (x, y float64) {
	px, py := p.X.Points(), p.Y.Points()
	x = c.now.origin.X.Points() + c.now.xx*px + c.now.yx*py
	y = c.now.origin.Y.Points() + c.now.xy*px + c.now.yy*py
	return x * c.scale, (c.h.Points() - y) * c.scale
}

// Size implements vg.CanvasSizer.
func (c *pdfCanvas) Size() (w, h vg.Length) { return c.w, c.h }

// SetLineWidth implements vg.Canvas.
func (c *pdfCanvas) SetLineWidth(w vg.Length) { c.now.width = w }

// SetLineDash implements vg.Canvas.
func (c *pdfCanvas) SetLineDash(dashes []vg.Length, offset vg.Length) {
	c.now.dashes, c.now.offset = dashes, offset
}

// SetColor implements vg.Canvas.
func (c *pdfCanvas) SetColor(col color.Color) {
	if col == nil {
		col = color.Black
	}
	c.now.color = color.NRGBAModel.Convert(col).(color.NRGBA)
}

// Rotate implements vg.Canvas.
func (c *pdfCanvas) Rotate(rad float64) {
	sin, cos := math.Sincos(rad)
	n := c.now
	c.now.xx, c.now.xy = n.xx*cos+n.yx*sin, n.xy*cos+n.yy*sin
	c.now.yx, c.now.yy = n.yx*cos-n.xx*sin, n.yy*cos-n.xy*sin
	c.now.turned += rad
}

// Translate implements vg.Canvas.
func (c *pdfCanvas) Translate(p vg.Point) {
	n := &c.now
	n.origin.X += vg.Points(n.xx*p.X.Points() + n.yx*p.Y.Points())
	n.origin.Y += vg.Points(n.xy*p.X.Points() + n.yy*p.Y.Points())
}

// Scale implements vg.Canvas: both axes alike.
func (c *pdfCanvas) Scale(x, y float64) {
	if x != y {
		panic("a PDF's axes are scaled alike")
	}
	n := &c.now
	n.xx, n.xy, n.yx, n.yy, n.resizedBy = n.xx*x, n.xy*x, n.yx*x, n.yy*x, n.resizedBy*x
}

// Push implements vg.Canvas.
func (c *pdfCanvas) Push() { c.stack = append(c.stack, c.now) }

// Pop implements vg.Canvas.
func (c *pdfCanvas) Pop() {
	c.now, c.stack = c.stack[len(c.stack)-1], c.stack[:len(c.stack)-1]
}

// Stroke implements vg.Canvas.
func (c *pdfCanvas) Stroke(path vg.Path) {
	if c.now.width <= 0 {
		return
	}
	on := func(l vg.Length) float64 { return l.Points() * c.scale * c.now.resizedBy }
	dashes := make([]float64, len(c.now.dashes))
	for i, d := range c.now.dashes {
		dashes[i] = on(d)
	}
	col := c.ink()
	c.doc.SetDrawColor(int(col.R), int(col.G), int(col.B))
	c.doc.SetLineWidth(on(c.now.width))
	c.doc.SetDashPattern(dashes, on(c.now.offset))
	c.trace(path)
	c.doc.DrawPath("D")
}

// Fill implements vg.Canvas.
func (c *pdfCanvas) Fill(path vg.Path) {
	col := c.ink()
	c.doc.SetFillColor(int(col.R), int(col.G), int(col.B))
	c.trace(path)
	c.doc.DrawPath("F")
}

// ink sets how much shines through, and is the colour.
func (c *pdfCanvas) ink() color.NRGBA {
	c.doc.SetAlpha(float64(c.now.color.A)/0xFF, "Normal")
	return c.now.color
}

// trace makes path the current one.
func (c *pdfCanvas) trace(path vg.Path) {
	begun := false
	to := func(p vg.Point) {
		if x, y := c.at(p); begun {
			c.doc.LineTo(x, y)
		} else {
			c.doc.MoveTo(x, y)
		}
		begun = true
	}
	for _, part := range path {
		switch part.Type {
		case vg.MoveComp:
			begun = false
			to(part.Pos)
		case vg.LineComp:
			to(part.Pos)
		case vg.ArcComp:
			c.arc(part, to)
		case vg.CurveComp:
			x1, y1 := c.at(part.Control[0])
			x2, y2 := c.at(part.Control[len(part.Control)-1])
			x, y := c.at(part.Pos)
			c.doc.CurveBezierCubicTo(x1, y1, x2, y2, x, y)
		case vg.CloseComp:
			c.doc.ClosePath()
		}
	}
}

// arc is a part of a circle, by cubic curves of at most a quarter.
func (c *pdfCanvas) arc(part vg.PathComp, to func(vg.Point)) {
	on := func(angle float64, out float64) vg.Point { // and so far out along the tangent
		sin, cos := math.Sincos(angle)
		r := part.Radius
		return vg.Point{X: part.Pos.X + r*vg.Length(cos-out*sin), Y: part.Pos.Y + r*vg.Length(sin+out*cos)}
	}
	n := max(math.Ceil(math.Abs(part.Angle)/(math.Pi/2)-1e-9), 1)
	step := part.Angle / n
	out := 4.0 / 3 * math.Tan(step/4)
	to(on(part.Start, 0))
	for i := range int(n) {
		from := part.Start + float64(i)*step
		x1, y1 := c.at(on(from, out))
		x2, y2 := c.at(on(from+step, -out))
		x, y := c.at(on(from+step, 0))
		c.doc.CurveBezierCubicTo(x1, y1, x2, y2, x, y)
	}
}

// pdfFont is what the font is called in a PDF.
const pdfFont = "LiberationSans"

// FillString implements vg.Canvas. Of a font the letters that are used are in
// the file.
func (c *pdfCanvas) FillString(f font.Face, p vg.Point, text string) {
	if f.Font.Size == 0 || text == "" {
		return
	}
	weight := ""
	if f.Font.Weight == xfont.WeightBold {
		weight = "B"
	}
	if c.doc.GetFontDesc(pdfFont, weight) == (fpdf.FontDescType{}) {
		var source bytes.Buffer
		if _, err := f.Face.WriteSourceTo(nil, &source); err != nil {
			c.doc.SetError(err)
			return
		}
		c.doc.AddUTF8FontFromBytes(pdfFont, weight, source.Bytes())
	}
	col := c.ink()
	c.doc.SetTextColor(int(col.R), int(col.G), int(col.B))
	c.doc.SetFont(pdfFont, weight, f.Font.Size.Points()*c.scale*c.now.resizedBy)
	x, y := c.at(p)
	c.doc.TransformBegin()
	c.doc.TransformRotate(c.now.turned*180/math.Pi, x, y)
	c.doc.Text(x, y, text)
	c.doc.TransformEnd()
}

// DrawImage implements vg.Canvas. No figure has one.
func (c *pdfCanvas) DrawImage(vg.Rectangle, image.Image) { panic("a PDF without images") }
