package stats

import "math"

// mostDensity is how many points a density is drawn with.
const mostDensity = 80

// Density is where the times of d lie: a kernel density estimate over ln t, of
// which the greatest is 1, from the shortest time to the longest. The kernel is
// normal; its bandwidth is a factor, exp(h) with h by Silverman's rule of thumb,
// 0.9·min(s, IQR/1.34)·n^(−1/5) (Density Estimation, 1986, eq. 3.31). It is made
// of d.Steps, so of at most 200 quantiles. Of fewer than five times, or of such
// as hardly differ, there is none.
func (d Distribution) Density() (points []Point, bandwidth float64) {
	n := len(d.Steps)
	if n < 5 || !(d.Steps[0].X > 0) {
		return nil, 0
	}
	logs := make([]float64, n)
	for i, p := range d.Steps {
		logs[i] = math.Log(p.X)
	}
	m, sum := mean(logs), 0.0
	for _, x := range logs {
		sum += (x - m) * (x - m)
	}
	spread := math.Sqrt(sum / float64(n-1))
	if quartiles := (logs[rank(0.75, n)-1] - logs[rank(0.25, n)-1]) / 1.34; quartiles > 0 {
		spread = min(spread, quartiles)
	}
	h := 0.9 * spread * math.Pow(float64(d.N), -0.2)
	if !(h > 1e-6) {
		return nil, 0
	}
	lo, hi, most := logs[0], logs[n-1], 0.0
	for i := range mostDensity {
		at, y := lo+(hi-lo)*float64(i)/(mostDensity-1), 0.0
		for _, x := range logs {
			y += math.Exp(-(at - x) * (at - x) / (2 * h * h))
		}
		points, most = append(points, Point{math.Exp(at), y}), max(most, y)
	}
	for i := range points {
		points[i].Y /= most
	}
	return points, math.Exp(h)
}
