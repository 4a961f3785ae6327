package stats

import (
	"math"

	"github.com/testbed/testbed/runner/record"
)

// A course is a quantity over time, that holds each value until the next point.
type course struct {
	points []Point
	end    float64 // of the last value
}

// add says what the quantity was while e was taken. Where nothing is known for
// a while there is a gap.
func (c *course) add(e record.Telemetry, v float64) {
	from := max(e.From.Seconds(), c.end) // lines do not overlap
	if len(c.points) > 0 && from > c.end+leastGap {
		c.points = append(c.points, Point{c.end, c.points[len(c.points)-1].Y}, Point{c.end, math.NaN()})
	}
	c.points, c.end = append(c.points, Point{from, v}), e.At.Seconds()
}

// whole are the points and the end of the last value.
func (c *course) whole() []Point {
	if len(c.points) == 0 {
		return nil
	}
	return append(c.points, Point{c.end, c.points[len(c.points)-1].Y})
}

// changes keeps the points at which a course takes another value, and the last;
// the mean of neighbours where there are too many.
func changes(points []Point) []Point {
	var out []Point
	for i, p := range points {
		same := i > 0 && (p.Y == points[i-1].Y || math.IsNaN(p.Y) && math.IsNaN(points[i-1].Y))
		if !same || i == len(points)-1 {
			out = append(out, p)
		}
	}
	return thin(out)
}

// thin makes at most mostMoments points of a course.
func thin(points []Point) []Point { return thinned(points, mostMoments) }

// thinned makes at most most points of a course: so many neighbours become
// their mean, at the time of the first; a gap among values is lost.
func thinned(points []Point, most int) []Point {
	if len(points) <= most {
		return points
	}
	out := make([]Point, 0, most)
	for i := range most {
		some := points[i*len(points)/most : (i+1)*len(points)/most]
		var known []float64
		for _, s := range some {
			if !math.IsNaN(s.Y) {
				known = append(known, s.Y)
			}
		}
		out = append(out, Point{some[0].X, mean(known)})
	}
	return out
}
