package draw

import (
	"image/color"
	"image/png"
	"io"
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/vgimg"
)

// PNG writes the picture with so many pixels in width; the height follows.
func (p *Picture) PNG(w io.Writer, t Theme, pixels int) error {
	// One unit of the canvas is a pixel at 72 dots an inch.
	scale := float64(pixels) / p.W
	height := math.Round(p.H * scale)
	paper, _ := t.Color(Paper)
	c := vgimg.NewWith(vgimg.UseDPI(72), vgimg.UseWH(vg.Length(pixels), vg.Length(height)), vgimg.UseBackgroundColor(paper))
	r := &raster{canvas: c, theme: t, scale: scale, height: height}
	for i := range p.items {
		switch it := &p.items[i]; it.kind {
		case shapeItem:
			r.shape(it)
		case textItem:
			r.text(it)
		}
	}
	return (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(w, c.Image())
}

// raster draws on pixels, whose y grows upwards.
type raster struct {
	canvas        *vgimg.Canvas
	theme         Theme
	scale, height float64
}

func (r *raster) at(p Point) vg.Point {
	return vg.Point{X: vg.Length(p.X * r.scale), Y: vg.Length(r.height - p.Y*r.scale)}
}

func (r *raster) shape(it *item) {
	path := r.path(it)
	if c, ok := r.theme.Color(it.style.Fill); ok && it.closed {
		c.A = uint8(math.Round(opacity(it.style) * 255))
		r.canvas.SetColor(c)
		r.canvas.Fill(path)
	}
	if c, ok := r.theme.Color(it.style.Stroke); ok {
		r.canvas.SetColor(c)
		r.canvas.SetLineWidth(vg.Length(width(it.style) * r.scale))
		var dash []vg.Length
		for _, d := range it.style.Dash {
			dash = append(dash, vg.Length(d*r.scale))
		}
		r.canvas.SetLineDash(dash, 0)
		r.canvas.Stroke(path)
	}
}

func (r *raster) path(it *item) vg.Path {
	var path vg.Path
	switch {
	case it.radius > 0:
		at := r.at(it.points[0])
		radius := vg.Length(it.radius * r.scale)
		path.Move(vg.Point{X: at.X + radius, Y: at.Y})
		path.Arc(at, radius, 0, 2*math.Pi)
	case it.corner > 0:
		r.rectangle(&path, it)
		return path
	default:
		for i, p := range it.points {
			if i == 0 {
				path.Move(r.at(p))
				continue
			}
			path.Line(r.at(p))
		}
	}
	if it.closed {
		path.Close()
	}
	return path
}

func (r *raster) rectangle(path *vg.Path, it *item) {
	a, b := r.at(it.points[0]), r.at(it.points[1])
	left, right, top, bottom := a.X, b.X, a.Y, b.Y
	c := vg.Length(it.corner * r.scale)
	if it.corner < 1e-6 {
		c = 0
	}
	corner := func(x, y vg.Length, from float64) {
		if c > 0 {
			path.Arc(vg.Point{X: x, Y: y}, c, from, math.Pi/2)
		}
	}
	path.Move(vg.Point{X: left + c, Y: bottom})
	path.Line(vg.Point{X: right - c, Y: bottom})
	corner(right-c, bottom+c, -math.Pi/2)
	path.Line(vg.Point{X: right, Y: top - c})
	corner(right-c, top-c, 0)
	path.Line(vg.Point{X: left + c, Y: top})
	corner(left+c, top-c, math.Pi/2)
	path.Line(vg.Point{X: left, Y: bottom + c})
	corner(left+c, bottom+c, math.Pi)
	path.Close()
}

func (r *raster) text(it *item) {
	c, ok := r.theme.Color(it.typ.Ink)
	if !ok {
		return
	}
	f := faceOf(it.typ.Bold)
	place := it.points[0]
	size := it.typ.Size / 1000
	sin, cos := math.Sincos(it.typ.Turn * math.Pi / 180)
	pen := -anchored(it)
	var path vg.Path
	for _, char := range it.text {
		g := f.glyph(char)
		at := func(p Point) vg.Point {
			x, y := pen+p.X*size, p.Y*size
			return r.at(Point{place.X + x*cos - y*sin, place.Y + x*sin + y*cos})
		}
		for i, s := range g.segments {
			switch s.op {
			case 'M':
				if i > 0 {
					path.Close()
				}
				path.Move(at(s.points[0]))
			case 'L':
				path.Line(at(s.points[0]))
			case 'Q':
				path.QuadTo(at(s.points[0]), at(s.points[1]))
			}
		}
		if len(g.segments) > 0 {
			path.Close()
		}
		pen += g.advance * size
	}
	if len(path) > 0 {
		r.canvas.SetColor(color.NRGBA{c.R, c.G, c.B, 0xFF})
		r.canvas.Fill(path)
	}
}
