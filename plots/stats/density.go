package stats

import "math"

// mostDensity is how many points a density is drawn with.
const mostDensity = 80

// Density is where the times of d lie: a kernel density estimate over ln t, of
// which the greatest is 1, from the shortest time to the longest. The kernel is
// normal; its bandwidth h, of which exp(h) is returned, is Sheather's and
// Jones's, which keeps two kinds of times apart. It is made of d.Steps, so of at
// most 200 quantiles. Of fewer than five times, or of such as hardly differ,
// there is none.
func (d Distribution) Density() (points []Point, factor float64) {
	n := len(d.Steps)
	if n < 5 || !(d.Steps[0].X > 0) {
		return nil, 0
	}
	logs := make([]float64, n)
	for i, p := range d.Steps {
		logs[i] = math.Log(p.X)
	}
	h := bandwidth(logs)
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

// bandwidth is that of a normal kernel for sorted values, by the two-stage
// direct plug-in rule of Sheather and Jones (1991), as Wand and Jones tell it
// (Kernel Smoothing, 1995, 3.6.1): the roughness of the density, ψ4, is itself
// estimated with a bandwidth for which ψ6 is, and only ψ8 is that of a normal
// distribution. It is 0 of values that do not differ.
func bandwidth(sorted []float64) float64 {
	n, m, sum := float64(len(sorted)), mean(sorted), 0.0
	for _, x := range sorted {
		sum += (x - m) * (x - m)
	}
	spread := math.Sqrt(sum / (n - 1))
	if quartiles := (sorted[rank(0.75, len(sorted))-1] - sorted[rank(0.25, len(sorted))-1]) / 1.349; quartiles > 0 {
		spread = min(spread, quartiles)
	}
	if spread == 0 {
		return 0
	}
	normal := 1 / math.Sqrt(2*math.Pi)
	psi8 := 105 / (32 * math.Sqrt(math.Pi) * math.Pow(spread, 9))
	psi6 := roughness(sorted, math.Pow(2*15*normal/(psi8*n), 1.0/9), 6)
	psi4 := roughness(sorted, math.Pow(-2*3*normal/(psi6*n), 1.0/7), 4)
	return math.Pow(1/(2*math.Sqrt(math.Pi)*psi4*n), 1.0/5)
}

// roughness is ψ of an even order: the mean, over all pairs, of that derivative
// of a normal kernel of bandwidth g.
func roughness(values []float64, g float64, order int) (sum float64) {
	for _, a := range values {
		for _, b := range values {
			u := (a - b) / g
			q := u * u
			hermite := q*q - 6*q + 3
			if order == 6 {
				hermite = q*q*q - 15*q*q + 45*q - 15
			}
			sum += hermite * math.Exp(-q/2)
		}
	}
	n := float64(len(values))
	return sum / math.Sqrt(2*math.Pi) / (n * n * math.Pow(g, float64(order+1)))
}
