package plots

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// figure draws the page as SVG and as PNG.
func (p page) figure() (f Figure, err error) {
	f = Figure{Name: p.name, Title: p.title, Caption: p.caption}
	if f.SVG, f.Note, err = p.as("svg"); err == nil && f.Note == "" {
		f.PNG, f.Note, err = p.as("png")
	}
	return f, err
}

// as draws the page in a format: svg, png or pdf. The note says why it cannot
// be drawn.
func (p page) as(format string) (data []byte, note string, err error) {
	defer func() {
		if r := recover(); r != nil { // the drawing library panics on what it cannot scale
			data, note, err = nil, fmt.Sprintf("not drawn: %v", r), nil
		}
	}()
	switch format {
	case "svg":
		data, err = p.svg()
	case "png":
		data, err = p.png()
	case "pdf":
		data, err = p.pdf()
	default:
		return nil, "", fmt.Errorf("format %q: want pdf, svg or png", format)
	}
	if err != nil {
		return nil, "", fmt.Errorf("draw %s as %s: %w", p.name, strings.ToUpper(format), err)
	}
	return data, "", nil
}

func (p page) svg() ([]byte, error) {
	w, h := p.size()
	c := vgsvg.New(w, h)
	p.draw(draw.New(c))
	var b bytes.Buffer
	if _, err := c.WriteTo(&b); err != nil {
		return nil, err
	}
	return portable(b.Bytes(), p), nil
}

func (p page) png() ([]byte, error) {
	w, h := p.size()
	dpi := float64(p.form.dpi()) * p.form.scale()
	c := vgimg.PngCanvas{Canvas: vgimg.NewWith(vgimg.UseWH(w, h), vgimg.UseDPI(int(dpi+0.5)))}
	p.draw(draw.New(c))
	var b bytes.Buffer
	if _, err := c.WriteTo(&b); err != nil {
		return nil, err
	}
	return sized(b.Bytes(), p.form.dpi()), nil
}

// sized says in a PNG how large it is on paper: its dots per metre, in a chunk
// pHYs after the first, IHDR.
func sized(png []byte, dpi int) []byte {
	const header = 8 + 4 + 4 + 13 + 4 // signature; length, type, data and check sum of IHDR
	perMetre := uint32(math.Round(float64(dpi) / 0.0254))
	chunk := []byte("pHYs")
	chunk = binary.BigEndian.AppendUint32(chunk, perMetre)
	chunk = binary.BigEndian.AppendUint32(chunk, perMetre)
	chunk = append(chunk, 1) // metres
	out := append(slices.Clone(png[:header]), 0, 0, 0, byte(len(chunk)-4))
	out = append(out, chunk...)
	out = binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(chunk))
	return append(out, png[header:]...)
}

// portable gives an SVG its size on paper and lets it be shown where the
// Liberation fonts are not: the fonts named beside them have the same widths.
// It scales with its place, and has a title for those who hear it.
func portable(svg []byte, p page) []byte {
	s := strings.ReplaceAll(string(svg), "font-family:Liberation Sans;", "font-family:'Liberation Sans',Arial,Helvetica,sans-serif;")
	_, rest, _ := strings.Cut(s, "viewBox=") // what is before has no place in a page of HTML, or another size
	at := strings.Index(rest, ">")
	w, h := p.size()
	scale := vg.Length(p.form.scale()) / vg.Millimeter
	return fmt.Appendf(nil, "<svg width=\"%.5gmm\" height=\"%.5gmm\" viewBox=%s role=\"img\">\n<title>%s</title>%s",
		float64(w*scale), float64(h*scale), rest[:at], escape(p.title), rest[at+1:])
}

// escape makes text safe in SVG.
func escape(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;").Replace(s)
}
